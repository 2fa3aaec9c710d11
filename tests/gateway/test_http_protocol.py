"""The HTTP protocol: bounds of head and body, and plain requests."""

from __future__ import annotations

from tests.gateway.gateway_server import gateway_server
from tests.support.waiting import wait_until
from ticker.gateway.http_protocol import BODY_RATE


async def test_an_endless_head_is_refused() -> None:
    head = b"GET / HTTP/1.1\r\nHost: x\r\n" + (b"X-Filler: " + b"x" * 1_000 + b"\r\n") * 33
    async with gateway_server() as s, s.raw(head) as raw:
        assert (await raw.rest()).startswith(b"HTTP/1.1 431 ")


async def test_a_body_that_keeps_arriving_extends_its_deadline_and_a_trickle_does_not() -> None:
    post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
    async with (
        gateway_server(handshake_timeout=0.5) as s,
        s.raw(post, b"x" * 2 * BODY_RATE) as slow,
        s.raw(post, b"x") as trickle,
    ):

        def arrived() -> set[int]:
            return {len(http.cycle.body) for http in s.http if http.cycle}

        await wait_until(arrived, {1, 2 * BODY_RATE}.__eq__)
        s.clock.now += 1.0
        await trickle.rest()
        assert len(s.gateway.request_deadlines) == 1
        s.clock.now += 2.0
        await slow.rest()
        assert len(s.gateway.request_deadlines) == 0


async def test_plain_http_and_keep_alive_still_work() -> None:
    async with gateway_server() as s, s.raw() as raw:
        for _ in range(3):
            await raw.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").read_until(b"hello\r\n0\r\n\r\n")
        assert not s.gateway.request_deadlines
