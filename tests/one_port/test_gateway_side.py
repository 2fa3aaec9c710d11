"""Connections between a gateway and a web process on one port, and a web process that is away."""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct
from pathlib import Path

import pytest

from tests.gateway.test_sse import get
from tests.gateway.test_websocket import UPGRADE
from tests.one_port.processes import connected, one_port
from tests.support.waiting import stays, wait_until
from ticker.one_port.channel import Kind
from ticker.one_port.gateway_side import IN_FLIGHT_MAX, WAIT, WAITING_MAX
from ticker.one_port.web_side import listening_socket

PAGE = b"GET /page HTTP/1.1\r\nHost: x\r\n\r\n"
POLL = b"GET /v1/items HTTP/1.1\r\nHost: x\r\n\r\n"
FROM_WEB = b"web GET /page 127.0.0.1 "
FROM_GATEWAY = b"hello\r\n0\r\n\r\n"


async def test_one_connection_changes_between_the_processes(tmp_path: Path) -> None:
    async with one_port(tmp_path) as (gateway, web), gateway.raw() as raw:
        for _ in range(3):
            await raw.send(PAGE).read_until(FROM_WEB)
            await raw.send(POLL).read_until(FROM_GATEWAY)
        await raw.send(PAGE).read_until(FROM_WEB)
        await raw.send(get("edition=en")).read_until(b"event: snapshot")
        assert gateway.hub.connections == 1
        assert web.asked == ["GET /page"] * 4
        assert gateway.web is not None
        assert (gateway.web.passed, gateway.web.returned) == (4, 4)
        assert not web.read_model.request_deadlines


@pytest.mark.parametrize("more", [b"", b"x" * 50_000])
async def test_a_request_beyond_its_clients_budget_does_not_reach_the_web_process(
    tmp_path: Path, more: bytes
) -> None:
    limits = {"unlimited_networks": (), "trusted_proxies": "", "address_requests": 0.1}
    async with one_port(tmp_path, **limits) as (gateway, web):
        async with gateway.raw(PAGE) as raw:
            await raw.read_until(FROM_WEB)
        async with gateway.raw(POLL) as raw:
            await raw.read_until(FROM_GATEWAY)  # it has spent what there is
        for ended in (False, True):
            async with gateway.raw(PAGE, more) as raw:
                answer = await (raw.end() if ended else raw).rest()
            assert answer.startswith(b"HTTP/1.1 429 ")
            assert b"\r\nretry-after: 10\r\n" in answer
        assert web.asked == ["GET /page"]
        async with gateway.raw(UPGRADE) as raw:
            await raw.read_until(b'"type":"snapshot"')  # readers are served
        await wait_until(lambda: not len(gateway.gateway.gate))


