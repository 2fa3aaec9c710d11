"""One alert to a million devices: how long until the jobs are there, how fast workers send them,
and how much memory that takes.

    python -m benchmarks.million [webpush|apns] [--devices 1000000] [--workers 1 2] [--seconds 30]
                                 [--slow MS]

Devices are registered as the API does it, the event travels over wire and lane, the jobs are arq's,
and real worker processes send them to a lean provider of a process of its own (Web Push over
HTTP/1.1, APNs over HTTP/2). ``--slow`` has APNs answer after so many milliseconds: what the workers
then wait for is the network, as in life.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
from arq import ArqRedis

from benchmarks.valkey import Valkey
from tests.support.providers.webpush import Browser
from ticker.config import Settings
from ticker.domain.draft import Draft
from ticker.domain.item import Level
from ticker.publishing.service import ItemService, system_clock
from ticker.push.model.subscription import ProviderName, Subscription, subscription_id
from ticker.push.store.alerts import AlertStore
from ticker.push.store.limits import Limits
from ticker.push.store.provider_state import ProviderStates
from ticker.push.store.subscriptions import Subscriptions
from ticker.push.vapid_keys import create
from ticker.runtime.die_with_parent import die_with_parent
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.storage.scripts import command, pipeline, script
from ticker.stream.consumer_group import ConsumerGroup
from ticker.stream.lane_store import LaneStore
from workers.job_serializer import serialize
from workers.push.fanout import Fanout
from workers.push.jobs import PushQueue
from workers.relay import Relay

PIPE = 500
KEYS = 1_000
"""Different browsers' keys: making a million would take longer than the rest."""


class Newsroom:
    """A newsroom of which only push is used."""

    def __init__(self, url: str, provider: ProviderName, origin: str) -> None:
        self.provider = provider
        self.origin = origin
        self.settings = Settings(redis_url=url, namespace="million", durability="local")
        self.keys = Keys(self.settings.namespace)
        self.redis: Redis = connect(url, blocking=True)
        self.items = ItemService(self.redis, self.keys, self.settings.taxonomy, self.settings)
        self.live = LaneStore(self.redis, self.keys)
        self.subscriptions = Subscriptions(
            self.redis, self.keys, 10_000_000, limits=Limits(bytes_max=10**12)
        )
        arq = ArqRedis(connect(url).connection_pool, job_serializer=serialize)
        self.fanout = Fanout(
            ConsumerGroup(self.redis, self.keys, "push", "million"),
            self.live,
            AlertStore(self.redis, self.keys),
            ProviderStates(self.redis, self.keys),
            self.subscriptions,
            PushQueue(arq, self.keys, system_clock),
            [provider],
            time.monotonic,
        )

    async def register(self, devices: int) -> None:
        """File ``devices`` under one topic, in the way of ``Subscriptions.register``."""
        register = script("push", "register")
        await register.load(self.redis)
        browsers = [Browser("", "") for _ in range(KEYS)]
        for start in range(0, devices, PIPE):
            calls = []
            for number in range(start, min(start + PIPE, devices)):
                one = self._device(number, browsers[number % KEYS])
                calls.append(register.call(*self.subscriptions.registration(one)))
            for reply in await pipeline(self.redis, calls):
                if isinstance(reply, Exception):
                    raise reply

    def _device(self, number: int, browser: Browser) -> Subscription:
        web = self.provider == "webpush"
        token = f"{self.origin}/push/{number:022}" if web else f"{number:064x}"
        return Subscription(
            subscription_id(self.provider, token),
            self.provider,
            token,
            "en",
            (),
            Level.urgent,
            1,
            browser.p256dh if web else b"",
            browser.auth if web else b"",
        )

    async def alert(self) -> str:
        """Publish an alert and relay it; return the item's id."""
        draft = Draft.model_validate(
            {
                "headline": f"Ferries stay in port as the storm grows ({time.time_ns()})",
                "edition": "en",
                "level": "urgent",
                "push": True,
            }
        )
        item = (await self.items.publish(draft, by="bench")).item
        await Relay(self.live, self.settings).drain()
        return item.id

    async def accepted(self, item: str) -> int:
        """Return how many devices' messages were taken."""
        field = f"{self.provider}:alert:accepted"
        found = await command(self.redis, "HGET", self.keys.receipts(item), field)
        return int(found or 0)

    async def quiet(self) -> None:
        """Forget what is still to be sent."""
        await command(self.redis, "DEL", self.keys.push_jobs(self.provider))


