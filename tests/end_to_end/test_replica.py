"""A gateway follows the lane on a replica, which dies and comes back while items are published."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.newsroom_process import NewsroomProcess
from tests.support.redis_servers import RedisServer
from tests.support.waiting import wait_until
from ticker.client import ItemEvent, Snapshot, Ticker
from ticker.storage.connection import connect
from ticker.storage.editor_keys import create
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

pytestmark = [pytest.mark.processes, pytest.mark.redis_server]


async def test_readers_get_each_item_once_while_the_replica_dies(tmp_path: Path) -> None:
    primary, replica = (RedisServer("redis", port=True) for _ in range(2))
    for server in (primary, replica):
        await asyncio.to_thread(server.start)
    admin, copy = connect(primary.url), connect(replica.url, replica=True)
    await command(copy, "REPLICAOF", "127.0.0.1", primary.port)
    newsroom = NewsroomProcess(primary.url, tmp_path, read_redis_url=replica.tcp_url)
    seen: list[str] = []
    resets: list[Snapshot] = []

    async def read() -> None:
        async with Ticker(newsroom.url) as feed:
            async for event in feed:
                if isinstance(event, ItemEvent):
                    seen.append(event.item.id)
                elif event.reset:
                    resets.append(event)

    try:
        newsroom.key, _ = await create(admin, Keys("ticker"), "desk")
        newsroom.start("work")
        newsroom.start("serve")
        await newsroom.ready()
        reader = asyncio.create_task(read())
        followed = await wait_until(
            lambda: copy.client_list(), lambda found: any(one["cmd"] == "xread" for one in found)
        )
        assert followed
        published = []
        for number in range(30):
            published.append((await newsroom.publish(f"Line {number}"))["item"]["id"])
            if number == 10:
                replica.kill()
            if number == 20:
                await asyncio.to_thread(replica.start)
        await wait_until(lambda: seen[-1:] == published[-1:])
        assert len(seen) >= 29  # the first may precede the reader's connection
        assert seen == published[-len(seen) :]
        assert resets == []
        await newsroom.ready()
        reader.cancel()
        await asyncio.wait([reader])
    finally:
        await newsroom.close()
        await admin.aclose()
        await copy.aclose()
        primary.stop()
        replica.stop()
