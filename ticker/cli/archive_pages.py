"""Items of any age: the newest ones in every state, and behind them the pages of the archive.

The archive has what was ever live. Scheduled, retracted and test items are only in the lists for
editors.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from typing import TYPE_CHECKING, Any

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
ARCHIVED = frozenset({"live", "expired"})
"""States of items in the archive."""

END_OF_TIME = "9999-12-31T00:00:00.000Z"
"""A place before all items."""

Filters = Mapping[str, Any]
"""The facets and the level of ``Editor.list``."""


async def newest(client: Editor, filters: Filters) -> list[Item]:
    """Return the newest items in every state, then the drafts and scheduled ones not among them."""
    found: dict[str, Item] = {}
    for listing in (
        await client.list(limit=NEWEST, all=True, **filters),
        await client.list(limit=NEWEST, drafts=True, **filters),
        await client.list(limit=NEWEST, scheduled=True, **filters),
    ):
        for item in listing.items:
            found.setdefault(item.id, item)
    return [*found.values()]


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


async def searched(
    client: Editor, text: str, states: Collection[str], filters: Filters, limit: int
) -> tuple[list[Item], bool]:
    """Return items with the words of ``text``, newest first, and whether all items were searched.

    ``states``: only these; none: any. Without an archive, only the newest items are searched.
    """
    whole = True
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
            if not client.has_key:
                listing = await client.list(limit=NEWEST, **filters)
                return chosen(listing.items, states, text)[:limit], False
    if client.has_key:
        others = chosen(await newest(client, filters), states, text)
        found |= {
            item.id: item for item in others if not whole or item.json.get("state") not in ARCHIVED
        }
    return sorted(found.values(), key=time_of, reverse=True)[:limit], whole


async def in_states(
    client: Editor, states: Collection[str], filters: Filters, limit: int
) -> list[Item]:
    """Return items in ``states``, newest first: expired ones from the archive too."""
    found = chosen(await newest(client, filters), states, None)
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
    return found[:limit]


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
