"""Three sentinels, a primary and two replicas: the primary hangs and returns, the next one dies.

The servers have the configuration of deploy/redis, TLS with client certificates, and passwords.
Each role of Ticker logs in as its own user (``ticker acl``). The gateway follows the lane on a
replica that the sentinels name. The first sentinel of the address is dead, and the paused primary
keeps its connections open. Durability is ``replicated``: nothing acknowledged may be lost. How many
seconds it takes is measured by benchmarks/failover.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.newsroom_process import NewsroomProcess
from tests.support.redis_servers import RedisServer
from tests.support.secured_stores import prefixed
from tests.support.sentinels import SentinelGroup
from tests.support.waiting import simulated_delay, wait_until
from ticker.client import Snapshot, Ticker
from ticker.config import Settings
from ticker.storage.connection import connect
from ticker.storage.editor_keys import create
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

pytestmark = pytest.mark.processes

BACKLOG = 200  # Items of a snapshot: more than the newsroom takes in while a reader reconnects.


@pytest.fixture
def group() -> Iterator[SentinelGroup]:
    group = SentinelGroup("redis", down_after_ms=1_500, secured=True)
    group.start()
    yield group
    group.stop()


@pytest.fixture
async def newsroom(group: SentinelGroup, tmp_path: Path) -> AsyncIterator[NewsroomProcess]:
    secured = group.secured
    assert secured is not None
    newsroom = NewsroomProcess(group.url, tmp_path, durability="replicated", durability_timeout="2")
    redis = connect(group.address)
    newsroom.key, _ = await create(redis, Keys(Settings().namespace), "desk")
    await redis.aclose()
    streams = prefixed(secured.environment("stream", group.url))
    newsroom.start("work", arguments=("--only", "stream"), **streams)
    newsroom.start(
        "serve",
        **prefixed(
            secured.environment("web", group.url)
            | secured.environment("gateway", group.url, "GATEWAY_REDIS_URL")
            | secured.environment("gateway", group.url, "READ_REDIS_URL")
        ),
    )
    try:
        await newsroom.ready()
        yield newsroom
    finally:
        await newsroom.close()


class Editor:
    """Publishes one item after the other, each until it is acknowledged."""

    def __init__(self, newsroom: NewsroomProcess) -> None:
        self.acknowledged: list[str] = []
        self.answers: set[int] = set()
        self._newsroom = newsroom
        self._stopping = False

    async def run(self) -> None:
        number = 0
        while not self._stopping:
            number += 1
            await self._insist(f"Ferry {number} is delayed", f"key-{number}")
            await simulated_delay(0.1)

    def stop(self) -> None:
        self._stopping = True

    async def _insist(self, headline: str, key: str) -> None:
        while True:
            try:
                answer = await self._newsroom.publish(headline, key=key)
            except httpx.HTTPStatusError as error:
                self.answers.add(error.response.status_code)
            except httpx.TransportError:
                pass
            else:
                self.acknowledged.append(answer["item"]["id"])
                return
            await simulated_delay(0.05)


class Reader:
    """The screen of one reader."""

    def __init__(self, url: str) -> None:
        self.feed = Ticker(url, backlog=BACKLOG)
        self.seen: set[str] = set()
        self.published: list[str] = []
        """The id of each event that published an item."""

    async def run(self) -> None:
        async for event in self.feed:
            if isinstance(event, Snapshot):
                self.seen |= {item.id for item in event.items}
            else:
                self.seen.add(event.item.id)
                if event.action == "publish":
                    self.published.append(event.item.id)

    async def has(self, ids: list[str]) -> None:
        """Wait until it has seen all ``ids``."""
        await wait_until(lambda: self.seen.issuperset(ids))


async def test_every_acknowledged_item_survives_two_failovers(
    group: SentinelGroup, newsroom: NewsroomProcess
) -> None:
    editor, readers = Editor(newsroom), [Reader(newsroom.url) for _ in range(3)]
    reading = [asyncio.create_task(reader.run()) for reader in readers]
    publishing = asyncio.create_task(editor.run())
    await wait_until(lambda: len(editor.acknowledged) > 5)
    await wait_until(lambda: _reads(group, group.servers[1:]), bool)

    first = group.primary
    waiting = await newsroom.publish("Its undo window ends meanwhile", undo_window=2)
    first.freeze()
    await _next_primary(group, first)
    await _events_travel(editor, readers)
    first.thaw()
    await group.follows(first)
    await _events_travel(editor, readers)

    [port] = await wait_until(group.named, lambda found: len(found) == 1)
    second = next(server for server in group.servers if server.port == port)
    second.kill()
    await _next_primary(group, second)
    await _events_travel(editor, readers)

    editor.stop()
    await publishing
    assert editor.answers <= {503}, "no failover is a bug of ours"
    assert len(set(editor.acknowledged)) == len(editor.acknowledged), "no item twice"
    waited = waiting["item"]["id"]
    for reader in readers:
        await reader.has([*editor.acknowledged, waited])
        assert reader.published.count(waited) <= 1, "once, if not in a snapshot"
        await reader.feed.aclose()
    await asyncio.gather(*reading)
    for item_id in editor.acknowledged:
        assert (await newsroom.http.get(f"/v1/items/{item_id}")).is_success, item_id
    await wait_until(lambda: newsroom.http.get("/readyz"), lambda found: found.is_success)
    await _doctor_is_content(group, newsroom)
    for server in group.servers:
        if not server.ended():
            assert await _refused(group, server) == []


async def _doctor_is_content(group: SentinelGroup, newsroom: NewsroomProcess) -> None:
    """Run ``ticker doctor`` by the sentinels' address, with a dead one listed first."""
    assert group.secured is not None
    environment = {
        **os.environ,
        **prefixed(group.secured.environment("cli", group.url)),
        "TICKER_URL": newsroom.url,
        "TICKER_KEY": newsroom.key,
        "TICKER_DURABILITY": "replicated",
    }
    doctor = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ticker", "doctor", "--json"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await doctor.communicate()
    checks = {check["name"]: check for check in json.loads(out)["checks"]}
    assert doctor.returncode == 0, (out, err)
    assert checks["store"]["detail"].startswith("Redis ")
    assert "replicated" in checks["durability"]["detail"]


async def _reads(group: SentinelGroup, servers: list[RedisServer]) -> int:
    """Return how many connections of gateways wait for the lane on ``servers``."""
    count = 0
    for server in servers:
        client = connect(group.address_of(server), replica=True)
        count += sum(
            one["cmd"] == "xread" and one["user"] == "ticker-gateway"
            for one in await client.client_list()
        )
        await client.aclose()
    return count


async def _refused(group: SentinelGroup, server: RedisServer) -> list[tuple[object, object]]:
    """Return which commands a server has refused to which users."""
    client = connect(group.address_of(server), replica=True)
    try:
        entries = [
            dict(zip(one[::2], one[1::2], strict=True))
            for one in await command(client, "ACL", "LOG")
        ]
        return [(one[b"username"], one[b"object"]) for one in entries]
    finally:
        await client.aclose()


async def _next_primary(group: SentinelGroup, old: RedisServer) -> None:
    await wait_until(lambda: group.decided(old))


async def _events_travel(editor: Editor, readers: list[Reader]) -> None:
    mark = len(editor.acknowledged)
    await wait_until(lambda: len(editor.acknowledged) > mark + 2)
    fresh = set(editor.acknowledged[mark + 1 :])
    await wait_until(lambda: all(fresh <= reader.seen for reader in readers))
