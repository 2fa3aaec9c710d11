"""The state of one push provider: configured, stopped, and whether its dry runs succeed.

Once an hour a test message goes through every step but the provider itself. Without it a provider
that stopped working would be noticed only at the next flash.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ticker.push.model.gone_watch import GoneWatch
from ticker.push.model.receipts import When
from ticker.push.model.subscription import ProviderName

DRY_RUN_EVERY_MS = 3_600_000
DRY_RUN_LATE_MS = 2 * DRY_RUN_EVERY_MS
"""Age of the last success at which dry runs count as late: two in succession failed."""
SILENT_MS = 300_000
"""Age of the last sign of a worker after which the provider counts as having none."""
FORGOTTEN_MS = 7 * 86_400_000
"""Age of the last sign of a worker after which the provider counts as no longer configured."""


@dataclass(frozen=True, slots=True)
class DryRun:
    """The provider's last dry runs. Times in ms since 1970."""

    succeeded_ms: int | None = None
    attempted_ms: int | None = None
    error: str = ""
    """Why the last one failed, empty if it succeeded."""


@dataclass(frozen=True, slots=True)
class ProviderState:
    """One provider, as Redis has it at ``now_ms`` (by its own clock). Times in ms since 1970."""

    provider: ProviderName
    now_ms: int
    since_ms: int | None
    """Since when workers send through it; None if none does, or not for ``FORGOTTEN_MS``."""
    seen_ms: int | None
    """The last sign of a worker that sends through it."""
    stop_reason: str | None
    """Why it is stopped, None while it runs."""
    stop_ms: int | None
    subscriptions: int
    bytes: int
    """Memory of the subscriptions, as the script that registers estimates it."""
    quarantined: int
    dry_run: DryRun
    suspicious: Mapping[str, GoneWatch]
    """Servers that call suspiciously many devices gone, with their watch."""
    newest: When
    """The newest alert that a provider accepted for at least one device."""

    @property
    def configured(self) -> bool:
        """Tell whether a worker has credentials for it, or had within ``FORGOTTEN_MS``."""
        return self.since_ms is not None

    def used(self, subscriptions_max: int, bytes_max: int) -> float:
        """Return the used share of its limits, the larger of number and memory."""
        return max(self.subscriptions / subscriptions_max, self.bytes / bytes_max)

    @property
    def silent(self) -> bool:
        """Tell whether it is configured and no worker has given a sign for ``SILENT_MS``."""
        return self.seen_ms is not None and self.now_ms - self.seen_ms > SILENT_MS

    @property
    def dry_run_age(self) -> float | None:
        """Return the seconds since the last successful dry run, None if it is not configured.

        Before the first success the time counts from when it was configured.
        """
        if self.since_ms is None:
            return None
        succeeded = self.dry_run.succeeded_ms
        start = self.since_ms if succeeded is None else succeeded
        return max(0, self.now_ms - start) / 1000

    @property
    def dry_run_late(self) -> bool:
        """Tell whether the last successful dry run is older than ``DRY_RUN_LATE_MS``."""
        age = self.dry_run_age
        return age is not None and age * 1000 > DRY_RUN_LATE_MS
