"""A healthy reader and an editor beside an attack, and the memory of what serves them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import httpx

from tests.support.newsroom_process import NewsroomProcess
from ticker.client import ItemEvent, Snapshot, Ticker

PUBLISHED = 8
"""Items that are published during one attack."""
SAMPLE_SECONDS = 0.02
"""Seconds between two looks at the memory."""


def tree(pid: int) -> list[int]:
    """Return the process ``pid`` and all that it has started."""
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            for children in Path(f"/proc/{one}/task").glob("*/children"):
                found += map(int, children.read_text().split())
    return found


def memory(pid: int) -> int:
    """Return the resident bytes of a process and of all that it has started, now."""
    pages = 0
    for one in tree(pid):
        with contextlib.suppress(OSError):
            pages += int(Path(f"/proc/{one}/statm").read_text().split()[1])
    return pages * 4_096


@contextlib.asynccontextmanager
async def peak_memory(pid: int) -> AsyncIterator[list[int]]:
    """Watch the memory while the block runs; the list has it before, and its peak."""
    seen = [memory(pid), 0]

    stop = asyncio.Event()

    async def watch() -> None:
        while not stop.is_set():
            seen[1] = max(seen[1], memory(pid))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), SAMPLE_SECONDS)

    watching = asyncio.create_task(watch())
    try:
        yield seen
    finally:
        stop.set()
        await watching
        seen[1] = max(seen[1], memory(pid))


async def beside(newsroom: NewsroomProcess, attack: Awaitable[None], name: str) -> None:
    """Run ``attack`` while an editor publishes, a reader listens and a page is asked for.

    Raises AssertionError if an item does not reach the reader once and in order, or if a page or a
    publish is refused.
    """
    headlines = [f"{name} {number}" for number in range(PUBLISHED)]
    async with (
        httpx.AsyncClient(base_url=newsroom.url, timeout=30) as http,
        Ticker(newsroom.url, edition="en") as feed,
        asyncio.timeout(60),
    ):
        newsroom.http = http
        assert isinstance(await anext(feed), Snapshot)
        running = asyncio.ensure_future(attack)
        for headline in headlines:
            await newsroom.publish(headline)
            assert (await http.get("/en")).status_code == 200
            await asyncio.sleep(0)
        seen: list[str] = []
        while len(seen) < PUBLISHED:
            event = await anext(feed)
            assert isinstance(event, ItemEvent)
            seen.append(event.item.headline)
        await running
        assert seen == headlines
        assert (await http.get("/v1/items")).status_code == 200
