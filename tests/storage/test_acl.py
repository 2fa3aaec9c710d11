"""Users of Redis: each role works under its own, and reads nothing beyond it.

The whole newsroom runs here, each process under its user. Redis logs every refusal (ACL LOG), also
those inside scripts: at the end there are none.
"""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import json
import os
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from arq import ArqRedis
from redis.exceptions import RedisError
from typer.testing import CliRunner

import ticker as ticker_package
from tests.support.http_server import Answer, Asked, ScriptedServer, listening
from tests.support.newsroom_process import NewsroomProcess
from tests.support.providers import webpush
from tests.support.redis_servers import KINDS, Kind, RedisServer
from tests.support.waiting import wait_until
from ticker.cli.main import app
from ticker.domain.clock import rfc3339
from ticker.push import vapid_keys
from ticker.push.store.subscriptions import Subscriptions
from ticker.storage.acl import COMMANDS, ROLES, RoleName, key_table
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.storage.scripts import command, script
from workers.job_serializer import serialize

pytestmark = [pytest.mark.processes, pytest.mark.redis_server]

KEYS = Keys("ticker")
NDJSON = {"content-type": "application/x-ndjson"}
LATER = "2090-01-01T00:00:00Z"
HERE = '["127.0.0.0/8", "::1/128"]'


def ticker(*arguments: str, **environment: str) -> str:
    """Run a command in this process; return what it printed."""
    environment = {"TICKER_NAMESPACE": "ticker", "TICKER_CONFIG": os.devnull, **environment}
    result = CliRunner().invoke(app, arguments, env=environment)
    assert result.exit_code == 0, result.output
    return result.stdout


async def run(*arguments: str, **environment: str) -> str:
    return await asyncio.to_thread(ticker, *arguments, **environment)


@pytest.fixture
def passwords(tmp_path: Path) -> Path:
    folder = tmp_path / "not" / "there"
    ticker("acl", "--write", str(folder))
    return folder


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest, passwords: Path) -> Iterator[RedisServer]:
    """A server with the users that ``ticker acl --write`` has written, as in docker-compose.yml."""
    kind: Kind = request.param
    file = passwords / "acl" / "users.acl"
    server = RedisServer(kind, port=True, options=["--aclfile", str(file)])
    server.start()
    yield server
    server.stop()


def password(passwords: Path, user: str) -> str:
    return (passwords / user / "password").read_text().rstrip("\n")


def url(server: RedisServer, user: str) -> str:
    return server.tcp_url.replace("redis://", f"redis://{user}@")


@asynccontextmanager
async def logged_in(server: RedisServer, user: str, password: str) -> AsyncIterator[Redis]:
    client = connect(url(server, f"{user}:{password}"))
    try:
        yield client
    finally:
        await client.aclose()


async def refusals(admin: Redis) -> list[tuple[str, ...]]:
    """Return what was refused: user, context, reason, object."""
    found = []
    for entry in await command(admin, "ACL", "LOG"):
        fields = (
            entry if isinstance(entry, dict) else dict(zip(entry[::2], entry[1::2], strict=True))
        )
        text = {str(_text(name)): _text(value) for name, value in fields.items()}
        found.append(tuple(str(text[name]) for name in ("username", "context", "reason", "object")))
    return found


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def test_lines_for_redis_cli_keep_passwords_and_name_the_newsroom() -> None:
    lines = ticker("acl", "gateway", TICKER_NAMESPACE="desk").splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("ACL SETUSER desk-gateway on resetkeys ")
    assert "%R~{desk}:live " in lines[0]
    assert "resetpass" not in lines[0]
    # It may check an editor key that it was sent, and list none.
    assert lines[0].endswith("(%R~{desk}:editors +hget)")
    assert not {"wire", "webhooks", "push"} & set(lines[0].replace(":", " ").split())


def test_written_files_keep_passwords_to_their_owner_and_survive_an_upgrade(tmp_path: Path) -> None:
    ticker("acl", "--write", str(tmp_path))
    first = {role: password(tmp_path, role) for role in (*ROLES, "admin")}
    assert len(set(first.values())) == len(ROLES) + 1
    assert min(map(len, first.values())) == 64
    for role in first:
        assert (tmp_path / role).stat().st_mode & 0o777 == 0o700
        assert (tmp_path / role / "password").stat().st_mode & 0o777 == 0o400
    users = tmp_path / "acl" / "users.acl"
    assert users.stat().st_mode & 0o777 == 0o644
    lines = users.read_text().splitlines()
    assert lines[0] == "user default off resetpass ~* &* +@all"
    assert not any(word in line for word in first.values() for line in lines)
    users.write_text("the rules of an older version\n")
    ticker("acl", "--write", str(tmp_path))
    assert users.read_text().splitlines() == lines
    assert {role: password(tmp_path, role) for role in first} == first