def resident(pid: int) -> float:
    """Return a process's memory in MB."""
    with open(f"/proc/{pid}/statm", "rb") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


async def send(
    room: Newsroom, provider: dict[str, str], workers: int, seconds: float, slow: int
) -> float:
    """Have ``workers`` send one alert for ``seconds``; return messages a second, all together."""
    environment = os.environ | {
        "TICKER_REDIS_URL": room.settings.redis_url,
        "TICKER_NAMESPACE": room.settings.namespace,
        "TICKER_LOG_LEVEL": "warning",
        **{f"TICKER_{name.upper()}": value for name, value in provider.items()},
    }
    run = "from workers.main import run; run('delivery')"
    start = partial(subprocess.Popen, env=environment, preexec_fn=die_with_parent())
    processes = [start([sys.executable, "-c", run]) for _ in range(workers)]
    try:
        item = await room.alert()
        while not await room.accepted(item):  # noqa: ASYNC110 - other processes do it
            await asyncio.sleep(0.02)
        await asyncio.sleep(2)
        before, began = await room.accepted(item), time.perf_counter()
        memory = [[resident(one.pid) for one in processes]]
        while time.perf_counter() - began < seconds:
            await asyncio.sleep(seconds / 10)
            memory.append([resident(one.pid) for one in processes])
        sent, took = await room.accepted(item) - before, time.perf_counter() - began
        rows = "  ".join(f"{max(row):.0f}" for row in memory)
        print(f"{workers} workers{f', {slow} ms an answer' if slow else ''}: {sent / took:8,.0f}/s")
        print(f"  MB, the largest worker, over {seconds:.0f} s: {rows}", flush=True)
        return sent / took
    finally:
        for one in processes:
            one.terminate()
        for one in processes:
            one.wait(20)
        await room.quiet()


async def measure(args: argparse.Namespace, url: str, line: str, folder: str) -> None:
    """Do what ``args`` say with the provider that printed ``line``."""
    if args.provider == "webpush":
        key = Path(folder) / "vapid.pem"
        create(key)
        provider = {
            "vapid_key_file": str(key),
            "push_contact": "mailto:desk@harbour.example",
            "push_services": f'["{line}"]',
            "outbound_private_networks": '["127.0.0.0/8", "::1/128"]',
        }
    else:
        provider = orjson.loads(line)
    room = Newsroom(url, args.provider, line)
    began = time.perf_counter()
    await room.register(args.devices)
    took = time.perf_counter() - began
    print(f"{args.devices:,} devices registered in {took:.0f} s", flush=True)
    await room.fanout.step()  # makes the group
    item = await room.alert()
    began = time.perf_counter()
    while not room.fanout.counts.orders:
        await room.fanout.step()
    took = time.perf_counter() - began
    jobs = await command(room.redis, "ZCARD", room.keys.push_jobs(room.provider))
    print(f"fan-out of {item}: {jobs} jobs in {took:.3f} s", flush=True)
    await room.quiet()
    await room.fanout.aclose()
    rates = [
        await send(room, provider, workers, args.seconds, args.slow) for workers in args.workers
    ]
    if len(rates) > 1:
        print(f"{args.workers[-1]} workers / {args.workers[0]}: × {rates[-1] / rates[0]:.2f}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; return the exit code."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.million",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("provider", nargs="?", choices=("webpush", "apns"), default="apns")
    parser.add_argument("--devices", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--slow", type=int, default=0, metavar="MS")
    args = parser.parse_args(arguments)
    valkey = Valkey()
    with TemporaryDirectory() as folder:
        lean = {
            "webpush": ["tests.support.providers.webpush", "--lean"],
            "apns": [
                "tests.support.providers",
                "--dir",
                folder,
                "--lean",
                "--delay",
                str(args.slow),
                "apns",
            ],
        }
        command = [sys.executable, "-m", *lean[args.provider]]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                line = process.stdout.readline().strip()
                asyncio.run(measure(args, valkey.url, line, folder))
            finally:
                process.kill()
                valkey.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
