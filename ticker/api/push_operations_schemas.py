"""Response schemas of receipts and of provider states."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ticker.api.schema import Schema
from ticker.domain.clock import rfc3339
from ticker.push.model.provider_state import ProviderState
from ticker.push.model.subscription import ProviderName

Seconds = Annotated[float, Field(ge=0)]


class Times(Schema):
    """When the newest event of its kind was published, and the seconds until it was first and last
    accepted; null before that.
    """

    published_at: str | None
    first_after: Seconds | None
    last_after: Seconds | None


class Receipt(Times):
    """Outcomes of one kind of events at a provider.

    Counts are of all such events; ``complete`` and ``shards`` (the lists of subscriptions it is
    sent to) are of the newest.
    """

    accepted: int
    dropped: int
    pruned: int
    held: int
    quarantined: int
    retried: int
    too_late: int
    ended: int
    complete: bool
    shards: int | None
    shards_done: int


class KindReceipts(Schema):
    """One provider's receipts; a kind without events is absent."""

    alert: Receipt | None = None
    replace: Receipt | None = None
    withdraw: Receipt | None = None


class ProviderReceipts(Schema):
    """Receipts by provider; a provider that did not send the item is absent."""

    webpush: KindReceipts | None = None
    fcm: KindReceipts | None = None
    apns: KindReceipts | None = None


class DeliveryReceipt(Times):
    """Outcomes of the item's events over all webhook endpoints."""

    delivered: int
    retried: int
    failed: int


class ItemReceipts(Schema):
    """An item's receipts. ``push``: it was published with push. ``complete``: push is done."""

    id: str
    push: bool
    complete: bool
    providers: ProviderReceipts
    webhooks: DeliveryReceipt | None


class ProviderStopShown(Schema):
    """The reason and the time of a provider's stop."""

    reason: str
    since: str


class SuspiciousServer(Schema):
    """A server that calls suspiciously many devices gone, since ``since``; none is deleted.

    ``gone`` of the last ``answers``; ``held``: such answers since then.
    """

    server: str
    since: str
    answers: int
    gone: int
    held: int


class LastDryRun(Schema):
    """The hourly test that reaches no device.

    ``at`` and ``age`` (seconds) are of the last success; before the first, ``age`` counts from when
    the provider was configured. ``error`` is why the last one failed.
    """

    at: str | None
    age: Seconds
    late: bool
    error: str | None


class ProviderShown(Schema):
    """One provider. ``configured``: a worker has its credentials, whatever this server's settings.
    ``silent``: no such worker has given a sign for some minutes. ``used``: the used share of the
    limits of subscriptions, in number and memory; at 1 new devices get 503.
    """

    provider: ProviderName
    configured: bool
    silent: bool
    seen_at: str | None
    stopped: ProviderStopShown | None
    subscriptions: int
    used: float
    quarantined: int
    suspicious: list[SuspiciousServer]
    dry_run: LastDryRun | None
    last_acceptance: Seconds | None


class PushStatus(Schema):
    """The state of the providers, and how much waits to be sent."""

    providers: list[ProviderShown]
    jobs: int
    oldest_job: Seconds | None


class ConfirmedGone(Schema):
    """The number of servers whose answers were suspicious and are believed for a day from now."""

    provider: ProviderName
    servers: int


class ClearedQuarantine(Schema):
    """The number of deleted subscriptions."""

    provider: ProviderName
    deleted: int


def shown(state: ProviderState, used: float) -> dict[str, Any]:
    """Return a ``ProviderShown``; ``used`` is the share of its limits."""
    age = state.dry_run_age
    stopped = state.stop_reason is not None
    return {
        "provider": state.provider,
        "configured": state.configured,
        "silent": state.silent,
        "seen_at": _time(state.seen_ms),
        "stopped": {"reason": state.stop_reason, "since": _time(state.stop_ms)}
        if stopped
        else None,
        "subscriptions": state.subscriptions,
        "used": round(used, 4),
        "quarantined": state.quarantined,
        "suspicious": [
            {
                "server": server,
                "since": _time(watch.since_ms),
                "answers": watch.answers,
                "gone": watch.gone,
                "held": watch.held,
            }
            for server, watch in sorted(state.suspicious.items())
        ],
        "dry_run": None
        if age is None
        else {
            "at": _time(state.dry_run.succeeded_ms),
            "age": age,
            "late": state.dry_run_late,
            "error": state.dry_run.error or None,
        },
        "last_acceptance": state.newest.last_after,
    }


def _time(ms: int | None) -> str | None:
    return None if ms is None else rfc3339(ms)
