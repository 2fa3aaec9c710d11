"""Promises kept: strangers name the hosts, and none of them makes others wait.

Each test says what once broke it, as it was then.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

import pytest

from tests.support.providers.webpush import PushService, listening
from tests.support.waiting import simulated_delay
from ticker.net.headers import Head
from ticker.net.pool import Pool
from ticker.net.reply import Unanswered


async def test_names_that_are_never_found_keep_no_other_from_being_looked_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """one server's absence is not another's. Names are looked up on the loop's own few
    threads (uvloop: four, libuv's), shared by all origins: as many registered names whose servers
    never answer take them all, again and again, and the browsers' own services, which are looked up
    anew every minute, time out.
    """
    real, released = socket.getaddrinfo, threading.Event()

    def slow(host: Any, *args: Any, **named: Any) -> Any:
        if str(host).endswith(".slow.example"):
            released.wait(20)
            raise OSError("no such name")
        return real(host, *args, **named)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    async with listening(PushService()) as service:
        pool = Pool(timeout=2.0, allow=None)
        head = Head([(b"ttl", b"60")])
        strangers = [
            asyncio.create_task(pool.post(f"http://n{n}.slow.example", b"/x", head, (), b""))
            for n in range(100)
        ]
        await simulated_delay(0.05)  # they are all under way
        port = service.origin.rpartition(":")[2]
        try:
            reply = await pool.post(f"http://localhost:{port}", b"/x", head, (), b"")
            status = reply.status
        except Unanswered as error:
            status = 0
            why = error.why
        else:
            why = ""
        released.set()
        await asyncio.gather(*strangers, return_exceptions=True)
        await pool.aclose()
    assert (status, why) == (404, "")
