"""A newsroom of real processes for chaos: two gateways, two webs, two workers, and a store.

Readers reach each gateway through a ``FaultyProxy``, and every process reaches a single store
through another one, so that networks can be cut. With sentinels, and in partitions, processes
reach the store without a proxy. Parts can be killed, stopped, paused and started again.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from tests.chaos.records import LaneEntry
from tests.chaos.stores import Stores, Wanted
from tests.chaos.stores import running as stores_running
from tests.support.faulty_proxy import FaultyProxy, faulty_proxy
from tests.support.ports import free_port
from tests.support.redis_servers import RedisServer
from tests.support.waiting import wait_until
from ticker.config import Durability, Settings
from ticker.domain.cursor import Cursor, StreamId
from ticker.domain.event import LaneEvent, read_lane
from ticker.runtime.die_with_parent import die_with_parent
from ticker.storage.acl import RoleName
from ticker.storage.connection import connect
from ticker.storage.editor_keys import create
from ticker.storage.keys import Keys

START_SECONDS = 120.0
STOP_SECONDS = 20.0

PARTS: dict[str, tuple[str, ...]] = {
    "gateway-1": ("serve", "--role", "gateway"),
    "gateway-2": ("serve", "--role", "gateway"),
    "web-1": ("serve", "--role", "web"),
    "web-2": ("serve", "--role", "web"),
    "worker-1": ("work", "--only", "stream"),
    "worker-2": ("work", "--only", "stream"),
}
"""Every part that can be killed on its own, and its command."""


def _role(name: str) -> RoleName:
    """Return the role of a part, for its user in the store."""
    if name.startswith("worker"):
        return "stream"
    return "gateway" if name.startswith("gateway") else "web"


class Newsroom:
    """Made by ``running``. ``gateways`` are the addresses for readers, ``webs`` for editors."""

    def __init__(self, stores: Stores, folder: Path, durability: Durability) -> None:
        self.stores = stores
        self.key = ""
        self._durability = durability
        self.paths: dict[str, FaultyProxy] = {}
        """The networks that can be cut: to each gateway by its name, and ``store``."""
        self._folder = folder
        self._ports = {name: free_port() for name in PARTS if PARTS[name][0] == "serve"}
        self._parts: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def store(self) -> RedisServer:
        """Return the single store, or the primary that the sentinels name."""
        return self.stores.primary

    def host(self, name: str) -> str:
        """Return the address at which this process reaches a gateway or web."""
        machine = self.stores.machine
        return machine.control_address if machine and self.cut_off(name) else "127.0.0.1"

    def cut_off(self, name: str) -> bool:
        """Tell whether a partition cuts a part off, together with the primary."""
        stores = self.stores
        return stores.machine is not None and stores.group is not None and name.endswith("-1")

    @property
    def gateways(self) -> list[str]:
        """Return the addresses of the gateways, through their proxies."""
        return [self.paths[name].url for name in PARTS if name.startswith("gateway")]

    @property
    def webs(self) -> list[str]:
        """Return the addresses of the web processes."""
        names = [name for name in PARTS if name.startswith("web")]
        return [f"http://{self.host(name)}:{self._ports[name]}" for name in names]

    def port(self, name: str) -> int:
        """Return the port of a gateway or web."""
        return self._ports[name]

    def start(self, name: str) -> None:
        """Start a part."""
        cut = self.paths.get("store")
        machine = self.stores.machine
        within = machine.command if machine and self.cut_off(name) else ()
        through = cut.url.replace("http:", "redis:") if cut else ""
        settings = {
            **self.stores.settings(_role(name), through=through, read=name == "gateway-2"),
            "DURABILITY": self._durability,
            "HOST": "0.0.0.0" if within else "127.0.0.1",
            "CONFIG": os.devnull,
            "LANE_HEARTBEAT": "0.5",
            "DRAIN_TIME": "0.5",
            "DUPLICATE_WINDOW": "0",
            "METRICS_PORT": "0",
            # Everybody here has one address.
            **{f"ADDRESS_{one}": "100000" for one in ("CONNECTIONS", "CONNECTS", "REQUESTS")},
            "ADDRESS_MISSES": "100000",
        }
        if name in self._ports:
            settings["PORT"] = str(self._ports[name])
        with (self._folder / f"{name}.log").open("ab") as log:
            self._parts[name] = subprocess.Popen(
                [*within, sys.executable, "-m", "ticker", *PARTS[name]],
                env=os.environ | {f"TICKER_{key}": value for key, value in settings.items()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent(),
            )

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a part or to ``store``."""
        os.kill(self.store.pid if name == "store" else self._parts[name].pid, number)

    async def end(self, name: str, number: signal.Signals) -> None:
        """Send a signal that ends a part, and wait until it has ended."""
        process = self._parts.pop(name)
        process.send_signal(number)
        await wait_until(lambda: process.poll() is not None, seconds=STOP_SECONDS)

    async def ready(self) -> None:
        """Wait until every gateway and web is ready. Raises AssertionError with the logs."""
        try:
            await wait_until(self.red, lambda found: not found, seconds=START_SECONDS)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.logs()}") from error

    async def red(self) -> list[str]:
        """Return each gateway and web that is not ready, and what it says."""
        found = []
        async with httpx.AsyncClient(timeout=30) as http:
            for name, port in self._ports.items():
                try:
                    answer = await http.get(f"http://{self.host(name)}:{port}/readyz")
                except httpx.HTTPError:
                    found.append(f"{name}: no answer")
                else:
                    found += [] if answer.is_success else [f"{name}: {answer.text}"]
        return found

    def logs(self) -> str:
        """Return the ends of all logs."""
        files = sorted(self._folder.glob("*.log"))
        return "\n".join(f"--- {file.name}\n{file.read_text()[-2_000:]}" for file in files)

    async def lane(self) -> list[LaneEntry]:
        """Return the public events of the lane, oldest first; their epoch says nothing."""
        redis, keys = connect(self.stores.address), Keys(Settings().namespace)
        found = []
        for id, record in await redis.xrange(keys.live):
            entry = read_lane(StreamId.parse(id), record, 0)
            if isinstance(entry, LaneEvent):
                cursor = Cursor(0, entry.id)
                found.append(LaneEntry(cursor, entry.item_id, entry.action, entry.version))
        await redis.aclose()
        return found

    async def close(self) -> None:
        """End every part."""
        for process in self._parts.values():
            process.kill()
        for process in self._parts.values():
            await asyncio.to_thread(process.wait)


@contextlib.asynccontextmanager
async def running(wanted: Wanted, folder: Path) -> AsyncIterator[Newsroom]:
    """Run a newsroom on stores of its own with its files in ``folder``; it is ready."""
    with stores_running(wanted, folder) as stores:
        newsroom = Newsroom(stores, folder, wanted.durability)
        async with contextlib.AsyncExitStack() as stack:
            redis = connect(stores.address)
            newsroom.key, _ = await create(redis, Keys(Settings().namespace), "chaos")
            await redis.aclose()
            for name in PARTS:
                if name.startswith("gateway"):
                    proxy = faulty_proxy(newsroom.port(name), newsroom.host(name))
                    newsroom.paths[name] = await stack.enter_async_context(proxy)
            if stores.group is None and stores.machine is None:
                path = await stack.enter_async_context(faulty_proxy(stores.primary.port))
                newsroom.paths["store"] = path
            try:
                for name in PARTS:
                    newsroom.start(name)
                await newsroom.ready()
                yield newsroom
            finally:
                await newsroom.close()
