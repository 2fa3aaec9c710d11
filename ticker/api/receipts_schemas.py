"""Response schemas of an item's receipts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ticker.api.retraction_places import Kind, Verdict
from ticker.api.schema import Schema

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


class LiveReceipt(Times):
    """The newest event of one action, whose id is ``event`` (its ``wire_id``), on readers' screens.

    ``screens`` are the live connections that took it at once, ``delayed`` those that were slow or
    broken, ``later`` those that got it after a reconnection. ``written`` counts the first two by
    transport and by the edition that the reader has chosen (``all``: none, ``several``: more than
    one). ``gateways`` are the gateway processes that have reported it.
    """

    event: str
    screens: int
    delayed: int
    later: int
    written: dict[str, dict[str, int]]
    gateways: int


class LiveReceipts(Schema):
    """The live side: ``gateways`` that run, and receipts by the action of the event."""

    gateways: int
    events: dict[str, LiveReceipt]


class RetractionPlace(Schema):
    """A place where the item was: ``clean``, ``pending`` (it will be), or ``unclean``.

    ``detail`` says why; ``code`` and ``params`` say the same, for an interface in another language.
    ``web`` are pages and feeds, ``proxies`` all caches that obey
    ``Cache-Control``.
    """

    place: Kind
    name: str | None
    state: Verdict
    detail: str
    code: str | None
    params: dict[str, str | int] | None


class RetractionStatus(Schema):
    """The item's retraction; ``clean`` if all places are."""

    at: str
    clean: bool
    places: list[RetractionPlace]


class ItemReceipts(Schema):
    """An item's receipts. ``push``: it was published with push, which a drill never is.

    ``complete``: push is done.
    """

    id: str
    push: bool
    complete: bool
    live: LiveReceipts
    retraction: RetractionStatus | None
    providers: ProviderReceipts
    webhooks: DeliveryReceipt | None
