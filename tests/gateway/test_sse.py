"""The event-stream edge on a real uvicorn and real sockets."""

from __future__ import annotations

import orjson
from websockets.asyncio.client import connect

from tests.gateway.gateway_server import gateway_server
from tests.gateway.test_websocket import message
from tests.support.in_memory import EPOCH, at
from tests.support.waiting import wait_until
from ticker.domain.cursor import Cursor


def get(query: str = "", headers: str = "") -> bytes:
    return f"GET /v1/events?{query} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode()


async def test_event_stream_carries_the_same_messages_with_cursors_as_ids() -> None:
    async with gateway_server() as s:
        s.hub.advance([s.news.publish("Before")])
        async with s.raw(get("edition=en")) as raw:
            head = await raw.read_until(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"x-accel-buffering: no" in head
            welcome = await raw.event()
            assert (welcome["event"], welcome["retry"]) == ("welcome", "2000")
            snapshot = await raw.event()
            assert snapshot["id"] == orjson.loads(snapshot["data"])["cursor"]
        await wait_until(lambda: s.hub.connections == 0)
        s.hub.advance([s.news.publish("Missed")])
        header = f"Last-Event-ID: {snapshot['id']}\r\n"
        async with s.raw(get(f"after={Cursor(EPOCH - 1, at(1))}", header)) as raw:
            await raw.read_until(b"\r\n\r\n")
            assert orjson.loads((await raw.event())["data"])["mode"] == "replay"
            assert "Missed" in (await raw.event())["data"]
            s.hub.advance([s.news.publish("Live")])
            last = await raw.event()
            assert (last["event"], last["id"]) == ("item", str(s.hub.lane.cursor))


async def test_event_stream_refusals() -> None:
    async with gateway_server(max_connections=1) as s:
        async with s.raw(get("edition=fr")) as raw:
            assert (await raw.read_until(b"\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
            problem = orjson.loads(await raw.rest())
            assert problem["type"].endswith("bad-filter")
            assert "known: ar, en, es" in problem["detail"]
        async with connect(s.url()) as ws:
            await message(ws)
            async with s.raw(get()) as raw:
                assert (await raw.read_until(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
                assert b"goodbye" in await raw.rest()
