"""Does a provider really mean that these devices are gone? The share of such answers tells.

Uninstalled apps and withdrawn permissions make up a few per cent of a send. A provider (or a proxy
before it) that says so of a fifth of all devices is probably wrong, and deleting them would empty
the list for good. Then none is deleted: they stay registered and get the next alert. Deleting goes
on when the share is normal again, or when an operator confirms that they are gone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import orjson

ANSWERS_MAX = 2_000
"""Answers after which the counts are halved, so that they describe the recent past: a million good
answers must not make up for the thousands that follow."""
RECENT_MS = 600_000
"""Age of the last answer after which the counts begin anew."""
CONFIRMED_MS = 86_400_000
"""How long an operator's confirmation holds."""


class GoneRule(NamedTuple):
    """More than ``share`` of the answers, and at least ``least`` of them, say gone: suspicious."""

    share: float
    least: int

    def broken_by(self, answers: int, gone: int) -> bool:
        """Tell whether so many gone devices among so many answers are suspicious."""
        return gone >= self.least and gone > self.share * answers


@dataclass(frozen=True, slots=True)
class GoneWatch:
    """The recent answers of one server of a provider, from all workers. Times in ms since 1970."""

    answers: int = 0
    gone: int = 0
    at_ms: int = 0
    """When the last answers were counted."""
    since_ms: int | None = None
    """Since when the server's answers are suspicious, None while they are not."""
    held: int = 0
    """Answers since then whose device was not deleted."""
    confirmed_ms: int = 0
    """Until when an operator has confirmed that these devices are gone."""

    def after(self, answers: int, gone: int, now_ms: int, rule: GoneRule) -> tuple[GoneWatch, bool]:
        """Return the watch after a page of answers, and whether its gone devices may be deleted."""
        fresh = now_ms - self.at_ms > RECENT_MS
        total, total_gone = (0, 0) if fresh else (self.answers, self.gone)
        total, total_gone = total + answers, total_gone + gone
        over = rule.broken_by(total, total_gone) or rule.broken_by(answers, gone)
        if self.since_ms is not None and not over:
            # It stays suspicious until enough answers are normal.
            over = total < rule.least or total_gone > rule.share * total
        confirmed = now_ms < self.confirmed_ms
        suspicious = over and not confirmed
        halved = total > ANSWERS_MAX
        since = (now_ms if self.since_ms is None else self.since_ms) if suspicious else None
        watch = GoneWatch(
            -(-total // 2) if halved else total,
            total_gone // 2 if halved else total_gone,
            now_ms,
            since,
            self.held + gone if suspicious else 0,
            self.confirmed_ms if confirmed else 0,
        )
        return watch, not suspicious

    def confirm(self, now_ms: int) -> GoneWatch:
        """Return the watch after an operator has confirmed that the devices are gone."""
        return replace(self, since_ms=None, held=0, confirmed_ms=now_ms + CONFIRMED_MS)

    def record(self) -> bytes:
        """Return the bytes to store."""
        return orjson.dumps(
            [self.answers, self.gone, self.at_ms, self.since_ms, self.held, self.confirmed_ms]
        )

    @classmethod
    def read(cls, record: bytes) -> GoneWatch:
        """Return the watch in its stored bytes. Raises ValueError or TypeError."""
        return cls(*orjson.loads(record))
