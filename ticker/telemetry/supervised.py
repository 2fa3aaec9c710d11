"""The metrics of a supervisor's children: a socket for each, and one answer for all."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from ticker.telemetry.endpoint import Address, scrape, serve_metrics
from ticker.telemetry.families import Family, counter, gauge
from ticker.telemetry.merge import merged

SOCKET_VARIABLE = "TICKER_METRICS_SOCKET"
"""Tells a child where to listen; see the setting ``metrics_socket``."""


class ChildMetrics:
    """Sockets for the children of a supervisor, and their joined metrics.

    ``ticker_process_up`` is 0 for a child that does not answer.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._restarts: dict[str, int] = {}
        self._sockets: dict[str, Path] = {}
        self._generations = itertools.count(1)

    def environment(self, child: str) -> Mapping[str, str]:
        """Return the variables for a new process: a socket that no process before it has had."""
        name = f"{child}.{next(self._generations)}.sock"
        return {SOCKET_VARIABLE: str(self._folder / name)}

    def use(self, child: str, environment: Mapping[str, str]) -> None:
        """Ask the process of ``child`` with this ``environment`` from now on, and no other."""
        self._restarts.setdefault(child, 0)
        self._sockets[child] = Path(environment[SOCKET_VARIABLE])

    def restarted(self, child: str) -> None:
        """Count a restart of ``child``."""
        self._restarts[child] += 1

    async def __call__(self) -> bytes:
        """Ask every child at once; return all metrics in the text format."""
        from ticker.telemetry.exposition import render  # a command that supervises needs no client

        names = list(self._restarts)
        found = await asyncio.gather(*(scrape(self._sockets[name]) for name in names))
        answers = {n: answer for n, answer in zip(names, found, strict=True) if answer is not None}
        up = {name: float(name in answers) for name in names}
        return render(supervisor_families(up, self._restarts)) + merged(answers)


def supervisor_families(up: Mapping[str, float], restarts: Mapping[str, int]) -> list[Family]:
    """Return what a supervisor knows of its processes, by their names."""
    return [
        gauge("process_up", "1 if the process answered its supervisor.", up, "process"),
        counter(
            "process_restarts_total",
            "Restarts of the process by its supervisor.",
            restarts,
            "process",
        ),
    ]


@contextlib.asynccontextmanager
async def child_metrics(address: Address) -> AsyncIterator[tuple[ChildMetrics, int | None]]:
    """Serve the joined metrics on ``address`` until the block ends; yield them and the port."""
    with tempfile.TemporaryDirectory(prefix="ticker-") as folder:
        metrics = ChildMetrics(Path(folder))
        async with serve_metrics(address, metrics) as port:
            yield metrics, port