async def test_what_scripts_have_written_survives_a_restart_and_the_default_user_is_nobody(
    server: RedisServer, passwords: Path
) -> None:
    """A server reads its append-only file as the default user, and may check its permissions."""
    secret = password(passwords, "admin")
    async with logged_in(server, "admin", secret) as admin:
        write = "redis.call('SET', KEYS[1], '1') redis.call('SET', KEYS[2], '1')"
        await command(admin, "EVAL", write, "2", "{a}:one", "{a}:other")
    server.kill()
    server.start()
    async with logged_in(server, "admin", secret) as admin:
        assert await command(admin, "DBSIZE") == 2
    for login in ("", "default", ":", "default:", "default:x"):
        nobody = connect(url(server, login))
        with pytest.raises(RedisError, match=r"(?i)authenticat|invalid username"):
            await command(nobody, "PING")
        await nobody.aclose()


def test_lines_for_aclfile_have_the_digests_of_given_passwords(tmp_path: Path) -> None:
    (tmp_path / "web").write_text("secret\n")
    line = ticker("acl", "web", "--passwords", str(tmp_path), "--format", "file")
    digest = hashlib.sha256(b"secret").hexdigest()
    assert line.startswith(f"user ticker-web resetpass #{digest} on resetkeys ")


SCRIPTS: dict[str, tuple[RoleName, ...]] = {
    "backup/swap": (),  # `ticker restore`: an operator with all rights
    "people/replace": ("web",),
    "media/change": ("web",),
    "media/claim": ("web",),
    "media/cleaned": ("web",),
    "media/finish": ("web",),
    "media/remove": ("web",),
    "media/reserve": ("web",),
    "media/use": ("web",),
    "publishing/check_indexes": ("stream",),
    "publishing/commit": ("web", "stream"),
    "publishing/due": ("stream",),
    "publishing/lock": ("web",),
    "publishing/put_story": ("web",),
    "publishing/reindex": ("stream",),
    "publishing/trim_audit": ("stream",),
    "publishing/unlock": ("web",),
    "push/advance": ("delivery",),
    "push/begin_page": ("delivery",),
    "push/expect": ("delivery",),
    "push/expire_unproven": ("delivery",),
    "push/fence": ("delivery",),
    "push/judge_unproven": ("delivery",),
    "push/lease_rate": ("delivery",),
    "push/register": ("web",),
    "push/remove": ("web", "delivery"),
    "push/save_alert": ("delivery",),
    "push/save_watch": ("delivery",),
    "push/shards": ("delivery",),
    "readership/add_reads": ("web",),
    "readership/put_live_receipts": ("gateway",),
    "readership/read_totals": ("web",),
    "storage/report_process": ("gateway", "web"),
    "stream/carry": ("stream",),
    "stream/group_done": ("delivery",),
    "stream/group_read": ("delivery",),
    "stream/heartbeat_state": ("web",),
    "stream/mark": ("stream",),
    "stream/new_epoch": ("web",),
    "stream/open": ("web", "stream"),
    "stream/send_heartbeat": ("stream",),
    "stream/trim": ("stream",),
    "stream/wire_entries": ("delivery",),
    "webhooks/add": ("web",),
    "webhooks/edit": ("web", "delivery"),
    "webhooks/step": ("delivery",),
    "wires/put": ("web",),
    "wires/save": ("stream",),
}
"""Who runs which script."""


def test_a_role_may_call_every_command_of_its_scripts() -> None:
    """Also those in branches that no test takes."""
    sources = Path(ticker_package.__file__).parent.glob("*/lua/[a-z]*.lua")
    found = {f"{path.parent.parent.name}/{path.stem}" for path in sources}
    assert found == set(SCRIPTS)
    refused = set()
    for name, roles in SCRIPTS.items():
        text = script(*name.split("/")).text
        for called in set(re.findall(r"redis\.p?call\('([A-Z]+)'(?:, '(STREAM)')?", text)):
            called_as = "|".join(filter(None, called)).lower()
            refused |= {
                (role, called_as, name) for role in roles if called_as not in COMMANDS[role].split()
            }
    assert refused == set()


