"""Progress bars of ``ticker bench``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ticker.cli.output import Output

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID


class ProgressBars:
    """One bar at a time, on standard error."""

    def __init__(self, bars: Bars | None) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def phase(self, label: str, total: int) -> Callable[[int], None]:
        """Begin a phase of ``total`` steps; return the function that advances its bar."""
        bars = self._bars
        if bars is None:
            return lambda count: None
        if self._task is not None:
            bars.remove_task(self._task)
        task = self._task = bars.add_task(label, total=total)

        def advance(count: int) -> None:
            if task == self._task:  # the bar of an earlier phase is gone
                bars.advance(task, count)

        return advance


@contextmanager
def progress(out: Output) -> Iterator[ProgressBars]:
    """Show the progress on a terminal's standard error."""
    if out.as_json or not sys.stderr.isatty():
        yield ProgressBars(None)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=out.stderr, transient=True, refresh_per_second=4) as bars:
        yield ProgressBars(bars)
