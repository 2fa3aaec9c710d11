"""Redis Cluster: a newsroom is in one slot, which moves and fails over while it publishes.

The cluster speaks TLS only, with clients and among its nodes, and asks for client certificates.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.crc import key_slot

from tests.support.certificates import Authority
from tests.support.newsroom_process import NewsroomProcess
from tests.support.ports import free_port
from tests.support.redis_servers import RedisServer
from tests.support.waiting import wait_until
from ticker.client import Snapshot, Ticker
from ticker.storage.address import StoreAddress, TlsFiles
from ticker.storage.cluster import Primary, primaries
from ticker.storage.connection import Redis, connect
from ticker.storage.editor_keys import create
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

pytestmark = [pytest.mark.processes, pytest.mark.redis_server]

KEYS = Keys("ticker")
SLOT = key_slot(KEYS.live.encode())
NODES = """\
a1 127.0.0.1:7001@17001,redis-1.example myself,master - 0 0 7 connected 0-5460 9000 [5461-<-b2]
b2 :7002@17002 master - 0 0 2 connected 5461-8999
c3 10.0.0.3:7003@17003 slave a1 0 0 7 connected
d4 10.0.0.4:7004@17004,,shard-id=x master,fail - 0 0 1 disconnected 9001-16383
"""


def test_the_primaries_are_read_from_what_a_node_says() -> None:
    assert list(primaries(NODES, "asked.example")) == [
        Primary(("redis-1.example", 7001), 7, ((0, 5460), (9000, 9000))),
        Primary(("asked.example", 7002), 2, ((5461, 8999),)),
    ]


class Cluster:
    """Three primaries, and a replica of the one that has the newsroom's slot."""

    def __init__(self, folder: Path) -> None:
        authority = Authority(folder)
        self.own, self.ca = authority.issue("node"), authority.ca
        self.ports = [free_port() for _ in range(4)]
        # The usual bus port, 10,000 above the other, may be taken or beyond the last port.
        self.bus_ports = [free_port() for _ in range(4)]
        self.servers = [
            RedisServer("redis", options=self._options(*both))
            for both in zip(self.ports, self.bus_ports, strict=True)
        ]
        self.admins: list[Redis] = []

    def _options(self, port: int, bus_port: int) -> list[str]:
        return [
            *("--cluster-enabled", "yes", "--cluster-node-timeout", "1000"),
            *("--cluster-port", str(bus_port)),
            *("--tls-port", str(port), "--tls-cluster", "yes", "--tls-replication", "yes"),
            *("--tls-ca-cert-file", str(self.ca)),
            *("--tls-cert-file", str(self.own.certificate), "--tls-key-file", str(self.own.key)),
        ]

    @property
    def tls(self) -> TlsFiles:
        return TlsFiles(self.ca, self.own.certificate, self.own.key)

    async def start(self) -> None:
        for server in self.servers:
            await asyncio.to_thread(server.start)
            self.admins.append(connect(server.url))
        step = 16_384 // 3
        for number, (first, last) in enumerate(
            ((0, step), (step + 1, 2 * step), (2 * step + 1, 16_383))
        ):
            await self.tell(number, "ADDSLOTSRANGE", first, last)
        for port, bus_port in zip(self.ports[1:], self.bus_ports[1:], strict=True):
            await self.tell(0, "MEET", "127.0.0.1", port, bus_port)
        self.home = min(SLOT // (step + 1), 2)
        home = (await self.tell(self.home, "MYID")).decode()
        await wait_until(lambda: self.tell(3, "NODES"), lambda found: home in found.decode())
        await self.tell(3, "REPLICATE", home)
        for number in range(4):
            await wait_until(
                lambda: self.tell(number, "INFO"), lambda found: b"cluster_state:ok" in found
            )

    async def tell(self, node: int, *words: str | int) -> Any:
        return await command(self.admins[node], "CLUSTER", *words)

    @property
    def url(self) -> str:
        return "rediss+cluster://" + ",".join(f"127.0.0.1:{port}" for port in self.ports[:3])

    async def move(self, target: int) -> None:
        """Move the newsroom's slot to another primary, as redis-cli does: key by key."""
        source = self.home
        names = [(await self.tell(number, "MYID")).decode() for number in range(3)]
        await self.tell(target, "SETSLOT", SLOT, "IMPORTING", names[source])
        await self.tell(source, "SETSLOT", SLOT, "MIGRATING", names[target])
        port = self.ports[target]
        while keys := await self.tell(source, "GETKEYSINSLOT", SLOT, 20):
            moved = ("MIGRATE", "127.0.0.1", port, "", 0, 5_000, "KEYS", *keys)
            await command(self.admins[source], *moved)
        for number in (target, source, *range(3)):
            await self.tell(number, "SETSLOT", SLOT, "NODE", names[target])
        self.home = target

    async def stop(self) -> None:
        for admin in self.admins:
            await admin.aclose()
        for server in self.servers:
            server.stop()


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    cluster = Cluster(tmp_path)
    try:
        await cluster.start()
        yield cluster
    finally:
        await cluster.stop()


async def test_a_newsroom_survives_a_move_of_its_slot_and_a_failover(
    cluster: Cluster, tmp_path: Path
) -> None:
    jobs = RedisServer("valkey")
    await asyncio.to_thread(jobs.start)
    store = connect(StoreAddress(cluster.url, tls=cluster.tls, tag="ticker"))
    newsroom = NewsroomProcess(
        cluster.url,
        tmp_path,
        jobs_redis_url=jobs.url,
        durability="local",
        redis_ca_file=str(cluster.ca),
        redis_cert_file=str(cluster.own.certificate),
        redis_key_file=str(cluster.own.key),
    )
    try:
        newsroom.key, _ = await create(store, KEYS, "desk")
        newsroom.start("work")
        newsroom.start("serve")
        await newsroom.ready()
        published = []
        async with reading(newsroom) as seen:
            for number in range(5):
                published.append(await insist(newsroom, f"before {number}"))
            moving = asyncio.create_task(cluster.move((cluster.home + 1) % 3))
            for number in range(20):
                published.append(await insist(newsroom, f"while it moves {number}"))
            await moving
            await cluster.move((cluster.home + 2) % 3)  # back to where the replica follows
            published.append(await insist(newsroom, "after the move"))
            replica = cluster.admins[3]
            last = published[-1]
            await wait_until(lambda: command(replica, "READONLY"))
            await wait_until(lambda: command(replica, "EXISTS", KEYS.item(last)))
            cluster.servers[cluster.home].kill()
            published.append(await insist(newsroom, "after the failover"))
            await wait_until(lambda: seen, lambda found: set(published) <= set(found))
        await newsroom.ready()
        assert [id for id in seen if seen.count(id) > 1] == []
    finally:
        await newsroom.close()
        await store.aclose()
        jobs.stop()


async def test_a_cluster_without_tls_is_one_too() -> None:
    bus_port = str(free_port())
    options = ("--cluster-enabled", "yes", "--cluster-port", bus_port)
    server = RedisServer("redis", port=True, options=options)
    await asyncio.to_thread(server.start)
    admin = connect(server.url)
    store = connect(StoreAddress(f"redis+cluster://127.0.0.1:{server.port}", tag="ticker"))
    try:
        await command(admin, "CLUSTER", "ADDSLOTSRANGE", 0, 16_383)
        await wait_until(
            lambda: command(admin, "CLUSTER", "INFO"), lambda found: b"cluster_state:ok" in found
        )
        await command(store, "SET", KEYS.schema, "1")
        assert await command(store, "GET", KEYS.schema) == b"1"
    finally:
        await admin.aclose()
        await store.aclose()
        server.stop()


async def insist(newsroom: NewsroomProcess, headline: str) -> str:
    """Publish, as an editor does who repeats the request until it is answered; return the id."""

    async def attempt() -> str:
        try:
            answer = await newsroom.publish(headline, key=headline.replace(" ", "-"))
            return str(answer["item"]["id"])
        except httpx.HTTPStatusError as error:
            if error.response.status_code != 503:
                raise
        except httpx.TransportError:
            pass
        return ""

    return await wait_until(attempt)


@contextlib.asynccontextmanager
async def reading(newsroom: NewsroomProcess) -> AsyncIterator[list[str]]:
    """Follow the newsroom as a reader does; yield the ids that the reader shows."""
    seen: list[str] = []

    async def read() -> None:
        async with Ticker(newsroom.url, backlog=200) as feed:
            async for event in feed:
                if isinstance(event, Snapshot):  # the history was rewritten: all is shown anew
                    seen[:] = [item.id for item in event.items]
                else:
                    seen.append(event.item.id)

    task = asyncio.create_task(read())
    try:
        yield seen
    finally:
        task.cancel()
        await asyncio.wait([task])
