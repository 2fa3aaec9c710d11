"""Requests of tests, and their outcomes."""

from __future__ import annotations

import asyncio
import ipaddress
import tracemalloc
from collections.abc import Iterable

from ticker.net.client import HttpClient
from ticker.net.headers import Head
from ticker.net.reply import Reply, Unanswered
from ticker.net.ssrf_guard import Network

HEAD = Head([(b"TTL", b"60"), (b"authorization", b"vapid t=a, k=b")])
LOOPBACK: Iterable[Network] = (
    ipaddress.IPv4Network("127.0.0.0/8"),
    ipaddress.IPv6Network("::1/128"),
)


async def post(
    client: HttpClient, origin: str, body: bytes = b"text", path: bytes = b"/push/a"
) -> Reply:
    return await client.post(origin, path, HEAD, (), body)


async def outcome(client: HttpClient, origin: str, body: bytes = b"text") -> Reply | Unanswered:
    """Return the response or the failure of a request."""
    try:
        return await post(client, origin, body)
    except Unanswered as unanswered:
        return unanswered


async def outcome_in_bounds(client: HttpClient, origin: str, memory_max: int) -> Reply | Unanswered:
    """Return the outcome of a request to a hostile server, and close the client.

    Check that the request took less than ``memory_max`` bytes at its most.
    """
    tracemalloc.start()
    try:
        found = await outcome(client, origin)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        await client.aclose()
    assert peak < memory_max
    return found


def is_clear(found: Reply | Unanswered, why: str) -> None:
    """Check that a request failed, with a short reason that can be printed."""
    assert isinstance(found, Unanswered), found
    assert why in found.why, found.why
    assert found.why.isprintable()
    assert len(found.why) < 500


async def outcomes(client: HttpClient, origin: str, count: int) -> list[Reply | Unanswered]:
    """Return the outcomes of so many requests at once."""
    return list(await asyncio.gather(*(outcome(client, origin, b"%d" % n) for n in range(count))))


def statuses(found: Iterable[Reply | Unanswered]) -> list[int]:
    return [each.status for each in found if isinstance(each, Reply)]


def failures(found: Iterable[Reply | Unanswered]) -> list[Unanswered]:
    return [each for each in found if isinstance(each, Unanswered)]
