"""Every command × what may be wrong around it: an exit code and one sentence, no traceback.

``run_command`` raises what would be a traceback. The list of commands is that of the command line,
so a new command without a row here fails.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from threading import Thread

import httpx
import pytest

from tests.cli.conftest import Newsroom
from tests.support.command_line import Done, command_names, run_command, run_in_terminal
from tests.support.hostile_newsroom import POISON, RETRACTED, HostileNewsroom
from tests.support.ports import free_port
from tests.support.waiting import wait_until_sync
from ticker.client import api_requests
from ticker.webhooks.signature import headers, new_secret

pytestmark = pytest.mark.usefixtures("one_tls_context")

ID = "0" * 26
PICTURE = "0" * 32
NDJSON = b'{"headline": "Bridge opens", "edition": "en"}\n'
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "up": (),
    "publish": ("Bridge opens", "--edition", "en"),
    "draft": ("Bridge opens", "--edition", "en"),
    "approve": (ID, "--if-version", "1"),
    "compose": (),
    "correct": (ID, "Bridge opens", "--minor"),
    "retract": (ID, "--reason", "wrong"),
    "undo": (RETRACTED,),
    "reschedule": (ID, "+1h"),
    "release": (ID,),
    "end": (ID,),
    "pin": (ID,),
    "unpin": (ID,),
    "list": (),
    "show": (ID,),
    "history": (ID,),
    "status": (ID,),
    "media upload": ("-", "--alt", "A quay"),
    "media list": (),
    "media show": (PICTURE,),
    "media change": (PICTURE, "--alt", "A quay"),
    "media remove": (PICTURE,),
    "templates list": (),
    "templates set": ("earthquake", "-"),
    "templates remove": ("earthquake",),
    "templates publish": ("earthquake", "place=Lima"),
    "story set": ("harbour", "--edition", "en", "--title", "The harbour"),
    "story show": ("harbour",),
    "story clear": ("harbour", "--edition", "en"),
    "audit": (),
    "audience": (),
    "tail": (),
    "import": ("-",),
    "watch": ("http://127.0.0.1:1/feed", "--once"),
    "conformance": (),
    "doctor": (),
    "bench": ("--clients", "1", "--seconds", "0"),
    "serve": (),
    "work": (),
    "acl": (),
    "backup": ("new.backup",),
    "restore": ("none.backup",),
    "config check": (),
    "config show": (),
    "keys create": ("Desk",),
    "keys list": (),
    "keys revoke": ("k1",),
    "account sign-in": ("Ana",),
    "account sign-out": (),
    "account show": (),
    "account password": (),
    "account passkeys": (),
    "account remove-passkey": ("0123456789ab",),
    "account sessions": (),
    "account end": ("--others",),
    "people list": (),
    "people add": ("Ana",),
    "people change": ("Ana", "--role", "chief"),
    "people password": ("Ana",),
    "people remove": ("Ana",),
    "push keys": ("--file", "vapid.pem"),
    "push status": (),
    "push resume": ("fcm",),
    "push confirm-gone": ("fcm",),
    "push clear-quarantine": ("fcm",),
    "wires add": ("ap", "https://example.org/"),
    "wires list": (),
    "wires change": ("ap", "--every", "30"),
    "wires drafts": (),
    "wires check": ("ap",),
    "wires remove": ("ap",),
    "webhooks add": ("https://example.org/",),
    "webhooks list": (),
    "webhooks show": ("w",),
    "webhooks change": ("w", "--description", "City desk"),
    "webhooks remove": ("w",),
    "webhooks enable": ("w",),
    "webhooks disable": ("w",),
    "webhooks rotate": ("w",),
    "webhooks replay": ("w", "--since", "2h"),
    "webhooks listen": ("--port", "0"),
}
"""Arguments with which each command is understood."""
PROCESSES = {"up", "serve", "work"}
"""They run until a signal, so only what stops their start is tried."""
LOCAL = PROCESSES | {
    "compose",
    "account sign-out",
    "account password",
    "account passkeys",
    "account remove-passkey",
    "acl",
    "config check",
    "config show",
    "push keys",
    "watch",
    "conformance",
}
"""They ask no newsroom, or something else before."""
OF_REDIS = {"backup", "restore", "keys create", "keys list", "keys revoke"}
ENDLESS = {"webhooks listen"}
"""They wait for Ctrl-C once the newsroom has answered."""
ASKING = [name for name in ARGUMENTS if name not in LOCAL | OF_REDIS | ENDLESS]
CHANGING = {
    *("draft", "approve"),
    *("media upload", "media change", "media remove"),
    *("account sign-in", "account end"),
    *("people add", "people change", "people password", "people remove"),
    *("publish", "correct", "retract", "undo", "reschedule", "release", "end", "pin", "unpin"),
    *(
        "templates set",
        "templates remove",
        "templates publish",
        "story set",
        "story clear",
        "import",
        "push keys",
        "push resume",
        "push confirm-gone",
        "push clear-quarantine",
    ),
    *("wires add", "wires change", "wires remove"),
    *(
        f"webhooks {name}"
        for name in ("add", "change", "remove", "enable", "disable", "rotate", "replay")
    ),
}
"""They print what they have done: if that cannot be printed, it is done all the same."""
EVENT = (
    b'{"type":"item.retract","timestamp":"2026-11-24T10:00:00.000Z","data":{"item":{"id":"a",'
    b'"version":2,"status":"canceled","edition":"en","updated_at":"2026-11-24T10:00:00.000Z"}}}'
)
OK, REFUSED, USAGE, UNREACHABLE = 0, 1, 2, 3


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_requests, "LONGEST_PAUSE", 0.0)


def environment(url: str = "http://127.0.0.1:1") -> dict[str, str]:
    return {
        "TICKER_URL": url,
        "TICKER_KEY": "tk_" + "x" * 32,
        "TICKER_REDIS_URL": "redis://127.0.0.1:1",
        "TICKER_CONFIG": os.devnull,
    }


def command(name: str) -> tuple[str, ...]:
    return (*name.split(), *ARGUMENTS[name])


def one_sentence(done: Done, code: int) -> None:
    """Check the exit code, and that the first line on standard error says what is wrong."""
    assert done.code == code, done
    first = done.err.split("\n")[0]
    assert first.startswith(("✗ ", "! ", "? ")), done
    assert len(first) > 10
    assert "Traceback" not in done.err


def test_the_table_has_every_command() -> None:
    assert list(ARGUMENTS) == command_names()


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_misspelt_option(name: str) -> None:
    done = run_command((*command(name), "--jsno"), environment())
    one_sentence(done, USAGE)
    assert "(did you mean --json?)" in done.err


@pytest.mark.parametrize("name", ARGUMENTS)
def test_an_argument_that_is_not_utf_8(name: str) -> None:
    one_sentence(run_command((*command(name), b"\xff"), environment()), USAGE)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_misspelt_setting(name: str) -> None:
    done = run_command(command(name), environment() | {"TICKER_REDS_URL": "x"}, stdin=NDJSON)
    one_sentence(done, USAGE)
    assert "TICKER_REDS_URL is an unknown name (did you mean TICKER_REDIS_URL?)" in done.err


@pytest.mark.parametrize("name", sorted({*ASKING, *OF_REDIS, *ENDLESS}))
def test_a_missing_server(name: str) -> None:
    done = run_command(command(name), environment(), stdin=NDJSON)
    if name == "doctor":
        assert (done.code, b"cannot be reached" in done.out) == (REFUSED, True)
    elif name == "restore":  # there is no such file, which is found out first
        one_sentence(done, REFUSED)
    else:
        one_sentence(done, UNREACHABLE)
        assert "onnect call failed" not in done.err, "asyncio's words, with a tuple"


@pytest.mark.parametrize(
    "name", [*(one for one in ASKING if one not in ("bench", "doctor", "tail")), *ENDLESS]
)
def test_a_wrong_key(name: str, hostile: tuple[str, HostileNewsroom]) -> None:
    url, newsroom = hostile
    newsroom.refuse = True
    one_sentence(run_command(command(name), environment(url), stdin=NDJSON), REFUSED)


@pytest.mark.parametrize("name", [*ASKING, "acl", "config check", "config show", "push keys"])
@pytest.mark.parametrize("output", ["full disk", "closed pipe"])
def test_output_that_cannot_be_written(
    name: str, output: str, hostile: tuple[str, HostileNewsroom]
) -> None:
    url, newsroom = hostile
    newsroom.refuse = False
    assert output in ("full disk", "closed pipe")
    for form in ((), ("--json",)) if output == "full disk" else ((),):
        done = run_command(
            (*command(name), *form),
            environment(url),
            stdin=NDJSON,
            output=output,  # type: ignore[arg-type]
        )
        assert "Traceback" not in done.err
        if name in CHANGING and not (name == "push keys" and form):
            assert "but standard output cannot be written" in done.err, done
            assert done.code in (OK, REFUSED)
        elif output == "full disk":
            assert "tandard output cannot be written: No space left on device" in done.err, done
            assert done.code == REFUSED
        else:
            assert done.code in (OK, REFUSED, UNREACHABLE), done


@pytest.mark.parametrize("form", [(), ("--json",)])
@pytest.mark.parametrize("output", ["full disk", "closed pipe"])
def test_an_event_of_a_webhook_that_cannot_be_printed(
    output: str, form: tuple[str, ...], hostile: tuple[str, HostileNewsroom]
) -> None:
    """``webhooks listen`` prints when the newsroom sends, then it ends and deletes its endpoint."""
    url, newsroom = hostile
    newsroom.refuse, secret, port = False, new_secret(bytes(range(64))), free_port()
    newsroom.secret = secret.secret or ""
    newsroom.changes.clear()
    sent = headers([secret], "evt_1-0", int(time.time()), EVENT)
    sender = Thread(target=deliver, args=(f"http://127.0.0.1:{port}/", sent))
    sender.start()
    assert output in ("full disk", "closed pipe")
    done = run_command(
        ("webhooks", "listen", "--port", str(port), *form),
        environment(url),
        output=output,  # type: ignore[arg-type]
    )
    sender.join(20)
    newsroom.secret = POISON
    assert len(newsroom.changes) == 2, newsroom.changes
    if output == "full disk":
        assert "tandard output cannot be written: No space left on device" in done.err, done
    assert done.code == (REFUSED if output == "full disk" else OK), done


def deliver(url: str, sent: dict[str, str]) -> None:
    """Send ``EVENT`` as soon as somebody listens.

    The command changes the environment in another thread meanwhile: no proxy is looked for in it.
    """

    def answered() -> bool:
        try:
            answer = httpx.post(url, content=EVENT, headers=sent, timeout=20, trust_env=False)
            return answer.status_code == 204
        except httpx.ConnectError:
            return False
        except httpx.TransportError:
            return True  # it ended before it answered

    wait_until_sync(answered)


def test_a_webhook_in_a_narrow_terminal_in_the_c_locale(
    hostile: tuple[str, HostileNewsroom],
) -> None:
    url, newsroom = hostile
    newsroom.refuse, secret, port = False, new_secret(bytes(range(64))), free_port()
    newsroom.secret = secret.secret or ""
    sent = headers([secret], "evt_1-0", int(time.time()), EVENT)

    def deliver_and_stop() -> None:
        deliver(f"http://127.0.0.1:{port}/", sent)
        os.kill(os.getpid(), signal.SIGINT)

    sender = Thread(target=deliver_and_stop)
    sender.start()
    narrow = {"COLUMNS": "20", "FORCE_COLOR": "1", "TTY_COMPATIBLE": "1", "LC_ALL": "C"}
    words = ("webhooks", "listen", "--port", str(port))
    done = run_command(words, environment(url) | narrow, encoding="ascii")
    sender.join(20)
    newsroom.secret = POISON
    assert done.code == OK, done
    assert b"item.retract" in done.out


FEED = b"""<rss version="2.0"><channel><title>x</title>
<item><title>Bridge \xd8\xac opens</title><guid>1</guid></item></channel></rss>"""


@pytest.mark.parametrize(
    "fault", ["wrong key", "missing server", "full disk", "closed pipe", "narrow"]
)
def test_a_watch(fault: str, hostile: tuple[str, HostileNewsroom], tmp_path: Path) -> None:
    """``watch`` reads a feed before it asks the newsroom."""
    url, newsroom = hostile
    newsroom.refuse, newsroom.feed = fault == "wrong key", FEED
    words = ("watch", f"{url}/feed", "--once", "--edition", "en", "--state", str(tmp_path / "s"))
    given = environment() if fault == "missing server" else environment(url)
    if fault == "narrow":
        narrow = {"COLUMNS": "20", "FORCE_COLOR": "1", "TTY_COMPATIBLE": "1", "LC_ALL": "C"}
        done = run_command(words, given | narrow, encoding="ascii")
        assert done.code == OK, done
    elif fault in ("full disk", "closed pipe"):
        done = run_command(words, given, output=fault)  # type: ignore[arg-type]
        assert done.code == REFUSED if fault == "full disk" else done.code in (OK, REFUSED), done
    else:
        done = run_command(words, given)
        one_sentence(done, UNREACHABLE)
    newsroom.feed = b""


@pytest.mark.parametrize("output", ["full disk", "closed pipe", "narrow"])
def test_a_conformance_run(output: str, hostile: tuple[str, HostileNewsroom]) -> None:
    url, newsroom = hostile
    newsroom.refuse = True
    words = ("conformance", url, "--case", "cursor-is-short-and-safe-in-a-url")
    narrow = {"COLUMNS": "20", "FORCE_COLOR": "1", "TTY_COMPATIBLE": "1", "LC_ALL": "C"}
    if output == "narrow":
        done = run_command(words, environment(url) | narrow, encoding="ascii")
        assert (done.code, b"1 of 1 cases passed" in done.out) == (OK, True), done
        return
    done = run_command(words, environment(url), output=output)  # type: ignore[arg-type]
    assert done.code == REFUSED if output == "full disk" else done.code in (OK, REFUSED), done


@pytest.mark.parametrize("name", ["publish", "correct"])
@pytest.mark.parametrize("level", ["flash", "bulletin"])
def test_a_question_in_a_narrow_terminal_in_the_c_locale(
    name: str, level: str, hostile: tuple[str, HostileNewsroom]
) -> None:
    url, newsroom = hostile
    newsroom.refuse = False
    narrow = {"COLUMNS": "20", "LC_ALL": "C", "TERM": "dumb"}
    words = (*command(name), "--level", level, "--push")
    done = run_in_terminal(words, environment(url) | narrow, b"n\n", encoding="ascii")
    what = b"changed" if name == "correct" else b"published"
    assert done.code == REFUSED, done
    assert b" ".join(done.out.split()).endswith(b"Nothing was %s." % what), done


def test_what_is_published_is_no_failure(hostile: tuple[str, HostileNewsroom]) -> None:
    url, newsroom = hostile
    newsroom.refuse = False
    done = run_command(command("publish"), environment(url), output="full disk")
    assert done.code == OK
    assert "! Published " in done.err
    assert done.err.endswith(", but standard output cannot be written: No space left on device\n")


@pytest.mark.parametrize("name", [*ASKING, "acl", "config check", "config show"])
def test_a_narrow_terminal_in_the_c_locale(name: str, hostile: tuple[str, HostileNewsroom]) -> None:
    url, newsroom = hostile
    newsroom.refuse = False
    narrow = {"COLUMNS": "20", "FORCE_COLOR": "1", "TTY_COMPATIBLE": "1", "LC_ALL": "C"}
    done = run_command(command(name), environment(url) | narrow, stdin=NDJSON, encoding="ascii")
    assert done.code in (OK, REFUSED, UNREACHABLE), done
    assert done.out + done.err.encode()


@pytest.mark.parametrize(
    ("stdin", "message"),
    [
        (b"Bridge \xff opens", "standard input is not valid UTF-8 (at byte 8)"),
        (b"x" * 70_000, "standard input is larger than 65,536 bytes"),
    ],
)
def test_a_headline_that_cannot_be_read(stdin: bytes, message: str) -> None:
    done = run_command(("publish", "-", "--edition", "en"), environment(), stdin=stdin)
    one_sentence(done, USAGE)
    assert message in done.err


@pytest.mark.parametrize("content", [b"\xff\xfe", "مفتاح".encode(), b"a key of two words"])
def test_a_key_file_without_a_key(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(content)
    named = {"TICKER_KEY": "", "TICKER_KEY_FILE": str(tmp_path / "key")}
    one_sentence(run_command(("list",), environment() | named), USAGE)


def test_values_of_the_environment_that_are_not_utf_8() -> None:
    for name in ("TICKER_URL", "TICKER_KEY", "TICKER_KEY_FILE", "TICKER_REDIS_URL"):
        given = environment() | {"TICKER_KEY": "", name: os.fsdecode(b"\xff")}
        commands = (("keys", "list"),) if name == "TICKER_REDIS_URL" else (("list",), ("tail",))
        for one in commands:
            one_sentence(run_command(one, given), USAGE)


ON_REDIS: dict[str, tuple[str, ...]] = {
    "keys create": ("Desk",),
    "keys list": (),
    "keys revoke": ("{key}",),
    "backup": ("{file}",),
    "restore": ("{file}", "--force"),
}
"""Commands that need the newsroom's Redis, in the order in which each finds what it needs."""


