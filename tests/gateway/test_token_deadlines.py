"""Reader tokens on open connections: refusals, notices, new tokens, the end, and revoked keys."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import orjson
from websockets.asyncio.client import connect

from tests.gateway.gateway_server import GatewayServer, gateway_server
from tests.gateway.test_sse import get
from tests.gateway.test_websocket import ending, message
from tests.support.clock import FakeClock
from tests.support.reader_tokens import key_set, token, with_keys
from tests.support.waiting import wait_until
from ticker.gateway.token_deadlines import NOTICE, PER_TICK, SPREAD, TokenDeadlines
from ticker.reader_access.editor_rights import EditorRights
from ticker.reader_access.presented import Presented

V1 = "ticker.v1"


@asynccontextmanager
async def paywall(**settings: Any) -> AsyncIterator[tuple[GatewayServer, FakeClock]]:
    """Serve with the protected edition ``es``."""
    chosen: dict[str, Any] = {
        "reader_token_editions": ("es",),
        "reader_token_secret_file": "unused",
        "reader_token_leeway": 0,
    }
    chosen |= settings
    async with gateway_server(**chosen) as s:
        clock = FakeClock(time.time())
        s.gateway.access.clock = clock
        with_keys(s.gateway.access, "k1")
        yield s, clock


def address(server: GatewayServer) -> str:
    return f"http://127.0.0.1:{server.port}"


def bearer(given: str) -> Any:
    return {"additional_headers": {"Authorization": f"Bearer {given}"}}


async def test_who_may_subscribe_over_a_websocket() -> None:
    good = token(["es"])
    async with paywall() as (s, _):
        for query, headers, expected in (
            ("edition=es", {}, "token_required"),
            ("edition=en,es", {}, "token_required"),
            ("any=edition%3Des", {}, "token_required"),
            ("sub.1=edition%3Des", {}, "token_required"),
            ("edition=es", bearer(token(["en"])), "edition_not_in_token"),
            ("edition=es", bearer(token(["es"], aud="another")), "invalid_token"),
            ("edition=es", bearer(token(["es"], seconds=-1)), "invalid_token"),
            (f"edition=en&access_token={good}x", {}, "invalid_token"),
        ):
            async with connect(s.url(query), **headers) as ws:
                assert await ending(ws) == (expected, 4401), query
        offered: Any = [V1, f"ticker.token.{good}"]
        for query, headers in (
            ("edition=es", bearer(good)),
            (f"access_token={good}&edition=es", {}),
            ("edition=es", {"subprotocols": offered}),
            ("edition=es", {"additional_headers": {"Cookie": f"ticker_token={good}"}}),
        ):
            async with connect(s.url(query), **headers) as ws:
                assert (await message(ws))["type"] == "welcome"
        foreign = {"Cookie": f"ticker_token={good}", "Origin": "https://evil.example"}
        async with connect(s.url("edition=es"), additional_headers=foreign) as ws:
            assert await ending(ws) == ("token_required", 4401)


async def test_a_reader_without_a_token_gets_what_is_public() -> None:
    async with paywall() as (s, _):
        hidden = s.news.publish("Titular interno", edition="es")
        s.hub.advance([hidden, s.news.publish("Open")])
        async with (
            connect(s.url("backlog=5")) as public,
            connect(s.url("backlog=5"), **bearer(token("*"))) as inside,
        ):
            await message(public)
            await message(inside)
            assert [i["headline"] for i in (await message(public))["items"]] == ["Open"]
            assert len((await message(inside))["items"]) == 2
            s.hub.advance([s.news.retract(hidden.item_id), s.news.publish("Next")])
            assert (await message(public))["item"]["headline"] == "Next"
            assert (await message(inside))["action"] == "retract"
            await public.send('{"type":"subscribe","filter":{"edition":"es"}}')
            assert await ending(public) == ("token_required", 4401)


async def test_equal_rights_share_a_group() -> None:
    async with (
        paywall() as (s, _),
        connect(s.url("section=politics")) as one,
        connect(s.url("section=politics")),
    ):
        await message(one)
        await wait_until(lambda: s.hub.connections == 2)
        assert s.hub.groups == 1


async def test_an_event_stream_needs_a_token_and_ends_with_it() -> None:
    async with paywall() as (s, clock):
        for headers, status in (
            ("", b"401"),
            (f"Authorization: Bearer {token(['es'], aud='another')}\r\n", b"401"),
            (f"Authorization: Bearer {token(['en'])}\r\n", b"403"),
        ):
            async with s.raw(get("edition=es", headers)) as raw:
                head = await raw.read_until(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 " + status)
                assert b"www-authenticate: Bearer" in head
                assert b"access-control-allow-origin: *" in head
        good = token(["es"], seconds=100)
        async with s.raw(get(f"edition=es&access_token={good}")) as raw:
            assert b"private, no-store" in await raw.read_until(b"\r\n\r\n")
            welcome = await raw.event()
            assert welcome["event"] == "welcome"
            await raw.event()
            clock.now += 60
            s.gateway.tokens.tick()
            notice = await raw.event()
            assert notice["event"] == "token_expiring"
            assert orjson.loads(notice["data"])["expires_in"] == 40
            clock.now += 41
            s.gateway.tokens.tick()
            s.hub.advance([s.news.publish("Missed", edition="es")])
            rest = await raw.rest()
            assert b"token_expired" in rest
            assert b"Missed" not in rest
        # With the cursor and a new token, nothing is lost.
        cursor = orjson.loads(welcome["data"])["cursor"]
        new = f"Authorization: Bearer {token(['es'], now=clock.now)}\r\n"
        async with s.raw(get(f"edition=es&after={cursor}", new)) as raw:
            await raw.read_until(b"\r\n\r\n")
            assert orjson.loads((await raw.event())["data"])["mode"] == "replay"
            assert "Missed" in (await raw.event())["data"]
        assert len(s.gateway.tokens) <= 1


async def test_a_new_token_keeps_the_connection() -> None:
    async with paywall() as (s, clock):
        async with connect(s.url("edition=es"), **bearer(token(["es"], seconds=200))) as ws:
            await message(ws)
            await message(ws)
            clock.now += 200 - NOTICE
            s.gateway.tokens.tick()
            notice = await message(ws)
            assert notice == {"type": "token_expiring", "expires_in": round(NOTICE)}
            new = token(["es"], seconds=300, now=clock.now)
            await ws.send(orjson.dumps({"type": "token", "token": new}), text=True)
            assert await message(ws) == {"type": "token_accepted", "expires_in": 300}
            clock.now += 150
            s.gateway.tokens.tick()
            s.hub.advance([s.news.publish("Sigue", edition="es")])
            assert (await message(ws))["item"]["headline"] == "Sigue"
            clock.now += 150
            s.gateway.tokens.tick()
            s.gateway.tokens.tick()
            assert await ending(ws) == ("token_expired", 4401)
        assert s.gateway.tokens.expired == 1
        await wait_until(lambda: len(s.gateway.tokens) == 0)


async def test_a_new_token_that_does_not_suffice_ends_it() -> None:
    async with paywall() as (s, _):
        for given, expected in (
            (token(["en"]), "edition_not_in_token"),
            (token(["es"], aud="another"), "invalid_token"),
            ("tk_" + "x" * 32, "invalid_token"),
            ("x", "invalid_token"),
        ):
            async with connect(s.url("edition=es"), **bearer(token(["es"]))) as ws:
                await message(ws)
                await message(ws)
                await ws.send(orjson.dumps({"type": "token", "token": given}), text=True)
                assert await ending(ws) == (expected, 4401)


async def test_a_token_after_the_handshake_serves_the_next_subscription() -> None:
    async with paywall() as (s, _), connect(s.url("edition=en")) as ws:
        await message(ws)
        await message(ws)
        await ws.send(orjson.dumps({"type": "token", "token": token(["es"])}), text=True)
        assert (await message(ws))["type"] == "token_accepted"
        await ws.send('{"type":"subscribe","id":2,"filter":{"edition":"es"}}')
        assert (await message(ws))["subs"] == [2]
    async with gateway_server() as s, connect(s.url("edition=en&backlog=0")) as ws:
        await message(ws)
        await ws.send('{"type":"token","token":"anything"}')
        assert await message(ws) == {"type": "token_accepted", "expires_in": None}


async def test_a_revoked_key_ends_its_readers_and_a_rotated_one_does_not() -> None:
    async with paywall() as (s, _):
        s.gateway.access.use(key_set("k1", "k2"))
        url = s.url("edition=es")
        async with (
            connect(url, **bearer(token(["es"], key="k1"))) as old,
            connect(url, **bearer(token(["es"], key="k2"))) as new,
        ):
            await message(old)
            await message(new)
            s.gateway.access.use(key_set("k1", "k2", "k3"))
            s.gateway.tokens.tick()
            assert s.gateway.tokens.revoked == 0
            s.gateway.access.use(key_set("k2", "k3"))
            s.gateway.tokens.tick()
            assert await ending(old) == ("invalid_token", 4401)
            s.hub.advance([s.news.publish("Sigue", edition="es")])
            await message(new)
            assert (await message(new))["item"]["headline"] == "Sigue"


async def test_a_connection_waits_while_its_key_is_looked_for() -> None:
    async with paywall() as (s, _):
        access = s.gateway.access
        async with s.raw(
            get("edition=es", f"Authorization: Bearer {token(['es'], key='k2')}\r\n")
        ) as raw:
            await wait_until(access.missing.is_set)
            access.use(key_set("k1", "k2"))
            access.settle()
            assert (await raw.read_until(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")


async def test_keys_that_were_read_meanwhile_are_not_waited_for() -> None:
    async with paywall() as (s, _):
        access, given = s.gateway.access, Presented(token(["es"], key="k2"), "header")
        assert s.gateway.judge.unprepared("192.0.2.1", given)
        access.use(key_set("k1", "k2"))
        access.settle()
        preparing = asyncio.create_task(s.gateway.judge.prepare(given))
        await asyncio.sleep(0)
        assert preparing.done()


async def test_editors_read_protected_editions_with_their_key() -> None:
    async with paywall() as (s, _):
        asked = []

        async def is_key(secret: str) -> bool:
            asked.append(secret)
            return secret.endswith("a")

        s.gateway.judge.editors = EditorRights(is_key, s.clock)
        good, wrong = "tk_" + "a" * 32, "tk_" + "b" * 32
        for _ in range(2):
            async with connect(s.url("edition=es"), **bearer(good)) as ws:
                assert (await message(ws))["type"] == "welcome"
        async with connect(s.url("edition=es"), **bearer(wrong)) as ws:
            assert await ending(ws) == ("unauthorised", 4401)
        assert asked == [good, wrong]


async def test_one_tick_has_a_bound_and_spreads_the_notices() -> None:
    async with paywall() as (s, clock):
        tokens = TokenDeadlines(s.gateway.access)
        granted = s.gateway.access.verifier.check(token(["es"], seconds=600))

        class Reader:
            state = None
            sent: ClassVar[list[str]] = []

            def send(self, kind: str, payload: bytes) -> None:
                self.sent.append(kind)

            def refuse(self, code: int, name: str, message: str) -> None:
                self.sent.append(name)

        for _ in range(PER_TICK + 10):
            tokens.watch(Reader(), granted)  # type: ignore[arg-type]
        clock.now += 600 - NOTICE - SPREAD / 2
        tokens.tick()
        assert 0 < Reader.sent.count("token_expiring") < PER_TICK
        clock.now += NOTICE + SPREAD
        for _ in range(3):
            tokens.tick()
        assert Reader.sent.count("token_expired") == PER_TICK + 10
        assert len(tokens) == 0
