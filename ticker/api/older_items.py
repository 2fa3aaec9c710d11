"""Older items: the archive behind the items in memory, without a seam between the two.

Another process writes the archive, and may be a fifth of a second behind the lane. So live items
and what the archive does not have yet are taken from memory, and the rest is shown as far as
``ShownNow`` confirms it. At the end of an answer everything is compared with the lane once more,
and nothing is awaited after that.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from time import monotonic

from ticker.api.live_items import ITEM_ID, LiveItems
from ticker.api.places import Before
from ticker.api.request_rights import may_read_now, readable_part, require_editions, require_filter
from ticker.api.shown_now import Found, ItemStates, ShownNow, live_item, matches_event
from ticker.archive.place import Place
from ticker.archive.query import Query
from ticker.archive.store import ArchiveReader
from ticker.domain.cursor import ZERO
from ticker.domain.errors import NotFound
from ticker.domain.filter import Filter

NEWER_MAX = 1_000
"""Events that are looked at in memory because the archive does not have them yet."""
ROUNDS_MAX = 3
"""Questions to the archive for one page. If so many of its items are left out that the page is not
full after them, it is short, and the next one begins where it ended."""
ABSENT_SECONDS = 2.0
"""For so long an id that the archive does not have is not looked up again."""
ABSENT_MAX = 1_024
"""Such ids that are kept; the oldest are dropped first."""
NO_ARCHIVE = "this newsroom keeps no archive"
_LOWEST = Place(-1, "")


@dataclass(frozen=True, slots=True)
class Page:
    """Items newest first, and where the next page begins; None after the last one."""

    items: Sequence[Found]
    next: Before | None


class OlderItems:
    """Pages, searches and boards of the past. Without an archive there are only live items.

    Methods raise Unavailable while the archive or Redis cannot answer, and NotFound if there is no
    archive to ask.
    """

    def __init__(
        self,
        live_items: LiveItems,
        states: ItemStates,
        archive: ArchiveReader | None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._live_items = live_items
        self._shown = ShownNow(live_items, states)
        self._archive = archive
        self._clock = clock
        self._absent: OrderedDict[str, float] = OrderedDict()

    @property
    def has_archive(self) -> bool:
        """Tell whether the newsroom keeps an archive."""
        return self._archive is not None

    async def after_snapshot(self, filter: Filter, before: Before, limit: int) -> Page:
        """Return the page that follows a snapshot or another such page.

        Pinned items, which are first in a snapshot, are not repeated.
        """
        filter = readable_part(filter)
        pinned: list[Found] = []
        place: Place | None = await self._place(before)
        if before.pinned:
            pinned = self._pinned(filter, place)
            if len(pinned) > limit:
                last = pinned[limit - 1].place
                return Page(pinned[:limit], Before(last, pinned=True))
        below = None if before.pinned else place
        page = await self._page(Query(filter=filter), below, limit, with_pinned=False)
        if before.pinned:
            pinned = self._pinned(filter, place)  # as they are now
        items = [*pinned, *page.items][:limit]
        if len(pinned) + len(page.items) > limit:
            return Page(items, Before(items[-1].place, pinned=items[-1].pinned))
        return Page(items, page.next)

    async def in_order(self, filter: Filter, before: Before | None, limit: int) -> Page:
        """Return a page of all items by time of publication, pinned ones among them."""
        filter = readable_part(filter)
        place = None if before is None else await self._place(before)
        return await self._page(Query(filter=filter), place, limit, with_pinned=True)

    async def search(self, query: Query, before: Before | None, limit: int) -> Page:
        """Return a page of the items that ``query`` finds, newest first."""
        if self._archive is None:
            raise NotFound(NO_ARCHIVE)
        require_filter(query.filter)  # the text of a search may name an edition
        query = replace(query, filter=readable_part(query.filter))
        place = None if before is None else await self._place(before)
        newer = await self._newer_than_archive(self._archive, query, place)
        return await self._merged(query, place, limit, newer, _LOWEST, with_pinned=True)

    async def board(self, at_ms: int, filter: Filter, limit: int) -> list[Found]:
        """Return the board as it was at ``at_ms``, without what was retracted since."""
        if self._archive is None:
            raise NotFound(NO_ARCHIVE)
        filter = readable_part(filter)
        start = self._shown.start()
        versions = await self._archive.board(at_ms, Query(filter=filter), limit)
        confirmed = await self._shown.confirmed(versions, start)
        current = self._live_items.lane().current_items
        return [Found(one.place, one.item, one.id in current) for one in confirmed]

    async def item(self, id: str) -> Found | None:
        """Return an item that has expired, or None if there is none that may be shown.

        It is right at the moment of the return: await nothing before it is shown. Raises
        TokenRequired, InvalidToken or EditionNotInToken if the request may not read it.
        """
        if self._archive is None or ITEM_ID.fullmatch(id) is None:
            return None
        if self._clock() < self._absent.get(id, 0.0):
            return None
        start = self._shown.start()
        found = await self._archive.get(id)
        if found is None:
            self._absent.pop(id, None)
            self._absent[id] = self._clock() + ABSENT_SECONDS
            if len(self._absent) > ABSENT_MAX:
                self._absent.popitem(last=False)
            return None
        shown = await self._shown.shown(Query(), [found], start)
        if not shown:
            return None
        require_editions((shown[0].public()["edition"],))
        return shown[0]

    async def ids(self, part: str, limit: int) -> list[str]:
        """Return ids of the archive that begin or end with ``part``; for editors.

        Ids of retracted items are among them.
        """
        return [] if self._archive is None else await self._archive.ids(part, limit)

    async def with_part(self, part: str, ids: Sequence[str]) -> list[Found]:
        """Return what may be shown of the live items with ``part``, and of ``ids``; newest first.

        They are right at the moment of the return: await nothing before they are shown.
        """
        start = self._shown.start()
        archived = []
        if self._archive is not None:
            archived = [one for id in ids if (one := await self._archive.get(id)) is not None]
        shown = await self._shown.shown(Query(), archived, start)
        known = self._shown.now(Query(), shown, start, with_pinned=True)
        found = {at: one for at, one in known.items() if may_read_now(one.public()["edition"])}
        for event in self._live_items.lane().current_items:
            if event.item_id.startswith(part) or event.item_id.endswith(part):
                live = live_item(event)
                found[live.place] = live
        return [found[place] for place in sorted(found, reverse=True)]

    def _pinned(self, filter: Filter, before: Place | None) -> list[Found]:
        every = map(live_item, self._live_items.lane().current_items.pinned(filter))
        return [one for one in every if before is not None and one.place < before]

    async def _place(self, before: Before) -> Place:
        """Return a place; that of an item of which only the id was given is looked up."""
        if not before.id_only:
            return before.place
        event = self._live_items.lane().current_items.get(before.place.id)
        if event is not None:
            return Place(event.published_ms, event.item_id)
        found = None if self._archive is None else await self._archive.get(before.place.id)
        return before.place if found is None else found.place

    async def _page(
        self, query: Query, before: Place | None, limit: int, *, with_pinned: bool
    ) -> Page:
        current = self._live_items.lane().current_items
        live: list[Found] = []
        for event in current.older(query.filter, before):
            live.append(live_item(event))
            if len(live) > limit:
                break
        reached = live[-1].place if len(live) > limit else _LOWEST
        if with_pinned:
            pinned = map(live_item, current.pinned(query.filter))
            live += [one for one in pinned if before is None or one.place < before]
        return await self._merged(query, before, limit, live, reached, with_pinned=with_pinned)

    async def _merged(
        self,
        query: Query,
        before: Place | None,
        limit: int,
        live: Iterable[Found],
        reached: Place,
        *,
        with_pinned: bool,
    ) -> Page:
        """Return the page of ``live`` items and those of the archive; each only once.

        ``live`` has every live item down to the place ``reached``.
        """
        start = self._shown.start()
        found = {one.place: one for one in live}
        whole = self._archive is None
        at = before
        for _ in range(ROUNDS_MAX):
            if self._archive is None or whole:
                break
            archived = await self._archive.find(query, at, limit + 1)
            for one in await self._shown.shown(query, archived, start):
                found[one.place] = one
            found = self._shown.now(query, found.values(), start, with_pinned=with_pinned)
            whole = len(archived) <= limit
            at = archived[-1].place if archived else at
            if at is not None and sum(place >= max(at, reached) for place in found) > limit:
                break
        if not whole and at is not None:
            reached = max(at, reached)
        places = sorted((place for place in found if place >= reached), reverse=True)
        items = [found[place] for place in places[:limit]]
        if len(places) > limit:
            return Page(items, Before(places[limit - 1]))
        return Page(items, None if reached == _LOWEST else Before(reached))

    async def _newer_than_archive(
        self, archive: ArchiveReader, query: Query, before: Place | None
    ) -> list[Found]:
        """Return the matching live items whose newest events the archive does not have yet."""
        position = (await archive.position()).cursor
        lane = self._live_items.lane()
        found: dict[str, Found] = {}
        for event in lane.window.after(ZERO if position is None else position.id, NEWER_MAX):
            current = lane.current_items.get(event.item_id)
            if current is not None and matches_event(query, current):
                one = live_item(current)
                if before is None or one.place < before:
                    found[event.item_id] = one
        return list(found.values())