@pytest.mark.parametrize("first", [PAGE, POLL])
async def test_a_websocket_opens_on_a_connection_that_was_used(
    tmp_path: Path, first: bytes
) -> None:
    async with one_port(tmp_path) as (gateway, _), gateway.raw(first) as raw:
        await raw.read_until(FROM_WEB if first is PAGE else FROM_GATEWAY)
        await raw.send(UPGRADE).read_until(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        await raw.read_until(b'"type":"snapshot"')
        assert gateway.hub.connections == 1


@pytest.mark.parametrize("cut", [1, 7, 12, len(PAGE) - 1])
async def test_requests_in_pieces(tmp_path: Path, cut: int) -> None:
    async with one_port(tmp_path) as (gateway, web), gateway.raw() as raw:
        for whole, answer in ((PAGE, FROM_WEB), (POLL, FROM_GATEWAY), (PAGE, FROM_WEB)):
            raw.send(whole[:cut])
            await wait_until(lambda: gateway.partial or web.read_model.request_deadlines)
            await raw.send(whole[cut:]).read_until(answer)


async def test_pipelined_requests_are_answered_in_order_by_both(tmp_path: Path) -> None:
    async with one_port(tmp_path) as (gateway, _):
        async with gateway.raw(POLL, POLL, PAGE) as raw:
            await raw.read_until(FROM_GATEWAY)
            await raw.read_until(FROM_GATEWAY)
            await raw.read_until(FROM_WEB)
        async with gateway.raw(PAGE) as raw:
            await raw.read_until(FROM_WEB)
            await raw.send(POLL, PAGE).read_until(FROM_GATEWAY)
            await raw.read_until(FROM_WEB)


async def test_a_client_that_sends_no_more_gets_the_answers_of_both(tmp_path: Path) -> None:
    async with one_port(tmp_path) as (gateway, web):
        for requests in ([PAGE], [PAGE, POLL, POLL, PAGE], [POLL, PAGE, POLL, PAGE[:-2]]):
            async with gateway.raw(*requests) as raw:
                answer = await raw.end().rest()
            assert answer.count(FROM_WEB) == requests.count(PAGE)
            assert answer.count(FROM_GATEWAY) == requests.count(POLL)
        await wait_until(lambda: not len(gateway.gateway.gate) + len(web.read_model.gate))


BODY = b"0\r\n\r\nGET /v1/items HTTP/1.1\r\n\r\n"
WITH_LENGTH = b"Host: x\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
CHUNKS = b"%x;a=b\r\n%s\r\n0\r\nA: b\r\n\r\n" % (len(BODY), BODY)
IN_CHUNKS = b"Host: x\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS
POSTED = b"web POST /v1/items 127.0.0.1 " + BODY


@pytest.mark.parametrize("size", [1 << 20, 7])
@pytest.mark.parametrize("framing", [WITH_LENGTH, IN_CHUNKS])
async def test_what_comes_behind_a_body_reaches_its_own_process(
    tmp_path: Path, framing: bytes, size: int
) -> None:
    poll = b"GET /v1/items HTTP/1.1\r\n" + framing
    post = b"POST /v1/items HTTP/1.1\r\n" + framing
    sent = poll + PAGE + poll + poll + post + PAGE + post + POLL + PAGE + get("edition=en")
    async with one_port(tmp_path) as (gateway, web), gateway.raw() as raw:
        for start in range(0, len(sent), size):
            raw.send(sent[start : start + size])
            await asyncio.sleep(0)
        for answer in (
            *(FROM_GATEWAY, FROM_WEB, FROM_GATEWAY, FROM_GATEWAY, POSTED, FROM_WEB, POSTED),
            *(FROM_GATEWAY, FROM_WEB, b"event: snapshot"),
        ):
            await raw.read_until(answer)
        assert len(web.asked) == 5


@pytest.mark.parametrize(
    "reader",
    [
        get("edition=en").replace(b"/v1/events", b"/v1/%65vents"),
        get("edition=en").replace(b"/v1/events", b"/%761%2Fevents"),
        UPGRADE.replace(b"/v1/ws", b"/v1/%77s"),
    ],
)
@pytest.mark.parametrize("first", [b"", PAGE, POLL])
async def test_a_reader_may_encode_its_path(tmp_path: Path, first: bytes, reader: bytes) -> None:
    async with one_port(tmp_path) as (gateway, web), gateway.raw(first) as raw:
        if first:
            await raw.read_until(FROM_WEB if first is PAGE else FROM_GATEWAY)
        await raw.send(reader).read_until(b"snapshot")
        assert gateway.hub.connections == 1
        assert len(web.asked) == (first is PAGE)


@pytest.mark.parametrize("first", [b"", PAGE, POLL])
@pytest.mark.parametrize("line", [b"GET /v1/items HTTP/1.1", b"GET /v1/events HTTP/1.1", PAGE[:18]])
async def test_line_ends_without_cr_are_refused_at_once(
    tmp_path: Path, first: bytes, line: bytes
) -> None:
    async with one_port(tmp_path) as (gateway, _), gateway.raw(first) as raw:
        if first:
            await raw.read_until(FROM_WEB if first is PAGE else FROM_GATEWAY)
        assert (await raw.send(line, b"\nHost: x\n\n").rest()).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("behind", [PAGE, POLL, b"\x81\x80\0\0\0\0"])
@pytest.mark.parametrize("request_", [UPGRADE, get("edition=en")])
async def test_a_reader_stays_one_whatever_comes_behind_its_request(
    tmp_path: Path, request_: bytes, behind: bytes
) -> None:
    async with one_port(tmp_path) as (gateway, web):
        async with gateway.raw(request_, behind) as raw:
            await raw.read_until(b"snapshot")
            assert gateway.hub.connections == 1
            assert not web.asked
        await wait_until(lambda: not gateway.hub.connections)


async def test_a_body_that_arrives_in_pieces_arrives_whole(tmp_path: Path) -> None:
    body = b"x" * 300_000
    head = b"POST /v1/items HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n"
    async with one_port(tmp_path) as (gateway, _), gateway.raw(head, body[:100_000]) as raw:
        await wait_until(lambda: gateway.web is not None and gateway.web.passed)
        await raw.send(body[100_000:]).read_until(b"web POST /v1/items 127.0.0.1 " + body)
        await raw.send(POLL).read_until(FROM_GATEWAY)


async def test_the_deadline_goes_with_the_connection(tmp_path: Path) -> None:
    async with (
        one_port(tmp_path, handshake_timeout=10) as (gateway, web),
        gateway.raw(PAGE[:1]) as raw,
    ):
        await wait_until(lambda: gateway.partial)
        gateway.clock.now += 7
        raw.send(PAGE[1:20])
        deadlines = web.read_model.request_deadlines
        await wait_until(lambda: len(deadlines) == 1)
        assert not gateway.gateway.request_deadlines
        web.clock.now += 4
        deadlines.close_expired()
        assert (await raw.rest()).startswith(b"HTTP/1.1 408 ")


async def test_requests_wait_for_a_web_process_that_restarts(tmp_path: Path) -> None:
    async with one_port(tmp_path) as (gateway, web):
        await web.stop()
        async with gateway.raw(PAGE) as waiting, gateway.raw(get("edition=en")) as reader:
            await reader.read_until(b"event: snapshot")
            await wait_until(lambda: gateway.web and gateway.web.waiting == 1)
            await web.start()
            await connected(gateway)
            await waiting.read_until(FROM_WEB)
            assert gateway.hub.connections == 1


async def test_requests_get_503_when_no_web_process_comes(tmp_path: Path) -> None:
    async with one_port(tmp_path) as (gateway, web):
        await web.stop()
        async with gateway.raw(PAGE) as raw:
            assert gateway.web is not None
            await wait_until(lambda: gateway.web and gateway.web.waiting == 1)
            gateway.clock.now += WAIT
            gateway.web.expire()
            answer = await raw.rest()
            assert answer.startswith(b"HTTP/1.1 503 ")
            assert b"retry-after: 1\r\n" in answer
            head, _, body = answer.partition(b"\r\n\r\n")
            assert b"content-length: %d" % len(body) in head
        assert gateway.web.refused == 1


async def test_the_queue_for_the_web_process_is_bounded(tmp_path: Path) -> None:
    async with one_port(tmp_path) as (gateway, web):
        await web.stop()
        connections = [gateway.raw(PAGE) for _ in range(WAITING_MAX + 1)]
        raws = [await one.__aenter__() for one in connections]
        assert gateway.web is not None
        await wait_until(lambda: gateway.web and gateway.web.refused == 1)
        assert gateway.web.waiting == WAITING_MAX
        for one in connections:
            await one.__aexit__(None, None, None)
        assert len(raws) == WAITING_MAX + 1


async def test_a_web_process_that_stands_still_holds_nobody_for_ever(tmp_path: Path) -> None:
    async with one_port(tmp_path) as (gateway, web):
        assert gateway.web is not None
        await web.close()
        os.unlink(web.path)
        with listening_socket(web.path) as listening, contextlib.ExitStack() as stack:
            listening.setblocking(False)
            still, _ = await asyncio.get_running_loop().sock_accept(listening)
            stack.enter_context(still).send(struct.pack("!BfdI", Kind.HELLO, 0, 0, 0))
            await connected(gateway)
            async with contextlib.AsyncExitStack() as clients:
                raws = [
                    await clients.enter_async_context(gateway.raw(PAGE))
                    for _ in range(IN_FLIGHT_MAX + 1)
                ]
                await wait_until(lambda: gateway.web and gateway.web.waiting == len(raws))
                gateway.clock.now += WAIT
                gateway.web.expire()
                for raw in raws:
                    assert (await raw.rest()).startswith(b"HTTP/1.1 503 ")
            assert (gateway.web.refused, gateway.web.waiting) == (IN_FLIGHT_MAX + 1, 0)
            await wait_until(lambda: gateway.web and gateway.web.ready)


async def test_a_web_process_that_goes_on_serves_nothing_that_was_refused(tmp_path: Path) -> None:
    async with one_port(tmp_path) as (gateway, web), gateway.raw(PAGE) as raw:
        await raw.read_until(FROM_WEB)
        web.clock.now += WAIT  # it has stood still since the next connection was sent
        async with gateway.raw(PAGE) as late:
            assert (await late.rest()).startswith(b"HTTP/1.1 503 ")
        assert web.asked == ["GET /page"]
        assert gateway.web is not None
        await wait_until(lambda: gateway.web and not gateway.web.waiting)


async def test_a_stopping_web_process_finishes_its_responses(tmp_path: Path) -> None:
    async with one_port(tmp_path) as (gateway, web), gateway.raw(PAGE) as raw:
        web.answering.clear()
        await wait_until(lambda: web.asked)
        stopping = web.server
        assert stopping is not None
        stopping.should_exit = True
        await wait_until(lambda: gateway.web and not gateway.web.ready)
        async with gateway.raw(PAGE) as later:
            await wait_until(lambda: gateway.web and gateway.web.waiting == 1)
            web.answering.set()
            await raw.read_until(FROM_WEB)
            assert await raw.rest() == b""  # it closed the connection
            await web.stop()
            await web.start()
            await later.read_until(FROM_WEB)


async def test_the_gateway_asks_the_web_process_itself(tmp_path: Path) -> None:
    async with one_port(tmp_path) as (gateway, web):
        assert gateway.web is not None
        assert await gateway.web.fetch("/readyz") == (200, b"web GET /readyz  ")
        await web.stop()
        assert await gateway.web.fetch("/readyz") is None


async def test_a_disconnected_client_costs_nothing(tmp_path: Path) -> None:
    async with one_port(tmp_path) as (gateway, web):
        await web.stop()
        async with gateway.raw(PAGE):
            await wait_until(lambda: gateway.web and gateway.web.waiting == 1)
        await web.start()
        await connected(gateway)
        async with gateway.raw(PAGE) as raw:
            await raw.read_until(FROM_WEB)
        await stays(lambda: web.server is not None, 0.05)
