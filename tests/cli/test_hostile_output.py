"""No command passes on what a terminal obeys: not from servers, feeds, webhooks or log lines."""

from __future__ import annotations

import gzip
import logging
import re
import sys
import time
from pathlib import Path

import orjson
import pytest
import typer
from typer.testing import CliRunner

from tests.support.hostile_newsroom import POISON, UNSAFE, HostileNewsroom, item
from tests.support.waiting import wait_until
from ticker.backup import archive
from ticker.cli.listen import DeliveryPrinter
from ticker.cli.main import PrintableFormatter, app
from ticker.cli.output import Output
from ticker.runtime.child import ChildSpec
from ticker.runtime.supervisor import Supervisor
from ticker.storage.schema import SCHEMA
from ticker.webhooks.signature import headers, new_secret

STYLE = re.compile(r"\x1b\[[0-9;]*m")
"""The styles of our own output."""
ID = "0" * 26
COMMANDS = (
    ("publish", "Headline", "--edition", "en"),
    ("publish", "Headline", "--edition", "en", "--at", "2030-01-01T00:00:00Z"),
    ("draft", "Headline", "--edition", "en"),
    ("approve", ID, "--if-version", "1"),
    ("correct", ID, "Headline", "--correction", "A note."),
    ("retract", ID, "--reason", "wrong"),
    ("undo", "1" * 26),
    ("undo",),
    ("reschedule", ID, "+1h"),
    ("release", ID),
    ("end", ID),
    ("pin", ID),
    ("unpin", ID),
    ("list",),
    ("list", "--all"),
    ("show", ID),
    ("history", ID),
    ("status", ID),
    ("media", "upload", "NDJSON", "--alt", "A quay"),
    ("media", "list"),
    ("media", "show", "0" * 32),
    ("media", "change", "0" * 32, "--credit", "Jane Doe"),
    ("media", "remove", "0" * 32),
    ("templates", "list"),
    ("templates", "set", "earthquake", "TEMPLATE"),
    ("templates", "publish", "earthquake", "place=Lima"),
    ("templates", "remove", "earthquake"),
    ("story", "show", "harbour"),
    ("story", "set", "harbour", "-e", "en", "--title", "The harbour"),
    ("story", "clear", "harbour", "-e", "en"),
    ("audience",),
    ("audit",),
    ("tail",),
    ("doctor",),
    ("import", "FEED", "--edition", "en"),
    ("import", "NDJSON"),
    ("import", "FEED", "--edition", "fr", "--dry-run"),
    ("import", "MISSING"),
    ("wires", "list"),
    ("wires", "drafts"),
    ("wires", "add", "ap", "https://example.org/"),
    ("wires", "change", "ap", "--every", "30"),
    ("wires", "check", "ap"),
    ("wires", "remove", "ap"),
    ("account", "sign-in", "Ana"),
    ("account", "sign-out"),
    ("account", "show"),
    ("account", "sessions"),
    ("account", "end", "s"),
    ("account", "password"),
    ("account", "passkeys"),
    ("account", "remove-passkey", "s"),
    ("people", "list"),
    ("people", "add", "Ana"),
    ("people", "change", "Ana", "--role", "chief"),
    ("people", "password", "Ana"),
    ("people", "remove", "Ana"),
    ("push", "status"),
    ("push", "resume", "fcm"),
    ("push", "confirm-gone", "fcm"),
    ("backup", "BACKUP", "--verify"),
    ("backup", "DAMAGED", "--verify"),
    ("restore", "BACKUP"),
    ("restore", "DAMAGED"),
    ("webhooks", "list"),
    ("webhooks", "show", "w"),
    ("webhooks", "add", "https://example.org/"),
    ("webhooks", "change", "w", "--everything"),
    ("webhooks", "remove", "w"),
    ("webhooks", "rotate", "w"),
    ("webhooks", "enable", "w"),
    ("webhooks", "disable", "w"),
    ("webhooks", "replay", "w", "--since", "2h"),
    ("bench", "--quick"),
)
FORMS: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "text": ((), {}),
    "json": (("--json",), {}),
    "terminal": ((), {"FORCE_COLOR": "1", "TTY_COMPATIBLE": "1", "COLUMNS": "100"}),
}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    escaped = POISON.translate(dict.fromkeys((*range(32), 127)))
    entry = f"<item><title>{escaped}&#155;</title><link>https://[</link></item>"
    feed = tmp_path / "feed.xml"
    feed.write_text(f"<rss version='2.0'><channel><title>x</title>{entry}</channel></rss>")
    lines = tmp_path / "items.ndjson"
    lines.write_bytes(orjson.dumps({"headline": POISON, "edition": POISON, POISON: 1}))
    backup, damaged = tmp_path / "whole.backup", tmp_path / "damaged.backup"
    manifest = {"schema": SCHEMA, **dict.fromkeys(("namespace", "version", "made_at"), POISON)}
    with archive.Writer(backup, manifest) as writer:
        writer.add(archive.Part("live", "stream", 0, [], state={"last": POISON}))
    damaged.write_bytes(gzip.compress(orjson.dumps({"ticker_backup": POISON})))
    template = tmp_path / "template"
    template.write_text("{}")
    return {
        "FEED": str(feed),
        "NDJSON": str(lines),
        "TEMPLATE": str(template),
        "MISSING": str(tmp_path / POISON[:20]),
        "BACKUP": str(backup),
        "DAMAGED": str(damaged),
    }


