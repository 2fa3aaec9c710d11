"""The WebSocket edge on a real uvicorn, with the websockets client as peer."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from tests.gateway.gateway_server import GatewayServer, gateway_server
from tests.support.in_memory import EPOCH, at
from tests.support.waiting import wait_until
from ticker.domain.cursor import Cursor
from ticker.gateway.connection_gate import ITEMS_PER_REQUEST
from ticker.gateway.websocket import SUBSCRIBE_BURST
from ticker.stream.replay import Lane

UPGRADE = (
    b"GET /v1/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


async def message(ws: ClientConnection, heartbeats: bool = False) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            found: dict[str, Any] = orjson.loads(await ws.recv())
            if heartbeats or found["type"] != "heartbeat":
                return found


async def ending(ws: ClientConnection) -> tuple[str | None, int]:
    """Return the code of the last error message, and the close code."""
    names: list[str] = []
    with contextlib.suppress(ConnectionClosed):
        while True:
            got = await message(ws)
            if got["type"] == "error":
                assert got["message"]
                names.append(got["code"])
    assert ws.close_code is not None
    return names[-1] if names else None, ws.close_code


async def test_welcome_snapshot_and_live_events() -> None:
    async with gateway_server() as s:
        s.hub.advance([s.news.publish("Before")])
        async with connect(s.url("edition=en"), subprotocols=["ticker.v1"]) as ws:  # type: ignore[list-item]
            assert ws.subprotocol == "ticker.v1"
            assert (await message(ws))["mode"] == "snapshot"
            assert [i["headline"] for i in (await message(ws))["items"]] == ["Before"]
            s.hub.advance([s.news.publish("After")])
            assert (await message(ws))["item"]["headline"] == "After"


async def test_subscribe_and_ping_in_place() -> None:
    async with gateway_server() as s, connect(s.url("edition=en&backlog=0")) as ws:
        await message(ws)
        await ws.send('{"type":"subscribe","filter":{"edition":"ar"}}')
        assert [(await message(ws))["type"] for _ in range(2)] == ["welcome", "snapshot"]
        await ws.send(b'{"type":"ping"}', text=True)
        assert (await message(ws, heartbeats=True))["type"] == "heartbeat"
        s.hub.advance([s.news.publish("English"), s.news.publish("عاجل", edition="ar")])
        assert (await message(ws))["item"]["headline"] == "عاجل"
        assert await (await ws.ping()) >= 0


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("edition=fr", "bad_filter"),
        ("section=war", "bad_filter"),
        ("region=moon", "bad_filter"),
        ("level=loud", "bad_filter"),
        ("&".join(f"tag=t{n}" for n in range(40)), "bad_filter"),
        ("tag=" + "x" * 5_000, "bad_request"),
        ("backlog=many", "bad_request"),
        ("backlog=201", "bad_request"),
    ],
)
async def test_a_bad_subscription_gets_a_reason_and_a_code_that_says_stop(
    query: str, name: str
) -> None:
    async with gateway_server() as s, connect(s.url(query)) as ws:
        assert await ending(ws) == (name, 4400)
        await wait_until(lambda: not s.server.server_state.connections)


async def test_foreign_and_future_cursors() -> None:
    async with gateway_server(ahead_wait=2) as s:
        s.hub.advance([s.news.publish()])
        for cursor, reason in (
            (Cursor(EPOCH - 1, at(1)), "epoch"),
            (Cursor(EPOCH, at(99)), "ahead"),
        ):
            async with connect(s.url(f"after={cursor}")) as ws:
                if reason == "ahead":
                    await wait_until(lambda: s.hub.waiting == 1)
                    s.hub.lane_end.say(s.hub.lane.cursor, s.clock.now)
                    s.clock.now += 2
                welcome = await message(ws)
                assert (welcome["reset"], welcome["reason"]) == (True, reason)
                assert (await message(ws))["type"] == "snapshot"


@pytest.mark.parametrize(
    ("data", "ended"),
    [
        ("garbage", ("bad_request", 4400)),
        (b"\x00\x01", ("bad_message", 4400)),
        ("x" * 9_000, ("too_large", 4413)),
        ('{"type":"publish"}', ("bad_request", 4400)),
    ],
)
async def test_garbage_gets_a_reason_and_a_code_that_says_stop(
    data: str | bytes, ended: tuple[str, int]
) -> None:
    async with (
        gateway_server() as s,
        connect(s.url("backlog=0")) as ws,
        connect(s.url("backlog=0")) as other,
    ):
        await message(ws)
        await message(other)
        await ws.send(data)
        assert await ending(ws) == ended
        s.hub.advance([s.news.publish()])
        assert (await message(other))["type"] == "item", "other connections are not affected"


async def test_too_many_messages() -> None:
    async with gateway_server() as s, connect(s.url("backlog=0")) as ws:
        for _ in range(21):
            await ws.send('{"type":"ping"}')
        assert await ending(ws) == ("too_fast", 4429)


async def test_bytes_that_are_no_frame() -> None:
    async with gateway_server() as s, s.raw(UPGRADE) as raw:
        await raw.read_until(b"\r\n\r\n")
        rest = await raw.send(b"\xff" * 2_000).rest()
        assert rest.endswith(b"\x03\xeabad_frame")  # 1002


async def test_another_path_is_404_and_another_version_426() -> None:
    async with gateway_server() as s:
        with pytest.raises(InvalidStatus, match="404"):
            await connect(s.url(path="/v1/nothing"))
        async with s.raw(UPGRADE.replace(b"Version: 13", b"Version: 8")) as raw:
            assert (await raw.rest()).startswith(b"HTTP/1.1 426 ")


@pytest.mark.parametrize(
    "unfinished",
    [b"", UPGRADE[:60], b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"],
)
async def test_an_unfinished_request_is_closed_and_affects_no_other_connection(
    unfinished: bytes,
) -> None:
    async with (
        gateway_server(handshake_timeout=10) as s,
        s.raw(unfinished) as raw,
        connect(s.url("backlog=0")) as ws,
    ):
        await message(ws)
        await wait_until(lambda: len(s.gateway.request_deadlines) == 1)
        s.clock.now += 11
        assert b"408 Request Timeout" in await raw.rest() or unfinished.startswith(b"POST")
        assert not s.gateway.request_deadlines
        s.hub.advance([s.news.publish()])
        assert (await message(ws))["type"] == "item"


async def test_only_admitted_origins() -> None:
    async with gateway_server(allowed_origins=("https://news.example",)) as s:
        async with connect(s.url(), origin="https://evil.example") as ws:  # type: ignore[arg-type]
            assert await ending(ws) == ("origin", 4403)
        async with connect(s.url(), origin="https://news.example") as ws:  # type: ignore[arg-type]
            assert (await message(ws))["type"] == "welcome"
        async with connect(s.url()) as ws:
            assert (await message(ws))["type"] == "welcome"


async def test_a_connection_over_the_limit_is_told_to_reconnect() -> None:
    async with gateway_server(max_connections=1) as s, connect(s.url()) as first:
        await message(first)
        async with connect(s.url()) as second:
            assert await ending(second) == ("full", 4003)
        assert s.hub.connections == 1


async def test_before_the_lane_is_loaded_clients_are_told_to_reconnect() -> None:
    async with gateway_server() as s:
        s.gateway.tail.loaded = False
        async with connect(s.url()) as ws:
            assert await ending(ws) == ("starting", 4004)


async def flood(s: GatewayServer, least: int) -> list[str]:
    """Publish until a subscriber is paused (the kernel takes some megabytes first), and more."""
    ids: list[str] = []
    while not s.hub.counters.pauses or len(ids) < least:
        assert len(ids) < 60_000, "the kernel cannot take that much"
        event = s.news.publish(f"{len(ids)} {'x' * 250}", summary="y" * 1_500)
        ids.append(event.item_id)
        s.hub.advance([event])
        if len(ids) % 20 == 0:
            await asyncio.sleep(0)
    return ids


async def test_a_subscriber_that_never_reads_costs_a_constant() -> None:
    """It costs its socket and less than one event; the others get everything meanwhile."""
    async with gateway_server(lag_limit=30) as s:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        sock.connect(("127.0.0.1", s.port))
        sock.sendall(UPGRADE)
        await wait_until(lambda: s.hub.connections == 1)
        (stuck,) = (c for c in s.server.server_state.connections if hasattr(c, "hub"))
        async with connect(s.url("backlog=0"), max_queue=None) as ws:
            await message(ws)
            ids = await flood(s, 3_000)
            assert [(await message(ws))["item"]["id"] for _ in ids] == ids
            transport: Any = stuck.transport
            assert transport.get_write_buffer_size() < 3_000, "less than one event"
            s.clock.now += 31
            await wait_until(lambda: s.hub.connections == 1)
            assert s.hub.counters.closes["websocket", "4001"] == 1
        sock.close()


async def test_a_slow_subscriber_that_reads_again_catches_up() -> None:
    async with (
        gateway_server(replay_window=50_000, lane_events_max=50_000) as s,
        # Compressed events would have to be ten times as many.
        connect(s.url("backlog=0"), max_queue=1, compression=None) as ws,
    ):
        await message(ws)
        ids = await flood(s, 1_000)
        assert [(await message(ws))["item"]["id"] for _ in ids] == ids
        assert s.hub.counters.closes["websocket", "4001"] == 0


async def test_drain_says_goodbye_and_closes_with_a_code_that_says_reconnect() -> None:
    async with gateway_server(drain_time=0.3) as s, connect(s.url("backlog=0")) as ws:
        await message(ws)
        s.server.should_exit = True
        goodbye = await message(ws)
        assert (goodbye["type"], goodbye["reconnect"]) == ("goodbye", True)
        assert 0 <= goodbye["delay_ms"] <= 500
        assert goodbye["retry_ms"] == 500
        assert await ending(ws) == (None, 1012)


async def test_a_stopping_server_sends_a_reader_that_comes_back_to_another() -> None:
    async with gateway_server() as s:
        s.hub.begin_drain()
        async with connect(s.url("backlog=0")) as ws:
            goodbye = await message(ws)
            assert (goodbye["type"], goodbye["reason"]) == ("goodbye", "drain")
            assert await ending(ws) == (None, 1012)
        assert s.hub.connections == 0


async def test_a_new_epoch_resets_in_place() -> None:
    async with gateway_server() as s, connect(s.url("backlog=0")) as ws:
        await message(ws)
        s.hub.replace(Lane(100, EPOCH + 1, at(9)), "epoch")
        assert (await message(ws))["reason"] == "epoch"
        assert (await message(ws))["cursor"] == str(Cursor(EPOCH + 1, at(9)))


async def test_a_close_from_the_client_is_answered() -> None:
    async with gateway_server() as s:
        async with connect(s.url()) as ws:
            await message(ws)
            await ws.close(1000, "done")
            assert ws.close_code == 1000
        await wait_until(lambda: s.hub.connections == 0)
        async with s.raw(UPGRADE) as raw:
            await raw.read_until(b"\r\n\r\n")
            raw.send(Frame(Opcode.CLOSE, b"").serialize(mask=True))
            assert (await raw.rest()).endswith(b"\x88\x00")


async def test_a_ping_does_not_move_a_cursor_back_that_is_ahead_of_this_server() -> None:
    # The heartbeat carried this server's position; the client stored it and got events a second
    # time after its next connection.
    async with gateway_server() as s:
        s.hub.advance([s.news.publish()])
        async with connect(s.url(f"after={Cursor(EPOCH, at(2))}")) as ws:
            await ws.send('{"type":"ping"}')
            await (await ws.ping())  # its answer comes after the message was read
            s.hub.advance([s.news.publish()])
            welcome = await message(ws, heartbeats=True)
            assert (welcome["type"], welcome["mode"]) == ("welcome", "live")


async def test_subscribing_anew_has_a_rate_and_the_last_one_counts() -> None:
    """Each subscription costs a snapshot: of a flood of them few are served."""

    async def subscribe(ws: ClientConnection, tag: str) -> None:
        frame = {"type": "subscribe", "filter": {"tag": tag}}
        await ws.send(orjson.dumps(frame), text=True)

    async with (
        gateway_server(max_messages=1_000, max_subscribes=4.0) as s,
        connect(s.url("backlog=0")) as ws,
    ):
        await message(ws)
        for number in range(SUBSCRIBE_BURST):
            await subscribe(ws, f"burst{number}")
            assert [(await message(ws))["type"] for _ in range(2)] == ["welcome", "snapshot"]
        for number in range(200):
            await subscribe(ws, f"t{number}")
        await (await ws.ping())
        assert s.hub.counters.welcomes["snapshot", ""] == SUBSCRIBE_BURST
        assert [(await message(ws))["type"] for _ in range(2)] == ["welcome", "snapshot"]
        s.hub.advance([s.news.publish("Other", tags=["t0"]), s.news.publish("Mine", tags=["t199"])])
        assert (await message(ws))["item"]["headline"] == "Mine"
        assert s.hub.counters.welcomes["snapshot", ""] == SUBSCRIBE_BURST + 1


async def test_a_connection_that_ends_while_its_subscription_waits_is_no_error() -> None:
    async with gateway_server(max_subscribes=50.0) as s:
        async with connect(s.url("backlog=0")) as ws:
            await message(ws)
            for _ in range(SUBSCRIBE_BURST + 2):
                await ws.send('{"type":"subscribe"}')
        await wait_until(lambda: not s.hub.connections)
        await wait_until(lambda: not len(s.gateway.admission_queue))
        async with connect(s.url()) as ws:
            assert (await message(ws))["type"] == "welcome"


async def test_a_change_of_a_subscription_costs_its_address_a_request() -> None:
    own = {"X-Forwarded-For": "192.0.2.1"}
    async with (
        gateway_server(address_requests=0.2) as s,
        connect(s.url("backlog=0"), additional_headers=own) as ws,
        connect(s.url("backlog=0"), additional_headers={"X-Forwarded-For": "192.0.2.2"}) as other,
    ):
        assert (await message(ws))["type"] == (await message(other))["type"] == "welcome"
        for number in range(2):  # the burst is ten times the rate
            await ws.send(f'{{"type":"subscribe","filter":{{"tag":"t{number}"}}}}')
            assert [(await message(ws))["type"] for _ in range(2)] == ["welcome", "snapshot"]
        for _ in range(3):
            await ws.send('{"type":"subscribe"}')
        assert await ending(ws) == ("full", 4003)
        await other.send('{"type":"subscribe"}')
        assert (await message(other))["type"] == "welcome"


async def test_a_large_snapshot_costs_its_address_several_requests() -> None:
    own = {"X-Forwarded-For": "192.0.2.1"}
    large = f'{{"type":"subscribe","backlog":{2 * ITEMS_PER_REQUEST}}}'
    async with (
        gateway_server(address_requests=0.4) as s,  # a burst of four
        connect(s.url("backlog=0"), additional_headers=own) as ws,
    ):
        assert (await message(ws))["type"] == "welcome"
        await ws.send(large)
        assert [(await message(ws))["type"] for _ in range(2)] == ["welcome", "snapshot"]
        await ws.send('{"type":"subscribe"}')
        assert [(await message(ws))["type"] for _ in range(2)] == ["welcome", "snapshot"]
        await ws.send('{"type":"subscribe"}')
        assert await ending(ws) == ("full", 4003)


async def test_readers_of_one_address_behind_a_proxy_are_counted() -> None:
    own = {"X-Forwarded-For": "192.0.2.1"}
    async with (
        gateway_server(address_connections=2) as s,
        connect(s.url(), additional_headers=own),
        connect(s.url(), additional_headers=own) as second,
    ):
        async with connect(s.url(), additional_headers=own) as third:
            assert await ending(third) == ("full", 4003)
        async with connect(s.url(), additional_headers={"X-Forwarded-For": "192.0.2.2"}) as other:
            assert (await message(other))["type"] == "welcome"
        await second.close()
        await wait_until(lambda: s.hub.connections == 1)
        async with connect(s.url(), additional_headers=own) as again:
            assert (await message(again))["type"] == "welcome"
