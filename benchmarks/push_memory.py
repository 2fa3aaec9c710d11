"""Measures the memory that push subscriptions take in Valkey, and how well Ticker estimates it.

    python -m benchmarks.push_memory [--count 50000]

A server of its own, filled with registrations of browsers (Chrome's and Edge's endpoints have
different lengths), with interests in all sections or in three. Prints bytes a subscription, and the
estimate that ``push_bytes_max`` is compared with.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
from collections.abc import Sequence
from itertools import product

from benchmarks.valkey import Valkey
from ticker.config import Settings
from ticker.push.model.push_services import PushServices
from ticker.push.model.registration import read_browser
from ticker.push.store.subscriptions import Subscriptions
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

ENDPOINTS = {
    "Chrome": ("https://fcm.googleapis.com/fcm/send/", 152),
    "Edge": ("https://wns2-par02p.notify.windows.com/w/?token=", 400),
}
SECTIONS: tuple[tuple[str, ...], ...] = ((), ("politics", "sports", "health"))
AT_ONCE = 32


async def measure(url: str, name: str, sections: tuple[str, ...], count: int) -> tuple[int, int]:
    """Return the bytes that a subscription takes, and the bytes that are estimated."""
    keys, redis = Keys("memory"), connect(url)
    store = Subscriptions(redis, keys, count)
    head, size = ENDPOINTS[name]
    taxonomy, services = Settings().taxonomy, PushServices()
    browser_keys = {
        "p256dh": (
            "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"
        ),
        "auth": "A" * 22,
    }
    before = await used(redis)

    async def some(number: int) -> None:
        for _ in range(number):
            endpoint = head + secrets.token_urlsafe(size)[:size]
            subscription = {"endpoint": endpoint, "keys": browser_keys}
            data = {"subscription": subscription, "edition": "en", "sections": sections}
            await store.register(read_browser(data, taxonomy, 1_795_000_000_000, services)[0])

    await asyncio.gather(*(some(count // AT_ONCE) for _ in range(AT_ONCE)))
    there = await store.count("webpush")
    estimated = int(await command(redis, "HGET", keys.push_bytes, "webpush"))
    taken = await used(redis) - before
    await redis.aclose()
    return taken // there, estimated // there


async def used(redis: Redis) -> int:
    """Return the bytes that the server's data take."""
    info = await command(redis, "INFO", "memory")
    return int(info["used_memory_dataset"])


def main(arguments: Sequence[str]) -> int:
    """Run; return the exit code."""
    parser = argparse.ArgumentParser(description="Memory of push subscriptions")
    parser.add_argument("--count", type=int, default=50_000)
    args = parser.parse_args(arguments)
    for name, sections in product(ENDPOINTS, SECTIONS):
        valkey = Valkey()
        try:
            taken, estimated = asyncio.run(measure(valkey.url, name, sections, args.count))
        finally:
            valkey.stop()
        wanted = f"{len(sections) or 'all'} sections"
        print(f"{name:8}{wanted:14}{taken:6,} bytes each, estimated {estimated:,}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
