"""Endpoints at the same server; deliveries are in tests/workers/webhooks."""

from __future__ import annotations

import pytest

from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.webhooks.retry_policy import NEIGHBOUR_GAP
from ticker.webhooks.waiting import Waiting, origin

GAP_MS = NEIGHBOUR_GAP * 1000


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("https://hooks.example/a", "https://hooks.example:443"),
        ("https://Hooks.Example:443/b?c=1", "https://hooks.example:443"),
        ("https://hooks.example:8443/a", "https://hooks.example:8443"),
        ("http://hooks.example/a", "http://hooks.example:80"),
    ],
)
def test_the_origin_of_an_endpoint(url: str, server: str) -> None:
    assert origin(url) == server


async def test_only_others_at_the_server_that_have_waited_are_woken(
    redis: Redis, keys: Keys
) -> None:
    waiting = Waiting(redis, keys)
    for id, server, ms in [("a", "x", 0), ("b", "x", 0), ("c", "x", 9), ("d", "y", 0)]:
        await waiting.failed(id, server, ms)
    assert await waiting.answered("a", "x", GAP_MS) == ["b"]
    assert await waiting.answered("a", "x", GAP_MS + 9) == ["c"]
    assert await waiting.answered("a", "x", 10 * GAP_MS) == []
    assert await waiting.answered("a", "y", 10 * GAP_MS) == ["d"]
