"""Items of any age: the newest ones in every state, and behind them the pages of the archive.

The archive has what was ever live. Scheduled, retracted and test items are only in the lists for
editors. Where such a list ends before the items do, the result says so.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ticker.cli.listing import chosen, time_of
from ticker.client.errors import NotFound
from ticker.client.results import Detail

if TYPE_CHECKING:
    from ticker.client import Editor, Item

NEWEST = 200
"""Items of any state that the newsroom lists without the archive."""
PAGE = 100
"""Items of a page of the archive."""
PAGES_MAX = 20
"""Pages that one command reads."""
KEPT_PAGES_MAX = 51
"""Pages of the list of items in every state: all that a newsroom lists."""
OF_EDITORS = ("retracted", "test")
"""States of items that are in no other list."""
ARCHIVED = frozenset({"live", "expired"})
"""States of items in the archive."""

END_OF_TIME = "9999-12-31T00:00:00.000Z"
"""A place before all items."""

Filters = Mapping[str, Any]
"""The facets and the level of ``Editor.list``."""


class Found(NamedTuple):
    """Items, the newest first, and sentences about where the search for them ended."""

    items: list[Item]
    notes: list[str]


async def newest(client: Editor, filters: Filters) -> tuple[list[Item], bool]:
    """Return the newest items in every state, then the drafts and scheduled ones not among them.

    And whether there are older items.
    """
    found: dict[str, Item] = {}
    first = await client.list(limit=NEWEST, all=True, **filters)
    for listing in (
        first,
        await client.list(limit=NEWEST, drafts=True, **filters),
        await client.list(limit=NEWEST, scheduled=True, **filters),
    ):
        for item in listing.items:
            found.setdefault(item.id, item)
    return [*found.values()], first.next is not None


async def further(client: Editor, every: bool, place: str, filters: Filters) -> str | None:
    """Return ``place`` if there are items before it, else None.

    A list of live items ends with the place of its last one, whether the archive has older ones or
    not. ``every``: items in every state.
    """
    page = await client.list(limit=1, all=every, before=place, **filters)
    return place if page.items or page.next else None


async def older(client: Editor, filters: Filters, before: str) -> AsyncIterator[Item]:
    """Yield the items that were published before a place, newest first, ``PAGES_MAX`` pages."""
    place: str | None = before
    for _ in range(PAGES_MAX):
        if place is None:
            return
        page = await client.list(limit=PAGE, before=place, **filters)
        for item in page.items:
            yield item
        place = page.next


async def kept(client: Editor, state: str, text: str | None, filters: Filters, limit: int) -> Found:
    """Return the retracted or the test items, newest first, that have the words of ``text``."""
    found: list[Item] = []
    place: str | None = None
    for _ in range(KEPT_PAGES_MAX):
        page = await client.list(limit=NEWEST, state=state, before=place, **filters)
        found += chosen(page.items, (), text)
        place = page.next
        if len(found) >= limit:
            return Found(found[:limit], [])
        if place is None:
            since = page.json.get("since")
            note = f"{state.capitalize()} items from before {since} are only found by their ids."
            return Found(found, [note] if since else [])
    looked = KEPT_PAGES_MAX * NEWEST
    return Found(found, [f"Only the newest {looked:,} items were searched for {state} ones."])


async def searched(
    client: Editor, text: str, states: Collection[str], filters: Filters, limit: int
) -> Found:
    """Return items with the words of ``text``, newest first.

    ``states``: only these; none: any. Without an archive, only the newest items are searched.
    """
    whole = True
    notes: list[str] = []
    found: dict[str, Item] = {}
    if not states or ARCHIVED & set(states):
        place: str | None = None
        try:
            for _ in range(PAGES_MAX):
                page = await client.search(text, limit=PAGE, before=place, **filters)
                items = chosen(page.items, states, None)
                found |= {item.id: item for item in items}
                place = page.next
                if place is None or len(found) >= limit:
                    break
        except NotFound:
            whole = False
            notes.append(f"There is no archive: only the newest {NEWEST} items are searched.")
            if not client.has_key:
                listing = await client.list(limit=NEWEST, **filters)
                return Found(chosen(listing.items, states, text)[:limit], notes)
    if client.has_key:
        others, more_of_them = await newest(client, filters)
        others = chosen(others, states, text)
        found |= {
            item.id: item for item in others if not whole or item.json.get("state") not in ARCHIVED
        }
        for state in OF_EDITORS:
            if state in states:
                more, told = await kept(client, state, text, filters, limit)
                found |= {item.id: item for item in more}
                notes += told
        if not states and whole and more_of_them:
            notes.append(
                f"Retracted and test items: the newest {NEWEST} items were searched. "
                "--state retracted, or test, searches more."
            )
    return Found(sorted(found.values(), key=time_of, reverse=True)[:limit], notes)


async def in_states(client: Editor, states: Collection[str], filters: Filters, limit: int) -> Found:
    """Return items in ``states``, newest first: expired ones from the archive too."""
    listed, _ = await newest(client, filters)
    found = chosen(listed, states, None)
    notes: list[str] = []
    for state in OF_EDITORS:
        if state in states and len(found) < limit:
            known = {item.id for item in found}
            more, told = await kept(client, state, None, filters, limit)
            found += [item for item in more if item.id not in known]
            notes += told
            found.sort(key=time_of, reverse=True)
    if "expired" in states and len(found) < limit:
        known = {item.id for item in found}
        # From the newest on: the newest items are those that were written last, and the pages are
        # in the order of publication, which is another one for scheduled and for dated items.
        async for item in older(client, filters, END_OF_TIME):
            if item.id not in known and chosen([item], states, None):
                found.append(item)
                if len(found) >= limit:
                    break
        found.sort(key=time_of, reverse=True)
    return Found(found[:limit], notes)


async def detail(client: Editor, id: str) -> Detail:
    """Return an item; if its history is not kept any more, what the archive has of it.

    Raises NotFound.
    """
    try:
        return await client.get(id)
    except NotFound:
        found = (await client.with_id(id)).items
        if not found:
            raise
        item = found[0]
        return Detail(item, item.json.get("state"), (), item.json)
