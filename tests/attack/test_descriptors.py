"""More connections than descriptors: editors and readers are served, attackers are refused."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import httpx
import pytest

from benchmarks.attacks import Target, connection, upgrade
from tests.support.newsroom_process import NewsroomProcess, prepared
from tests.support.redis_servers import RedisServer
from tests.support.waiting import wait_until
from ticker.client import ItemEvent, Snapshot, Ticker

pytestmark = pytest.mark.faults

FILES = "300"
ATTACKERS = 500


async def test_at_the_limit_of_descriptors_editors_and_readers_are_served(
    valkey: RedisServer, tmp_path: Path
) -> None:
    newsroom = NewsroomProcess(valkey.url, tmp_path, duplicate_window="0", log_level="warning")
    await prepared(newsroom, 1, nofile=FILES)
    target = Target("127.0.0.1", newsroom.port)
    refused: list[bytes] = []

    async def attacker() -> None:
        async with connection(target) as (reader, writer):
            writer.write(upgrade())
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 101 " not in head:
                refused.append(head)
            await asyncio.Event().wait()  # until it is cancelled

    try:
        async with (
            Ticker(newsroom.url, edition="en") as feed,
            httpx.AsyncClient(base_url=newsroom.url, timeout=20) as http,
            asyncio.timeout(60),
        ):
            assert isinstance(await anext(feed), Snapshot)
            crowd = [asyncio.create_task(attacker()) for _ in range(ATTACKERS)]
            await wait_until(lambda: refused)
            assert b" 503 " in refused[0]
            assert b"retry-after: " in refused[0]
            for number in range(5):  # each time on a new connection
                async with httpx.AsyncClient(base_url=newsroom.url, timeout=20) as editor:
                    newsroom.http = editor
                    await newsroom.publish(f"At the limit {number}")
                event = await anext(feed)
                assert isinstance(event, ItemEvent)
                assert event.item.headline == f"At the limit {number}"
            assert "no free connection" in newsroom.log("serve")
            assert len(newsroom.log("serve").splitlines()) < 10
            for task in crowd:
                task.cancel()
            await asyncio.gather(*crowd, return_exceptions=True)

            async def served() -> bool:
                with contextlib.suppress(httpx.HTTPError):
                    return (await http.get("/v1/items")).status_code == 200
                return False

            await wait_until(served)
    finally:
        await newsroom.close()
