"""Bearer tokens, and the errors when there is none: for FCM's and APNs' credentials."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ticker.push.model.verdicts import Outcome, Verdict

FILE_MAX = 64 * 1024
"""Most bytes of a credentials file."""


@dataclass(frozen=True, slots=True, eq=False)
class Bearer:
    """A token that requests carry. Compared by identity: two tokens are never equal."""

    authorization: bytes
    """The header's value."""
    minted: float
    """Seconds since 1970."""
    expires: float


class BadCredentials(Exception):
    """A credentials file is missing, unreadable or invalid; ``str()`` says why."""


class NoToken(Exception):
    """There is no token now. ``verdict`` is the verdict on every request that needs one."""

    def __init__(self, outcome: Outcome, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.verdict = Verdict(outcome, reason, wait, unanswered=outcome is Outcome.RETRY)


def read_file(path: Path | None, setting: str) -> bytes:
    """Return the content of the file that ``setting`` names. Raises BadCredentials."""
    if path is None:
        raise BadCredentials(f"{setting} is not set")
    try:
        with path.open("rb") as file:
            return file.read(FILE_MAX)
    except OSError as error:
        raise BadCredentials(f"{setting} cannot be read: {error}") from None
