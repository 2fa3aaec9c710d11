"""What became of an item at the bridges: read out of the hash that the workers write.

Counts are of all events of a kind that the item had. When, and how far, is said of the newest of
them: an alert of noon and its repetition at six, a level higher, have no common "after 2 s".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ticker.domain.clock import rfc3339
from ticker.domain.cursor import StreamId
from ticker.push.model.plan import KINDS, Kind
from ticker.push.model.subscription import PROVIDERS, ProviderName

WEBHOOKS = "webhooks"
"""Stands in the hash where a provider and a kind would: endpoints get all kinds of events."""
COUNTS = ("accepted", "dropped", "pruned", "quarantined", "retried", "too_late", "ended")
DELIVERIES = ("delivered", "retried", "failed")


@dataclass(frozen=True, slots=True)
class When:
    """The newest event, and when somebody first and last accepted it. Times in ms since 1970."""

    event: StreamId | None = None
    """Its lane id, whose first half is when it was published, by Redis' clock."""
    first_ms: int | None = None
    last_ms: int | None = None
    """By the clocks of the workers."""

    @property
    def first_after(self) -> float | None:
        """Return the seconds from publication to the first acceptance, None before there is one."""
        return self._after(self.first_ms)

    @property
    def last_after(self) -> float | None:
        """Return the seconds from publication to the last acceptance so far."""
        return self._after(self.last_ms)

    def _after(self, ms: int | None) -> float | None:
        if ms is None or self.event is None:
            return None
        return max(0, ms - self.event.ms) / 1000  # clocks differ by a little

    def to_json(self) -> dict[str, Any]:
        """Return the JSON members for it."""
        return {
            "published_at": None if self.event is None else rfc3339(self.event.ms),
            "first_after": self.first_after,
            "last_after": self.last_after,
        }


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one kind of events came to at one provider. ``counts`` has all of ``COUNTS``."""

    counts: Mapping[str, int]
    when: When
    shards: int | None
    """In how many lists of subscriptions the newest event is sent; None if nobody wrote it down."""
    done: int
    """How many of them are worked through."""

    @property
    def complete(self) -> bool:
        """Tell whether the counts are final. While not, how many are still to come is not known."""
        return self.shards is not None and self.done >= self.shards

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object for it."""
        progress = {"complete": self.complete, "shards": self.shards, "shards_done": self.done}
        return {**self.counts, **progress, **self.when.to_json()}


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What became of an item's events at the endpoints. ``counts`` has all of ``DELIVERIES``."""

    counts: Mapping[str, int]
    when: When

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object for it."""
        return {**self.counts, **self.when.to_json()}


@dataclass(frozen=True, slots=True)
class Receipts:
    """Everything that is known of one item. ``webhooks`` is None if no endpoint was asked."""

    providers: Mapping[ProviderName, Mapping[Kind, Receipt]]
    webhooks: Deliveries | None

    @property
    def complete(self) -> bool:
        """Tell whether no phone is still to be told. Endpoints may be tried for days."""
        return all(one.complete for kinds in self.providers.values() for one in kinds.values())

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object for it."""
        return {
            "complete": self.complete,
            "providers": {
                provider: {kind: receipt.to_json() for kind, receipt in kinds.items()}
                for provider, kinds in self.providers.items()
            },
            "webhooks": None if self.webhooks is None else self.webhooks.to_json(),
        }


def read_receipts(fields: Mapping[bytes, bytes]) -> Receipts:
    """Return the receipts in a Redis hash (``Keys.receipts``). What it does not know is left out.

    Raises ValueError for a value that nobody of ours has written.
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
