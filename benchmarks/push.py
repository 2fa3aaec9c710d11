"""Measures push sends per second of one process on one core: a real ``Sender``, a lean provider.

    python -m benchmarks.push [webpush …] [--seconds 10] [--rounds 3] [--concurrency 200]
    python -m benchmarks.push webpush --profile        where the time goes

The sender has a core, the provider the other one: a process of its own that answers at once and
reads nothing, over HTTP/2 without TLS. Another sender is one more line of ``SUBJECTS``.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import os
import pstats
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from itertools import cycle, islice
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import uvloop
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks import machine
from tests.support.notes import note
from tests.support.providers.webpush import Browser
from ticker.config import Settings
from ticker.domain.item import Level
from ticker.net.client import HttpClient
from ticker.push.model.subscription import ProviderName, Subscription
from ticker.push.model.verdicts import Outcome
from ticker.push.vapid_keys import VapidKey
from workers.push import apns, fcm
from workers.push.sender import Sender
from workers.push.webpush import WebPush

RECEIVERS = 1_000
"""Different recipients, which get messages in turn; each has its own keys, where there are keys."""
WARM_UP = 2_000
"""Sends before the measured ones: connections are open, caches filled."""
HERE = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


@dataclass(frozen=True, slots=True)
class Subject:
    """``command`` starts the provider, which prints a line that the other two take."""

    command: Sequence[str]
    sender: Callable[[str], Sender[Any]]
    receivers: Callable[[str], list[Subscription]]


def _web_push(**pool: Any) -> Callable[[str], Sender[Any]]:
    key = VapidKey(ec.generate_private_key(ec.SECP256R1()))
    return lambda line: WebPush(
        key, "mailto:desk@harbour.example", HttpClient(timeout=10, allow=HERE, **pool)
    )


def _browsers(line: str) -> list[Subscription]:
    return [Browser(f"{line}/push/{number:022}", "").subscription() for number in range(RECEIVERS)]


def _phone(make: Callable[[Settings], Sender[Any]]) -> Callable[[str], Sender[Any]]:
    return lambda line: make(Settings(**orjson.loads(line)))


def _phones(provider: ProviderName, size: int) -> Callable[[str], list[Subscription]]:
    tokens = [f"{number:0{size}x}" for number in range(RECEIVERS)]
    return lambda line: [
        Subscription(token, provider, token, "en", (), Level.urgent, 0) for token in tokens
    ]


FOLDER = "{folder}"
"""Stands in a command for a directory where the provider may leave credentials."""
_LEAN = (sys.executable, "-m", "tests.support.providers.webpush", "--lean")
_PHONES = (sys.executable, "-m", "tests.support.providers", "--dir", FOLDER, "--lean")

SUBJECTS = {
    "webpush": Subject((*_LEAN, "--h2"), _web_push(prior_knowledge=True), _browsers),
    "webpush-h1": Subject(_LEAN, _web_push(), _browsers),
    "fcm": Subject((*_PHONES, "fcm"), _phone(fcm.make), _phones("fcm", 152)),
    "apns": Subject((*_PHONES, "apns"), _phone(apns.make), _phones("apns", 64)),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """The result of one round."""

    sends: int
    seconds: float
    cpu: float
    """Seconds of the sender's process."""
    provider_cpu: float
    accepted: int

    def text(self) -> str:
        return (
            f"{self.sends / self.seconds:8,.0f} sends/s  {self.cpu / self.sends * 1e6:6.1f} µs CPU "
            f"a send  sender {self.cpu / self.seconds:4.0%} of its core, provider "
            f"{self.provider_cpu / self.seconds:4.0%}  {self.accepted:,} accepted"
        )


async def measure(subject: Subject, line: str, pid: int, seconds: float, tasks: int) -> Sample:
    """Send for ``seconds`` with ``tasks`` requests under way."""
    sender = subject.sender(line)
    receivers = cycle(subject.receivers(line))
    message = sender.prepare(note())
    accepted = sends = 0

    async def work(turns: Iterator[Subscription], until: float) -> None:
        nonlocal accepted, sends
        for receiver in turns:
            verdict = await sender.send(message, receiver)
            sends += 1
            accepted += verdict.outcome is Outcome.ACCEPTED
            if time.perf_counter() >= until:
                return

    async def all(turns: Iterator[Subscription], until: float) -> None:
        await asyncio.gather(*(work(turns, until) for _ in range(tasks)))

    await all(islice(receivers, WARM_UP), float("inf"))
    accepted = sends = 0
    began, cpu, theirs = time.perf_counter(), time.process_time(), machine.cpu([pid])
    await all(receivers, began + seconds)
    took = time.perf_counter() - began
    sample = Sample(sends, took, time.process_time() - cpu, machine.cpu([pid]) - theirs, accepted)
    await sender.aclose()
    return sample


@contextmanager
def provider(subject: Subject) -> Iterator[tuple[str, int]]:
    """Run the provider on its core; yield the line that it printed, and its process id."""
    with (
        TemporaryDirectory() as folder,
        subprocess.Popen(
            [part.replace(FOLDER, folder) for part in subject.command],
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        try:
            os.sched_setaffinity(process.pid, {machine.LOAD_CORE})
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process.pid
        finally:
            process.kill()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what ``arguments`` name; return the exit code: 1 if a send was not accepted."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.push",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("subjects", nargs="*", default=[], metavar="|".join(SUBJECTS))
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--concurrency", type=int, default=200)
    parser.add_argument("--profile", action="store_true", help="one round, and its functions")
    args = parser.parse_args(arguments)
    if unknown := set(args.subjects) - set(SUBJECTS):
        parser.error(f"no subject is called {', '.join(unknown)}")
    failed = False
    for name in args.subjects or SUBJECTS:
        subject = SUBJECTS[name]
        with provider(subject) as (line, pid):
            os.sched_setaffinity(0, {machine.SERVER_CORE})
            profile = cProfile.Profile() if args.profile else None
            samples = []
            for _ in range(1 if profile else args.rounds):
                work = measure(subject, line, pid, args.seconds, args.concurrency)
                if profile:
                    profile.enable()
                samples.append(uvloop.run(work))
                if profile:
                    profile.disable()
                print(f"{name:10}{samples[-1].text()}", flush=True)
            rates = [one.sends / one.seconds for one in samples]
            print(f"{name:10}{statistics.median(rates):8,.0f} sends/s, the median")
            failed = failed or any(one.accepted < one.sends for one in samples)
            if profile:
                pstats.Stats(profile).sort_stats("tottime").print_stats(25)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
