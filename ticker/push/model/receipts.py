"""Receipts: the outcomes of an item's push and webhooks, read from the hash that workers write.

Counts cover all events of one kind. Times and progress are of the newest of them: an alert at noon
and another at six, a level higher, have no common "after 2 s".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ticker.domain.clock import rfc3339
from ticker.domain.cursor import StreamId
from ticker.push.model.alert_decision import KINDS, Kind
from ticker.push.model.subscription import PROVIDERS, ProviderName

WEBHOOKS = "webhooks"
"""The prefix of webhook fields in the hash, in place of provider and kind."""
COUNTS = ("accepted", "dropped", "pruned", "held", "quarantined", "retried", "too_late", "ended")
DELIVERIES = ("delivered", "retried", "failed")


@dataclass(frozen=True, slots=True)
class When:
    """The newest event, and its first and last acceptance. Times in ms since 1970."""

    event: StreamId | None = None
    """Its lane id, which contains the time of publication by Redis' clock."""
    first_ms: int | None = None
    last_ms: int | None = None
    """By the workers' clocks."""

    @property
    def first_after(self) -> float | None:
        """Return the seconds from publication to the first acceptance, None before it."""
        return self._after(self.first_ms)

    @property
    def last_after(self) -> float | None:
        """Return the seconds from publication to the last acceptance so far."""
        return self._after(self.last_ms)

    def _after(self, ms: int | None) -> float | None:
        if ms is None or self.event is None:
            return None
        return max(0, ms - self.event.ms) / 1000  # the clocks differ a little

    def to_json(self) -> dict[str, Any]:
        """Return the members for a JSON object."""
        return {
            "published_at": None if self.event is None else rfc3339(self.event.ms),
            "first_after": self.first_after,
            "last_after": self.last_after,
        }


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcomes of one kind of events at one provider. ``counts`` has all of ``COUNTS``."""

    counts: Mapping[str, int]
    when: When
    shards: int | None
    """The number of shards in which the newest event is sent; None if it is unknown."""
    done: int
    """How many of them are finished."""

    @property
    def complete(self) -> bool:
        """Tell whether the counts are final. Before that, the number still to come is unknown."""
        return self.shards is not None and self.done >= self.shards

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        progress = {"complete": self.complete, "shards": self.shards, "shards_done": self.done}
        return {**self.counts, **progress, **self.when.to_json()}


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The outcomes of an item's webhook deliveries. ``counts`` has all of ``DELIVERIES``."""

    counts: Mapping[str, int]
    when: When

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {**self.counts, **self.when.to_json()}


@dataclass(frozen=True, slots=True)
class Receipts:
    """All receipts of one item. ``webhooks`` is None if nothing was sent to an endpoint."""

    providers: Mapping[ProviderName, Mapping[Kind, Receipt]]
    webhooks: Deliveries | None

    @property
    def complete(self) -> bool:
        """Tell whether push is done. Webhooks, which may be tried for days, do not count."""
        return all(one.complete for kinds in self.providers.values() for one in kinds.values())

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {
            "complete": self.complete,
            "providers": {
                provider: {kind: receipt.to_json() for kind, receipt in kinds.items()}
                for provider, kinds in self.providers.items()
            },
            "webhooks": None if self.webhooks is None else self.webhooks.to_json(),
        }


def read_receipts(fields: Mapping[bytes, bytes]) -> Receipts:
    """Return the receipts in a Redis hash (``Keys.receipts``). Unknown fields are left out.

    Raises ValueError for an invalid value.
    """
    known = {name.decode(): value for name, value in fields.items()}
    providers: dict[ProviderName, dict[Kind, Receipt]] = {}
    for provider in PROVIDERS:
        kinds = {
            kind: _receipt(known, f"{provider}:{kind}:")
            for kind in KINDS
            if any(name.startswith(f"{provider}:{kind}:") for name in known)
        }
        if kinds:
            providers[provider] = kinds
    head = f"{WEBHOOKS}:"
    asked = any(name.startswith(head) for name in known)
    deliveries = Deliveries(_counts(known, head, DELIVERIES), read_when(known, head))
    return Receipts(providers, deliveries if asked else None)


def read_when(fields: Mapping[str, bytes], head: str) -> When:
    """Return the times under ``head`` in a hash. Raises ValueError."""
    event = fields.get(f"{head}event")
    return When(
        None if event is None else StreamId.parse(event),
        _number(fields.get(f"{head}first")),
        _number(fields.get(f"{head}last")),
    )


def _receipt(fields: Mapping[str, bytes], head: str) -> Receipt:
    return Receipt(
        _counts(fields, head, COUNTS),
        read_when(fields, head),
        _number(fields.get(f"{head}jobs")),
        _number(fields.get(f"{head}done")) or 0,
    )


def _counts(fields: Mapping[str, bytes], head: str, names: tuple[str, ...]) -> dict[str, int]:
    return {name: _number(fields.get(head + name)) or 0 for name in names}


def _number(value: bytes | None) -> int | None:
    return None if value is None else int(value)