def test_every_key_of_the_newsroom_is_in_the_table() -> None:
    patterns = [row.pattern for row in key_table(KEYS)]
    names = [value for name, value in vars(KEYS).items() if name not in ("namespace", "prefix")]
    for _, method in inspect.getmembers(KEYS, inspect.ismethod):
        if method.__name__ != "__init__":
            names.append(method(*("x" for _ in inspect.signature(method).parameters)))
    missing = [n for n in names if not any(fnmatchcase(n, pattern) for pattern in patterns)]
    assert missing == []


class Receiver(ScriptedServer):
    """Accepts everything: webhooks and WebSub."""

    def __init__(self) -> None:
        super().__init__([])

    def answer(self, asked: Asked) -> Answer:
        return Answer(204, b"")


async def test_what_gateway_and_archive_may_not_see(server: RedisServer, passwords: Path) -> None:
    secret = {
        "wire": ("XRANGE", KEYS.wire, "-", "+"),
        "wire, at its end": ("XINFO", "STREAM", KEYS.wire),
        "drafts and embargoed items": ("HGETALL", KEYS.item("x")),
        "versions of scheduled items": ("LRANGE", KEYS.private("x"), 0, -1),
        "schedules": ("ZRANGE", KEYS.due, 0, -1),
        "the list of drafts": ("ZRANGE", KEYS.drafts, 0, -1),
        "the audit": ("XRANGE", KEYS.audit, "-", "+"),
        "texts of the audit": ("HGETALL", KEYS.audit_texts("x")),
        "idempotency": ("GET", KEYS.idem("ana", "x")),
        "editor keys": ("HGETALL", KEYS.editors),
        "accounts": ("HGETALL", KEYS.accounts),
        "the secret of challenges": ("GET", KEYS.passkey_secret),
        "sessions": ("GET", KEYS.session("x")),
        "whose sessions they are": ("ZRANGE", KEYS.sessions_of("x"), 0, -1),
        "push subscriptions": ("HGETALL", KEYS.push_subscriptions("webpush")),
        "webhooks": ("HGETALL", KEYS.webhooks),
        "jobs": ("GET", "arq:job:x"),
        "keys": ("KEYS", "*"),
        "settings": ("CONFIG", "GET", "*"),
        "a script that reads the wire": (
            *("EVAL", "return redis.call('XRANGE', KEYS[1], '-', '+')", 1, KEYS.wire),
        ),
        "a script that hides the key": (
            "EVAL",
            "return redis.call('HGETALL', ARGV[1])",
            0,
            KEYS.editors,
        ),
        "writing to the lane": ("XADD", KEYS.live, "*", "e", "{}"),
        "a script that writes to the lane": (
            *("EVAL", "return redis.call('XADD', KEYS[1], '*', 'e', '{}')", 1, KEYS.live),
        ),
        "another newsroom": ("XRANGE", "{other}:live", "-", "+"),
    }
    for role in ("gateway", "archive"):
        async with logged_in(server, f"ticker-{role}", password(passwords, role)) as reader:
            await command(reader, "XRANGE", KEYS.live, "-", "+")
            for what, asked in secret.items():
                with pytest.raises(Exception, match=r"permission|can't (access|run)"):
                    print(role, what, await command(reader, *asked))


async def test_the_audit_is_only_appended_to(server: RedisServer, passwords: Path) -> None:
    """Only the stream worker takes entries off, at the old end."""
    entry = ("XADD", KEYS.audit, "1-0", "e", "{}")
    async with logged_in(server, "admin", password(passwords, "admin")) as admin:
        await command(admin, *entry)
    script = "return redis.call('XTRIM', KEYS[1], 'MAXLEN', '0')"
    tampering = {
        "delete": ("DEL", KEYS.audit),
        "unlink": ("UNLINK", KEYS.audit),
        "trim": ("XTRIM", KEYS.audit, "MAXLEN", 0),
        "trim in a script": ("EVAL", script, 1, KEYS.audit),
        "delete an entry": ("XDEL", KEYS.audit, "1-0"),
        "expire": ("PEXPIRE", KEYS.audit, 1),
        "replace": ("SET", KEYS.audit, "x"),
        "other ids": ("XSETID", KEYS.audit, "9-0"),
    }
    for role in ROLES:
        async with logged_in(server, f"ticker-{role}", password(passwords, role)) as user:
            for what, asked in tampering.items():
                if role == "stream" and what.startswith("trim"):
                    continue
                with pytest.raises(Exception, match=r"permission|can't (access|run)"):
                    print(role, what, await command(user, *asked))
            if role in ("web", "stream", "cli"):
                await command(user, "XADD", KEYS.audit, "*", "e", "{}")
            if role == "web":
                assert len(await command(user, "XREVRANGE", KEYS.audit, "+", "-")) == 2


