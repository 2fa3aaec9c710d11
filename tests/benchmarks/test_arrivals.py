"""Readers of the attack benchmark: frames in any pieces, stamped by the kernel."""

from __future__ import annotations

import time

from benchmarks.arrivals import Arrivals, Frames
from tests.gateway.gateway_server import gateway_server
from tests.support.waiting import wait_until


def text(payload: bytes) -> bytes:
    """Return a server's text frame."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2) + payload
    return b"\x81\x7f" + size.to_bytes(8) + payload


def test_frames_are_found_in_pieces_of_any_size() -> None:
    payloads = [b"a", b"b" * 125, b"c" * 126, b"d" * 70_000, b""]
    data = b"".join(map(text, payloads)) + b"\x89\x01p" + text(b"after a ping")
    for size in (1_000, 7, len(data)):
        frames = Frames()
        found = [
            payload
            for start in range(0, len(data), size)
            for payload in frames.take(data[start : start + size])
        ]
        assert found == [*payloads, b"after a ping"]


async def test_an_item_has_the_time_of_its_arrival_however_late_it_is_read() -> None:
    async with gateway_server() as s:
        arrivals = Arrivals("127.0.0.1", s.port)
        try:
            for _ in range(2):
                await arrivals.connect()
            s.hub.advance([s.news.publish("First")])
            written = time.time()
            while (free := time.time()) - written < 0.05:  # this process is busy meanwhile
                pass
            await wait_until(lambda: len(arrivals.received) == 2)
            assert {headline for headline, _ in arrivals.received} == {"First"}
            assert all(at < free for _, at in arrivals.received)
        finally:
            arrivals.close()
