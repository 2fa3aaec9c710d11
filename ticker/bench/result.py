"""The result of a run as data, for the summary, the JSON and the report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ticker.bench.latencies import Latencies
from ticker.bench.ledger import Verdict
from ticker.bench.parsers import Transport
from ticker.bench.publisher import Cleaning

Ending: TypeAlias = Literal["complete", "interrupted", "server gone"]
BUSY = 0.8
"""Share of a core; above it the generator's own queue is part of the measured times."""


LEAST_GROWTH = 512
"""Bytes; no connection costs less."""


@dataclass(slots=True)
class Work:
    """One measured period: its length, its arrivals and its CPU time. Times are in seconds."""

    seconds: float = 0.0
    arrivals: int = 0
    server_cpu: float | None = None
    own_cpu: float = 0.0

    @property
    def cpu_us(self) -> float | None:
        """Return the server's CPU microseconds for each arrival, None if it is not known."""
        if self.server_cpu is None or not self.arrivals:
            return None
        return self.server_cpu / self.arrivals * 1e6

    @property
    def busy(self) -> float:
        """Return which share of a core the generator used."""
        return self.own_cpu / self.seconds if self.seconds else 0.0

    def json(self) -> dict[str, Any]:
        """Return the figures for programs."""
        return {
            "seconds": round(self.seconds, 3),
            "delivered": self.arrivals,
            "server_cpu_us_per_delivery": _rounded(self.cpu_us),
            "generator_busy": round(self.busy, 3),
        }


@dataclass(slots=True)
class ItemCounts:
    """The items of one phase, and their times."""

    work: Work
    published: int
    to_one: Latencies
    """From publish to a reader, every reader counted."""
    to_last: Latencies
    """From publish to the last reader: the headline figure."""

    def json(self) -> dict[str, Any]:
        """Return the figures for programs."""
        return {
            "published": self.published,
            "to_one": _figures(self.to_one),
            "to_last": _figures(self.to_last),
            **self.work.json(),
        }


@dataclass(slots=True)
class Storm:
    """All readers disconnected and resumed at once. ``seconds`` is None if some did not resume."""

    clients: int
    back: int
    missed: int
    seconds: float | None
    returns: Latencies
    work: Work

    def json(self) -> dict[str, Any]:
        """Return the figures for programs."""
        return {
            "clients": self.clients,
            "back": self.back,
            "missed_each": self.missed,
            "all_back_s": _rounded(self.seconds, 3),
            "back_after": _figures(self.returns),
            "server_cpu_us_per_resume": _rounded(self.work.cpu_us),
            "generator_busy": round(self.work.busy, 3),
        }


@dataclass(slots=True)
class Server:
    """The server's processes on this machine; memory is in bytes."""

    pids: list[int]
    rss_before: int
    rss_connected: int = 0

    def per_connection(self, clients: int) -> float | None:
        """Return the memory that a connection added, in bytes.

        None if it grew by very little: then earlier connections had left free memory.
        """
        grown = self.rss_connected - self.rss_before
        return grown / clients if clients and grown > LEAST_GROWTH * clients else None


@dataclass(slots=True)
class Result:
    """All results of a run. A figure that was not measured is None."""

    url: str
    transport: Transport
    edition: str | None
    started: str
    publish: bool
    wanted: int
    rate: float
    ending: Ending = "complete"
    trouble: str = ""
    connected: int = 0
    connects: Latencies = field(default_factory=Latencies)
    failures: dict[str, int] = field(default_factory=dict)
    drops: dict[str, int] = field(default_factory=dict)
    resets: int = 0
    acknowledged: Latencies = field(default_factory=Latencies)
    refused: dict[str, int] = field(default_factory=dict)
    behind: int = 0
    steady: ItemCounts | None = None
    burst: ItemCounts | None = None
    storm: Storm | None = None
    listened: Work | None = None
    spread: Latencies = field(default_factory=Latencies)
    """Times from the first reader to the last, for items of other publishers."""
    verdict: Verdict = field(default_factory=lambda: Verdict(0, 0, 0, 0, 0))
    server: Server | None = None
    cleaning: Cleaning | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Return whether every reader got every event that it should have got, once.

        Not without the server: nobody knows what the readers would have got.
        """
        return (
            self.verdict.clean
            and self.ending != "server gone"
            and not (self.failures or self.drops or self.resets or self.refused)
        )

    def json(self) -> dict[str, Any]:
        """Return the whole for programs; the names say the units."""
        server = None
        if self.server is not None:
            server = {
                "pids": self.server.pids,
                "rss_before": self.server.rss_before,
                "rss_connected": self.server.rss_connected,
                "rss_per_connection": _rounded(self.server.per_connection(self.connected), 0),
            }
        return {
            "url": self.url,
            "transport": self.transport,
            "edition": self.edition,
            "started": self.started,
            "published_here": self.publish,
            "ending": self.ending,
            "trouble": self.trouble or None,
            "clean": self.clean,
            "lost": self.verdict.lost,
            "doubled": self.verdict.doubled,
            "unseen": self.verdict.unseen,
            "resets": self.resets,
            "events": self.verdict.events,
            "delivered": self.verdict.delivered,
            "clients": {
                "wanted": self.wanted,
                "connected": self.connected,
                "failures": self.failures,
                "dropped": self.drops,
            },
            "connect": _figures(self.connects),
            "acknowledged": _figures(self.acknowledged),
            "refused": self.refused,
            "late": self.behind,
            "steady": self.steady and self.steady.json(),
            "burst": self.burst and self.burst.json(),
            "storm": self.storm and self.storm.json(),
            "listened": self.listened and self.listened.json(),
            "others_first_to_last": _figures(self.spread),
            "server": server,
            "cleaning": self.cleaning
            and {"retracted": self.cleaning.retracted, "left": self.cleaning.left},
            "notes": self.notes,
        }


def _figures(latencies: Latencies) -> dict[str, float | int] | None:
    summary = latencies.summary()
    return None if summary is None else summary.json()


def _rounded(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(value, digits)
