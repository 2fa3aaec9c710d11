"""What both kinds of credentials have in common: tokens, and how there may be none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ticker.push.model.verdicts import Outcome, Verdict

FILE_MAX = 64 * 1024
"""Bytes of a credentials file. None is anywhere near."""


@dataclass(frozen=True, slots=True, eq=False)
class Bearer:
    """A token that requests carry; each is itself alone, so that ``is`` tells old from new."""

    authorization: bytes
    """The header's value."""
    minted: float
    """Seconds since 1970."""
    expires: float


class BadCredentials(Exception):
    """A credentials file is missing, unreadable or not what it should be; ``str()`` says how."""


class NoToken(Exception):
    """There is no token now. ``verdict`` is what that means for whatever was to be sent."""

    def __init__(self, outcome: Outcome, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.verdict = Verdict(outcome, reason, wait)


def read_file(path: Path | None, setting: str) -> bytes:
    """Return what is in the file that ``setting`` names. Raises BadCredentials."""
    if path is None:
        raise BadCredentials(f"{setting} is not set")
    try:
        with path.open("rb") as file:
            return file.read(FILE_MAX)
    except OSError as error:
        raise BadCredentials(f"{setting} cannot be read: {error}") from None
