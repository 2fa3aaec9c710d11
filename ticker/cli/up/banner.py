"""The text that ``ticker up`` prints when the newsroom is ready. Pure but for the PATH."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

_DEMO = "  Demo mode: a new invented item every few seconds (--demo).\n\n"


@dataclass(frozen=True, slots=True)
class Banner:
    """The facts to print. ``seconds`` is the start-up time."""

    url: str
    metrics_url: str | None
    data: Path
    key_file: Path
    new_key: bool
    store: str | None
    """The program of the embedded store; None if Redis is the operator's own."""
    editions: Iterable[str]
    demo: bool
    seconds: float

    def text(self) -> str:
        """Return the banner, with example commands that work in this directory."""
        database = "your Redis"
        if self.store is not None:
            kind = "Redis" if self.store.startswith("redis") else "Valkey"
            database = f"embedded {kind}, synced to disk at every write"
        key = f"{self.key_file}{' (new)' if self.new_key else ''}"
        metrics = f"    Metrics     {self.metrics_url}\n" if self.metrics_url else ""
        return (
            f"\n  Ticker is running (started in {self.seconds:.1f} s).\n\n"
            f"    Website     {self.url}/\n"
            f"    Console     {self.url}/console (sign in with the editor key)\n"
            f"    HTTP API    {self.url}/docs\n"
            f"{metrics}"
            f"    Editor key  {key}\n"
            f"    Data        {self.data}\n"
            f"    Database    {database}\n\n"
            f"{_DEMO if self.demo else ''}"
            f"  Publish your first item from another terminal:\n\n"
            f"{self._example()}\n"
            f"  Press Ctrl-C to stop. All data is kept.\n"
        )

    def _example(self) -> str:
        variables = []
        if self.url != "http://127.0.0.1:8000":
            variables.append(f"TICKER_URL={self.url}")
        if self.data != Path(".ticker").absolute():
            variables.append(f"TICKER_DATA={quote(str(self.data))}")
        program = Path(sys.executable).parent / "ticker"
        found = shutil.which("ticker")
        name = "ticker" if found and Path(found) == program else _shortest(program)
        known = list(self.editions)
        edition = "en" if "en" in known else known[0]
        lines = [f'{name} publish "Hello, newsroom" --edition {edition}']
        if variables:
            lines.insert(0, " ".join(["export", *variables]))
        return "".join(f"    {line}\n" for line in lines)


def _shortest(path: Path) -> str:
    with suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)
