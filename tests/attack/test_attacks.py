"""Each attack of an attacker, with a healthy reader and an editor beside it.

No item is late beyond order or lost, no page of a healthy client is refused, and the memory of the
server stays within a bound.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from benchmarks import attacks
from tests.attack.scene import beside, peak_memory
from tests.support.newsroom_process import NewsroomProcess, prepared
from tests.support.redis_servers import RedisServer

pytestmark = pytest.mark.faults

GROWTH_MAX = 64 * 1_048_576
"""Bytes that the server may need more during an attack: what 300 connections, their windows and one
turn's garbage take. The attacks took up to 1.1 GB."""
ITEMS = 60
"""Items that are live before the attacks: snapshots and feeds must not be empty."""
ATTACKERS = {
    "unlimited_networks": "[]",
    "trusted_proxies": "",
    "duplicate_window": "0",
    "log_level": "warning",
}


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewsroomProcess]:
    """One newsroom for all attacks: what one leaves behind, the next one finds."""
    server = RedisServer("valkey")
    server.start()
    newsroom = NewsroomProcess(server.url, tmp_path_factory.mktemp("newsroom"), **ATTACKERS)
    try:
        asyncio.run(prepared(newsroom, ITEMS))
        yield newsroom
    finally:
        asyncio.run(newsroom.close())
        server.stop()


@pytest.mark.parametrize("name", attacks.ALL)
async def test_a_attacker_takes_little_and_delays_nobody(
    newsroom: NewsroomProcess, name: str
) -> None:
    target = attacks.Target("127.0.0.1", newsroom.port)
    async with peak_memory(newsroom.pid("serve")) as seen:
        await beside(newsroom, attacks.ALL[name](target), name)
    before, peak = seen
    assert peak - before <= GROWTH_MAX, f"{name}: {(peak - before) >> 20} MB"
    log = newsroom.log("serve")
    assert "Traceback" not in log
    assert len(log.splitlines()) < 10, "an attacker does not fill the log"