@pytest.mark.parametrize("server", ["redis"], indirect=True)
async def test_every_role_works_under_its_user(
    server: RedisServer, passwords: Path, tmp_path: Path
) -> None:
    vapid_keys.create(tmp_path / "vapid.pem")
    async with (
        logged_in(server, "admin", password(passwords, "admin")) as admin,
        listening(Receiver()) as receiver,
        webpush.listening(webpush.PushService()) as service,
    ):
        newsroom = NewsroomProcess(
            "redis://nobody@nowhere",
            tmp_path,
            vapid_key_file=str(tmp_path / "vapid.pem"),
            push_contact="mailto:desk@news.example",
            push_services=json.dumps([service.origin]),
            outbound_private_networks=HERE,
            websub_hubs=json.dumps([f"{receiver.url}/hub"]),
        )

        def user(role: str) -> dict[str, str]:
            return {
                "TICKER_REDIS_URL": url(server, f"ticker-{role}"),
                "TICKER_REDIS_PASSWORD_FILE": str(passwords / role / "password"),
                "TICKER_PUBLIC_URL": newsroom.url,
            }

        made = json.loads(await run("keys", "create", "desk", "--json", **user("cli")))
        newsroom.key = made["key"]
        newsroom.start("work", "stream", ("--only", "stream"), **user("stream"))
        newsroom.start("work", "delivery", ("--only", "delivery"), **user("delivery"))
        archive = {"TICKER_ARCHIVE_URL": f"sqlite:{tmp_path / 'archive.sqlite3'}"}
        newsroom.start("work", "archive", ("--only", "archive"), **user("archive"), **archive)
        newsroom.start(
            "serve",
            **user("web"),
            **archive,
            TICKER_GATEWAY_REDIS_URL=url(server, "ticker-gateway"),
            TICKER_GATEWAY_REDIS_PASSWORD_FILE=str(passwords / "gateway" / "password"),
        )
        try:
            await newsroom.ready()
            # Push counts for what is published from then on.
            await wait_until(lambda: admin.exists(KEYS.push_workers))
            browser = service.subscribe(vapid_keys.read(tmp_path / "vapid.pem").public)
            # The API refuses a browser whose push service is on this machine.
            await Subscriptions(admin, KEYS, 100).register(browser.subscription())
            await use(newsroom, browser, receiver)
            await search(newsroom)
            await damage(newsroom, admin)
            await run("keys", "list", **user("cli"))
            await run("keys", "revoke", made["id"], **user("cli"))
            assert await refusals(admin) == []
        except (AssertionError, httpx.HTTPStatusError):
            assert await refusals(admin) == []  # tells more than what it led to
            raise
        finally:
            await newsroom.close()


async def search(newsroom: NewsroomProcess) -> None:
    """Find in the archive what was published, once the role archive has copied it."""
    await wait_until(
        lambda: newsroom.http.get("/v1/search?q=from:2020"),
        lambda answer: answer.is_success and bool(answer.json()["results"]),
    )