def unsafe_in(raw: bytes) -> frozenset[str]:
    return UNSAFE.intersection(STYLE.sub("", raw.decode()))


@pytest.mark.parametrize(
    ("command", "form", "refuse"),
    [
        (command, form, refuse)
        for command in COMMANDS
        for form in FORMS
        for refuse in (False, True)
        if form != "text"
        or command[0] in ("list", "import", "show", "history")  # others print the same
    ],
)
def test_no_command_prints_what_terminals_obey(
    hostile: tuple[str, HostileNewsroom],
    files: dict[str, str],
    command: tuple[str, ...],
    form: str,
    refuse: bool,
) -> None:
    url, newsroom = hostile
    newsroom.refuse = refuse
    options, env = FORMS[form]
    env = {**env, "TICKER_URL": url, "TICKER_KEY": "tk_" + "x" * 32, "TERM": "xterm"}
    env["TICKER_REDIS_URL"] = "redis://127.0.0.1:1"
    arguments = [files.get(one, one) for one in command]
    result = CliRunner().invoke(app, [*arguments, *options], env=env)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.stdout_bytes + result.stderr_bytes
    assert not unsafe_in(result.stdout_bytes), result.stdout_bytes
    assert not unsafe_in(result.stderr_bytes), result.stderr_bytes
    if form == "json":
        for line in result.stdout_bytes.splitlines():
            orjson.loads(line)


PUSH = "jobs oldest_job subscriptions quarantined stopped suspicious dry_run last_acceptance"
RECEIPT = "providers webhooks shards first_after last_after"


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        *((("push", "status"), name) for name in (*PUSH.split(), "gone", "since", "late")),
        *((("status", ID), name) for name in RECEIPT.split()),
        (("push", "confirm-gone", "fcm"), "servers"),
    ],
)
def test_a_field_that_is_missing_is_named(
    hostile: tuple[str, HostileNewsroom],
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    missing: str,
) -> None:
    url, newsroom = hostile
    newsroom.refuse = False
    monkeypatch.setattr(newsroom, "missing", missing)
    result = CliRunner().invoke(app, command, env={"TICKER_URL": url, "TICKER_KEY": "tk_x"})
    assert result.exit_code == 1
    assert f"the server's response cannot be read: KeyError('{missing}')" in result.stderr


def test_json_keeps_its_meaning(hostile: tuple[str, HostileNewsroom]) -> None:
    url, newsroom = hostile
    newsroom.refuse = False
    result = CliRunner().invoke(app, ["list", "--json"], env={"TICKER_URL": url})
    assert orjson.loads(result.stdout_bytes)["items"][0]["headline"] == POISON


@pytest.mark.parametrize("as_json", [False, True])
async def test_deliveries_of_webhooks(
    as_json: bool, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    secret = new_secret(bytes(range(64)))
    event = {"type": POISON, "timestamp": POISON, "data": {"item": item()}}
    body = orjson.dumps(event)
    printer = DeliveryPrinter(Output(as_json), None)
    printer.begin(secret.secret)
    assert await printer.handle(headers([secret], "evt_1-0", int(time.time()), body), body) == 204
    assert await printer.handle({"webhook-id": POISON}, body) == 400
    written = capfdbinary.readouterr()
    assert written.out
    assert written.err
    assert not unsafe_in(written.out + written.err)


async def test_lines_of_child_processes() -> None:
    said: list[str] = []
    program = f"print({POISON!r}, flush=True); import signal; signal.pause()"
    supervisor = Supervisor(said.append)
    supervisor.start(ChildSpec("child", (sys.executable, "-S", "-c", program)))
    await wait_until(lambda: any("Published" in line for line in said))
    supervisor.force.set()
    await supervisor.stop()
    assert any("owned" in line for line in said)
    assert not UNSAFE.intersection("".join(said))


def test_warnings_of_libraries() -> None:
    record = logging.LogRecord("x", logging.WARNING, "", 0, "got %s", (POISON,), None)
    assert not UNSAFE.intersection(PrintableFormatter().format(record))


def test_tables_of_the_commands_are_complete() -> None:
    """Every command that asks a server is in the table above."""
    local = {"up", "serve", "work", "acl", "config check", "config show"}
    local |= {"keys create", "keys list", "keys revoke", "push keys", "push clear-quarantine"}
    local |= {"webhooks listen", "watch", "compose", "conformance"}
    group = typer.main.get_command(app)
    names = set()
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        names |= {name} if inner is None else {f"{name} {one}" for one in inner}
    tested = {" ".join(one[:2]) for one in COMMANDS} | {one[0] for one in COMMANDS}
    assert names - local <= tested, names - local - tested
