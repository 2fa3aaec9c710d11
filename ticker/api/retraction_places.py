"""The places where a retracted item may still be: each is looked at, and called clean or named."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias
from urllib.parse import urlsplit

import orjson

from ticker.api.current_lane import ReadView
from ticker.archive.store import ArchiveReader
from ticker.domain.clock import rfc3339
from ticker.domain.cursor import StreamId
from ticker.domain.item import Item
from ticker.domain.live_receipt import LiveReceipt
from ticker.domain.messages import Message, coded, said
from ticker.publishing.service import ItemService
from ticker.push.model.receipts import Receipts
from ticker.push.model.subscription import ProviderName
from ticker.readership.live_receipt_store import LiveReceiptStore
from ticker.stream.process_store import ProcessStore, ServerProcess
from ticker.webhooks.endpoint import Endpoint, State
from ticker.webhooks.endpoints import Webhooks

CACHED_FOR = 20
"""Seconds for which a proxy that obeys ``Cache-Control`` may serve a feed: 10, and 10 more while it
asks again. Pages and polls: 2."""
SILENT_AFTER = 10
"""Seconds without a report after which a process is called silent; it reports every three."""
NOT_TOLD = ("dropped", "held", "quarantined", "too_late")
"""Outcomes of a withdrawal after which a device may still show the alert."""

Kind: TypeAlias = Literal[
    "lane", "gateway", "readers", "web", "proxies", "archive", "push", "webhook", "websub"
]
Verdict: TypeAlias = Literal["clean", "pending", "unclean"]


@dataclass(frozen=True, slots=True)
class Place:
    """One place. ``name`` tells places of one kind apart; ``detail`` says why it is not clean."""

    place: Kind
    name: str | None
    state: Verdict
    detail: Message | None = None

    def document(self) -> dict[str, Any]:
        """Return it as a JSON object. ``code`` and ``params`` say what ``detail`` does."""
        return {
            "place": self.place,
            "name": self.name,
            "state": self.state,
            "detail": str(self.detail or ""),
            **({"code": None, "params": None} if self.detail is None else coded(self.detail)),
        }


class Hub(Protocol):
    """The progress of a WebSub hub."""

    async def position(self) -> StreamId | None:
        """Return the lane id up to which the hub was notified. Raises Unavailable."""


class RetractionPlaces:
    """Looks at all places. Methods raise Unavailable."""

    def __init__(
        self,
        items: ItemService,
        view: ReadView,
        processes: ProcessStore,
        live: LiveReceiptStore,
        webhooks: Webhooks,
        hubs: Mapping[str, Hub],
        archive: ArchiveReader | None,
    ) -> None:
        """``hubs`` by address."""
        self._items = items
        self._view = view
        self._processes = processes
        self._live = live
        self._webhooks = webhooks
        self._hubs = hubs
        self._archive = archive

    async def of(
        self, item: Item, push: Receipts, providers: Iterable[ProviderName]
    ) -> dict[str, Any] | None:
        """Return the places of a retracted item as a JSON object; None if it is not retracted.

        None also if readers never had it. ``providers`` are those that workers send through.
        """
        if item.state != "retracted":
            return None
        ((_, event),) = await self._items.states([item.id])
        if event is None:
            return None
        now, top, left = await asyncio.gather(
            self._items.now_ms(),
            self._items.lane_top(),
            self._items.left_in_lane(item.id, event),
        )
        processes, receipts, endpoints, archive = await asyncio.gather(
            self._processes.all(),
            self._live.of_action(item.id, "retract"),
            self._webhooks.all(),
            self._in_archive(item.id, event),
        )
        hubs = await asyncio.gather(*(hub.position() for hub in self._hubs.values()))
        current = {id: one for id, one in receipts.items() if one.event == event}
        failed = await asyncio.gather(*(self._webhooks.failed(one.id) for one, _ in endpoints))
        places = [
            lane(event, top, left),
            *servers(event, processes, current),
            *self._here(item.id),
            *readers(list(current.values())),
            proxies(event, now),
            *archive,
            *phones(item, event, push, providers),
            *(
                endpoint(event, one, state, [str(entry["event"]) for entry in lost])
                for (one, state), lost in zip(endpoints, failed, strict=True)
            ),
            *(hub(event, url, at) for url, at in zip(self._hubs, hubs, strict=True)),
        ]
        return {
            "at": rfc3339(event.ms),
            "clean": all(place.state == "clean" for place in places),
            "places": [place.document() for place in places],
        }

    def _here(self, item: str) -> Iterator[Place]:
        """Look into the memory of this process, beyond its position."""
        if self._view.ready and not self._view.lane.is_clean(item):
            yield Place("web", "this process", "pending", said("place-memory"))

    async def _in_archive(self, item: str, event: StreamId) -> list[Place]:
        if self._archive is None:
            return []
        found, position = await asyncio.gather(self._archive.get(item), self._archive.position())
        if found is not None and "headline" in orjson.loads(found.item):
            return [Place("archive", None, "pending", said("place-archive"))]
        if position.cursor is None or position.cursor.id < event:
            return [Place("archive", None, "pending", said("place-archive-behind"))]
        return [Place("archive", None, "clean")]


def lane(event: StreamId, top: StreamId, left: int) -> Place:
    """Return the lane's place: ``left`` of the item's entries are still in it."""
    if top < event:
        return Place("lane", None, "pending", said("place-uncarried"))
    if left:
        return Place("lane", None, "unclean", counted("place-entry", "place-entries", left))
    return Place("lane", None, "clean")


def servers(
    event: StreamId, processes: Sequence[ServerProcess], receipts: Mapping[str, LiveReceipt]
) -> Iterator[Place]:
    """Return the places of gateways and web processes."""
    for one in processes:
        receipt = receipts.get(one.id)
        if receipt is not None and not receipt.clean:
            yield Place(one.role, one.name, "unclean", said("place-memory"))
        elif receipt is not None or one.position >= event:
            yield Place(one.role, one.name, "clean")
        elif one.age > SILENT_AFTER:
            why = said("place-silent", seconds=one.age)
            yield Place(one.role, one.name, "pending", why)
        else:
            yield Place(one.role, one.name, "pending", said("place-behind"))


def readers(receipts: Collection[LiveReceipt]) -> Iterator[Place]:
    """Return the place of the readers' screens, as far as the gateways know them."""
    slow = sum(one.delayed for one in receipts)
    if slow:
        why = counted("place-slow", "place-slow-many", slow)
        yield Place("readers", None, "pending", why)
    elif receipts:
        yield Place("readers", None, "clean")


