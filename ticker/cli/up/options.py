"""Options and errors of ``ticker up``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ticker.cli.options import USAGE


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the command line; None means "as in the settings"."""

    data: Path
    host: str | None = None
    port: int | None = None
    redis_url: str | None = None
    demo: bool = False
    verbose: bool = False
    as_json: bool = False


class StartError(Exception):
    """The newsroom cannot start. The message is for the user, ``code`` is the exit code."""

    def __init__(self, message: str, code: int = USAGE) -> None:
        super().__init__(message)
        self.code = code
