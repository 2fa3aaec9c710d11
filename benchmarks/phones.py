"""``python -m benchmarks.phones fcm|apns``: how fast one process sends, and what a send costs it.

The provider is a process of its own that says yes to everything (``tests.providers --lean``). Our
own processor time a send is what counts: on a shared machine the wall clock tells of the others.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import uvloop

from ticker.config import Settings
from ticker.core.item import Level
from ticker.core.push.note import Note
from ticker.core.push.subscription import Subscription
from ticker.core.push.verdicts import Outcome
from workers.push import apns, fcm
from workers.push.phones import PhoneSender

AT_ONCE = 200
"""Sends under way, as a shard has them."""


@contextmanager
def provider(which: str, lean: bool) -> Iterator[dict[str, str]]:
    """Run one; give the settings that lead to it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.providers", which, "--dir", folder]
        process = subprocess.Popen(command + ["--lean"] * lean, stdout=subprocess.PIPE)
        try:
            assert process.stdout is not None
            yield orjson.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(10)


async def run(which: str, settings: Settings, sends: int) -> tuple[float, float, Counter[Outcome]]:
    """Return seconds of wall clock, seconds of processor time, and what became of the sends."""
    sender: PhoneSender[Any] = fcm.make(settings) if which == "fcm" else apns.make(settings)
    message = sender.prepare(NOTE)
    outcomes: Counter[Outcome] = Counter()
    numbers = iter(range(sends))

    async def work() -> None:
        for number in numbers:
            verdict = await sender.send(message, device(which, number))
            outcomes[verdict.outcome] += 1

    await sender.send(message, device(which, sends))
    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    await sender.aclose()
    return wall, cpu, outcomes


def device(which: str, number: int) -> Subscription:
    """Return one of as many devices as there are numbers; tokens are as long as real ones."""
    token = f"{number:064x}" if which == "apns" else f"{number:022d}:APA91b{'x' * 134}"
    return Subscription("id", which, token, "en", (), Level.urgent, 0)  # type: ignore[arg-type]


NOTE = Note(
    "alert",
    "01kb3q5v6w8x9y0z1a2b3c4d5e",
    1,
    "ar",
    Level.urgent,
    "ar",
    "rtl",
    "بريد الميناء",
    "أعلنت بلدية مرسى النور إعادة فتح الجسر القديم بعد انتهاء أعمال الترميم",
    "https://harbour.example/item/01kb3q5v6w8x9y0z1a2b3c4d5e",
    "c" * 32,
    "bridge",
    1_800,
    1_764_000_000_000,
)


def main() -> None:
    """Print a line a run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.phones")
    parser.add_argument("which", choices=("fcm", "apns"))
    parser.add_argument("--sends", type=int, default=30_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--strict", action="store_true", help="a provider that looks at everything")
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    with provider(given.which, lean=not given.strict) as found:
        settings = Settings(**found)  # type: ignore[arg-type]
        for _ in range(given.runs):
            profile = cProfile.Profile() if given.profile else None
            if profile is not None:
                profile.enable()
            wall, cpu, outcomes = uvloop.run(run(given.which, settings, given.sends))
            if profile is not None:
                profile.disable()
                pstats.Stats(profile).sort_stats("tottime").print_stats(25)
            said = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items())
            print(
                f"{given.which}: {given.sends / wall:,.0f} sends/s, "
                f"{cpu / given.sends * 1e6:.0f} µs of processor time each ({said})"
            )


if __name__ == "__main__":
    main()
