"""HTTP/1.1 against hostile servers: a request ends with a response or a clear error, in bounds."""

from __future__ import annotations

import asyncio

import pytest

from tests.net.calls import is_clear, outcome_in_bounds
from tests.support.hostile_http1 import ATTACKS, Attack, hostile
from ticker.net.client import HttpClient
from ticker.net.reply import BODY_MAX, Reply

MEMORY_MAX = 4 * 1024 * 1024


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.case for attack in ATTACKS])
async def test_the_request_ends_and_memory_is_bounded(attack: Attack) -> None:
    timeout = 0.4 if attack.slow else 20.0  # those alone end with it
    client = HttpClient(timeout=timeout, allow=None, connections_h1=1)
    async with hostile(attack) as origin, asyncio.timeout(30):
        found = await outcome_in_bounds(client, origin, MEMORY_MAX)
    if isinstance(attack.answer, int):
        assert isinstance(found, Reply), found
        assert found.status == attack.answer
        assert len(found.body) <= BODY_MAX
    else:
        is_clear(found, attack.answer)