@pytest.mark.processes
@pytest.mark.parametrize("output", ["full disk", "closed pipe", "narrow"])
def test_output_of_the_commands_of_redis(newsroom: Newsroom, output: str, tmp_path: Path) -> None:
    key = newsroom.ticker("keys", "create", "Desk", "--json").json["id"]
    file = str(tmp_path / "a.backup")
    apart = newsroom.env | {"TICKER_NAMESPACE": "restored"}
    narrow = {"COLUMNS": "20", "FORCE_COLOR": "1", "TTY_COMPATIBLE": "1", "LC_ALL": "C"}
    for name, arguments in ON_REDIS.items():
        words = (*name.split(), *(one.format(key=key, file=file) for one in arguments))
        env = apart if name == "restore" else newsroom.env
        if output == "narrow":
            done = run_command(words, env | narrow, encoding="ascii")
            assert (done.code, bool(done.out)) == (OK, True), done
            continue
        assert output in ("full disk", "closed pipe")
        done = run_command(words, env, output=output)  # type: ignore[arg-type]
        if name == "keys list":
            assert done.code == (REFUSED if output == "full disk" else OK), done
        else:
            assert "but standard output cannot be written" in done.err, done
            assert done.code in (OK, REFUSED)
    assert set(ON_REDIS) == OF_REDIS
