"""When a lane to phones needs somebody's attention: it is stopped, or its dry runs do not come.

Once an hour a test line goes through everything but the provider. Nobody notices otherwise that a
bridge fell asleep, until the next flash.
"""

from __future__ import annotations

from dataclasses import dataclass

from ticker.push.model.receipts import When
from ticker.push.model.subscription import ProviderName

DRY_RUN_EVERY_MS = 3_600_000
DRY_RUN_LATE_MS = 2 * DRY_RUN_EVERY_MS
"""Without a good one for so long something is wrong: two in succession did not come through."""
SILENT_MS = 300_000
"""After this without a word of a worker that sends by a provider, none does."""
FORGOTTEN_MS = 7 * 86_400_000
"""After this the provider is no longer set up, and nobody need hear of it any more."""


@dataclass(frozen=True, slots=True)
class DryRun:
    """A provider's dry runs. Times in ms since 1970."""

    good_ms: int | None = None
    """When the last one came through."""
    tried_ms: int | None = None
    why: str = ""
    """What was wrong with the last one, empty if nothing was."""


@dataclass(frozen=True, slots=True)
class ProviderState:
    """One provider, as Redis knows it at ``now_ms`` (by its own clock)."""

    provider: ProviderName
    now_ms: int
    since_ms: int | None
    """Since when workers send by it; None if none ever did, or not for a long time."""
    seen_ms: int | None
    """When a worker last said that it does."""
    stop_reason: str | None
    """Why it is stopped, None while it is not."""
    stop_ms: int | None
    subscriptions: int
    quarantined: int
    dry_run: DryRun
    newest: When
    """The newest alert that somebody accepted."""

    @property
    def set_up(self) -> bool:
        """Tell whether some worker has credentials for it, or had in the last days."""
        return self.since_ms is not None

    @property
    def silent(self) -> bool:
        """Tell whether no worker that sends by it is heard of any more."""
        return self.seen_ms is not None and self.now_ms - self.seen_ms > SILENT_MS

    @property
    def dry_run_age(self) -> float | None:
        """Return the seconds since the last good dry run; before the first, since it is set up.

        None while it is not set up.
        """
        if self.since_ms is None:
            return None
        good = self.dry_run.good_ms
        return max(0, self.now_ms - (self.since_ms if good is None else good)) / 1000

    @property
    def dry_run_late(self) -> bool:
        """Tell whether dry runs do not come through any more."""
        age = self.dry_run_age
        return age is not None and age * 1000 > DRY_RUN_LATE_MS