def proxies(event: StreamId, now_ms: int) -> Place:
    """Return the place of all caches between the newsroom and its readers."""
    left = CACHED_FOR - (now_ms - event.ms) // 1000
    if left > 0:
        return Place("proxies", None, "pending", said("place-cached", seconds=left))
    return Place("proxies", None, "clean")


def counted(one: str, many: str, count: int) -> Message:
    """Return the sentence of ``one`` thing, or of ``many``."""
    return said(one) if count == 1 else said(many, count=count)


def phones(
    item: Item, event: StreamId, push: Receipts, providers: Iterable[ProviderName]
) -> Iterator[Place]:
    """Return the places of the providers that have sent something of the item.

    Until a worker has read the retraction of an item with push, those that may have: ``providers``.
    """
    if item.push and not push.providers:
        for name in providers:
            yield Place("push", name, "pending", said("place-push-unread"))
    for provider, kinds in push.providers.items():
        sent = sum(one.counts["accepted"] for kind, one in kinds.items() if kind != "withdraw")
        withdrawn = kinds.get("withdraw")
        if withdrawn is None or withdrawn.when.event != event:
            if sent or item.push:
                why = said("place-push-waits")
                yield Place("push", provider, "pending", why)
        elif not withdrawn.complete:
            why = said("place-push-shards", done=withdrawn.done, shards=withdrawn.shards or "?")
            yield Place("push", provider, "pending", why)
        elif sent and not withdrawn.shards:
            why = counted("place-push-late", "place-push-late-many", sent)
            yield Place("push", provider, "unclean", why)
        elif lost := sum(withdrawn.counts[name] for name in NOT_TOLD):
            why = counted("place-push-lost", "place-push-lost-many", lost)
            yield Place("push", provider, "unclean", why)
        else:
            yield Place("push", provider, "clean")


def endpoint(event: StreamId, one: Endpoint, state: State, failed: Sequence[str]) -> Place:
    """Return the place of a webhook endpoint; ``failed`` are the events that it did not take."""
    name = one.description or urlsplit(one.url).hostname or one.id
    if f"evt_{event}" in failed:
        return Place("webhook", name, "unclean", said("place-webhook-lost"))
    if state.cursor >= event:
        return Place("webhook", name, "clean")
    if state.disabled:
        disabled = said("place-webhook-disabled", cause=state.disabled)
        return Place("webhook", name, "unclean", disabled)
    waits = said("place-webhook-waits")
    if state.last_error:
        waits = said("place-webhook-waits-after", cause=state.last_error)
    return Place("webhook", name, "pending", waits)


def hub(event: StreamId, url: str, position: StreamId | None) -> Place:
    """Return the place of a WebSub hub; a hub without a position was never notified."""
    if position is None or position >= event:
        return Place("websub", url, "clean")
    return Place("websub", url, "pending", said("place-hub"))