async def use(newsroom: NewsroomProcess, browser: webpush.Browser, receiver: Receiver) -> None:
    """Use everything that goes to the store."""
    http = newsroom.http
    http.headers["authorization"] = f"Bearer {newsroom.key}"

    async def post(path: str, method: str = "POST", **body: Any) -> httpx.Response:
        answer = await http.request(method, path, json=body)
        assert answer.is_success, f"{path}: {answer.text}"
        return answer

    async def get(path: str) -> httpx.Response:
        answer = await http.get(path)
        assert answer.is_success, f"{path}: {answer.text}"
        return answer

    hook = (await post("/v1/webhooks", url=f"{receiver.url}/hook")).json()["id"]
    endpoint = "https://updates.push.services.mozilla.com/wpush/v2/of-a-test"
    device = browser.to_json() | {"endpoint": endpoint}
    await post("/v1/push/subscriptions", subscription=device, edition="en", level="urgent")
    await post("/v1/push/subscriptions", "DELETE", endpoint=endpoint)
    first = (await newsroom.publish("Ferry adrift", level="flash", push={}))["item"]["id"]
    await wait_until(lambda: len(browser.got) >= 1)
    await newsroom.act(first, "change", headline="Ferry safe", note="The ferry is safe.")
    await newsroom.act(first, "pin")
    await newsroom.act(first, "unpin")
    soon = rfc3339(time.time_ns() // 1_000_000 + 1_500)
    scheduled = (await newsroom.publish("Port to open", at=soon))["item"]["id"]
    draft = (await newsroom.publish("Port strike", at=LATER, force=True))["item"]["id"]
    await newsroom.act(draft, "release")
    written = (await newsroom.publish("Port strike ends", draft=True))["item"]["id"]
    await newsroom.act(written, "approve")
    for method in ("PUT", "DELETE"):
        assert (await http.request(method, f"/v1/items/{written}/lock")).is_success
    fog = (await newsroom.publish("Fog until noon", expires_at=soon))["item"]["id"]
    lines = b'{"headline":"Ferry lost and found","edition":"en"}\n'
    assert (await http.post("/v1/import", content=lines, headers=NDJSON)).is_success
    await post("/v1/beacon", id=first, kind="open")
    events = await http.get("/v1/items", params={"after": "", "edition": "en"})
    assert events.is_success
    for path in (
        f"/v1/items/{first}",
        f"/v1/items/{first}/receipts",
        f"/v1/items/{first}/related",
        "/v1/most-read",
        "/v1/audit",
        "/v1/items?all=true&state=draft",
        "/v1/push/status",
        "/v1/webhooks",
        f"/v1/webhooks/{hook}",
        "/v1/feed.json",
        "/",
    ):
        await get(path)
    person = {"name": "Ana", "role": "editor", "password": "seven grey herons"}
    await post("/v1/people", **person)
    await post("/v1/people/Ana", "PATCH", editions=["en"])
    await post("/v1/session", name="Ana", password=person["password"])
    shown = await http.get("/v1/account", headers={"authorization": "Session"})
    assert shown.json()["editions"] == ["en"]
    await post("/v1/account/sessions", "DELETE")
    await post("/v1/session", "DELETE")
    await post("/v1/people/Ana", "DELETE")
    await post("/v1/wires", name="ap", url=f"{receiver.url}/feed", edition="en")
    await wait_until(
        lambda: http.get("/v1/wires"), lambda found: found.json()["wires"][0]["status"] == "failing"
    )
    await post("/v1/wires/ap/check")
    await post("/v1/wires/ap", "PATCH", every=30)
    await get("/v1/wire-drafts")
    await post("/v1/wires/ap", "DELETE")
    await post("/v1/stories/floods/texts/en", "PUT", title="Floods")
    await post("/v1/stories/floods/texts/en", "DELETE")
    await post(f"/v1/webhooks/{hook}/rotate")
    await post(f"/v1/webhooks/{hook}/disable")
    await post(f"/v1/webhooks/{hook}/enable")
    await post(f"/v1/webhooks/{hook}/replay", since="2020-01-01T00:00:00Z")
    await post(f"/v1/webhooks/{hook}", "PATCH", description="changed")
    await post("/v1/push/providers/webpush/resume")
    await post("/v1/push/providers/webpush/quarantine", "DELETE")
    await newsroom.act(first, "retract", reason="a drill")
    await wait_until(lambda: len(browser.got) >= 2)
    for path in ("/hook", "/hub"):
        await wait_until(lambda: [one for one in receiver.asked if one.path == path])
    await post(f"/v1/webhooks/{hook}", "DELETE")
    await wait_until(lambda: live(http), lambda ids: scheduled in ids and fog not in ids)


async def live(http: httpx.AsyncClient) -> set[str]:
    """Return the ids of the live items."""
    return {item["id"] for item in (await http.get("/v1/items")).json()["items"]}


async def damage(newsroom: NewsroomProcess, admin: Redis) -> None:
    """Break what the newsroom repairs: an index, an entry of the wire, the lane itself."""
    item = (await newsroom.publish("Bridge closed"))["item"]["id"]
    await command(admin, "ZREM", KEYS.published, item)
    arq = ArqRedis(admin.connection_pool, serialize, orjson.loads, KEYS.jobs)
    await arq.enqueue_job("sweep")
    await wait_until(lambda: command(admin, "ZSCORE", KEYS.published, item))
    await command(admin, "XADD", KEYS.wire, "*", "e", "poison")
    await wait_until(lambda: command(admin, "XLEN", KEYS.dead))
    await command(admin, "DEL", KEYS.live)
    again = newsroom.http.get("/v1/items?edition=en")
    before = (await again).json()["cursor"]
    await wait_until(
        lambda: newsroom.http.get("/v1/items?edition=en"),
        lambda found: found.json()["cursor"].partition("-")[0] != before.partition("-")[0],
    )
    await newsroom.ready()
