"""The shapes of receipts, and of how the bridges are."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ticker.api.schema import Schema
from ticker.domain.clock import rfc3339
from ticker.push.model.provider_health import ProviderState
from ticker.push.model.subscription import ProviderName

Seconds = Annotated[float, Field(ge=0)]


class Times(Schema):
    """When the newest event of its kind was published, and in how many seconds it was accepted
    first and last; null before it was.
    """

    published_at: str | None
    first_after: Seconds | None
    last_after: Seconds | None


class Receipt(Times):
    """What events of one kind came to at a provider. Counts are of all of them, ``complete`` and
    ``shards`` (lists of subscriptions that the newest is sent to) of the newest.
    """

    accepted: int
    dropped: int
    pruned: int
    quarantined: int
    retried: int
    too_late: int
    ended: int
    complete: bool
    shards: int | None
    shards_done: int


class KindReceipts(Schema):
    """One provider's receipts; a kind is absent if there was no such event."""

    alert: Receipt | None = None
    replace: Receipt | None = None
    withdraw: Receipt | None = None


class ProviderReceipts(Schema):
    """Receipts by provider; absent are those by which nobody was to be told."""

    webpush: KindReceipts | None = None
    fcm: KindReceipts | None = None
    apns: KindReceipts | None = None


class DeliveryReceipt(Times):
    """What became of the item's events at webhook endpoints, all of them together."""

    delivered: int
    retried: int
    failed: int


class ItemReceipts(Schema):
    """What became of an item at the bridges. ``push`` says whether the desk asked for push;
    ``complete`` that no phone is still to be told.
    """

    id: str
    push: bool
    complete: bool
    providers: ProviderReceipts
    webhooks: DeliveryReceipt | None


class ProviderStopShown(Schema):
    """Why nobody is told by a provider."""

    reason: str
    since: str


class LastDryRun(Schema):
    """The hourly test that reaches nobody. ``age`` is in seconds, counted from when the provider
    was set up until one came through; ``error`` is what was wrong with the last one.
    """

    at: str | None
    age: Seconds
    late: bool
    error: str | None


class ProviderShown(Schema):
    """One provider. ``set_up`` is what workers say, not this server's settings; ``silent`` that
    none of them is heard of any more.
    """

    provider: ProviderName
    set_up: bool
    silent: bool
    seen_at: str | None
    stopped: ProviderStopShown | None
    subscriptions: int
    quarantined: int
    dry_run: LastDryRun | None
    last_acceptance: Seconds | None


class PushStatus(Schema):
    """How the bridges to phones are, and how much waits to be sent."""

    lanes: list[ProviderShown]
    jobs: int
    oldest_job: Seconds | None


class ClearedQuarantine(Schema):
    """How many subscriptions were forgotten."""

    provider: ProviderName
    forgotten: int


def shown(lane: ProviderState) -> dict[str, Any]:
    """Return a ``ProviderShown``."""
    age = lane.dry_run_age
    stopped = lane.stop_reason is not None
    return {
        "provider": lane.provider,
        "set_up": lane.set_up,
        "silent": lane.silent,
        "seen_at": _time(lane.seen_ms),
        "stopped": {"reason": lane.stop_reason, "since": _time(lane.stop_ms)} if stopped else None,
        "subscriptions": lane.subscriptions,
        "quarantined": lane.quarantined,
        "dry_run": None
        if age is None
        else {
            "at": _time(lane.dry_run.good_ms),
            "age": age,
            "late": lane.dry_run_late,
            "error": lane.dry_run.why or None,
        },
        "last_acceptance": lane.newest.last_after,
    }


def _time(ms: int | None) -> str | None:
    return None if ms is None else rfc3339(ms)
