"""Items related to an item: its story first, then shared tags, then shared sections and regions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from heapq import nlargest
from itertools import islice

from ticker.domain.event import LaneEvent
from ticker.domain.filter import Facets, Filter
from ticker.stream.current_items import CurrentItems

EXAMINED_MAX = 1_000
"""Items of the edition, newest first, that are examined for shared tags, sections and regions: an
answer costs the same however many items are current."""


def related(
    items: CurrentItems, event: LaneEvent, limit: int, exclude: Collection[str] = ()
) -> list[LaneEvent]:
    """Return up to ``limit`` items related to the item of ``event``, best first, without itself.

    Items of its story come first, newest first: those of its own edition, then those of others.
    Then items of its edition by shared tags, then by shared sections and regions; among equals the
    newest first. Ids in ``exclude`` are left out.
    """
    facets = event.facets
    if facets is None:
        return []
    story = [one for one in _story(items, event, facets) if one.item_id not in exclude]
    chosen = story[:limit]
    if len(chosen) < limit:
        known = {event.item_id, *exclude, *(one.item_id for one in story)}
        edition = items.view(Filter(editions=frozenset((event.edition,))))
        others = (one for one in islice(edition, EXAMINED_MAX) if one.item_id not in known)
        chosen += _closest(facets, others, limit - len(chosen))
    return chosen


def _story(items: CurrentItems, event: LaneEvent, facets: Facets) -> list[LaneEvent]:
    newest = [
        one
        for story in facets.stories
        for one in reversed(items.story(story))
        if one.item_id != event.item_id
    ]
    return sorted(newest, key=lambda one: one.edition != event.edition)


def _closest(facets: Facets, others: Iterable[LaneEvent], limit: int) -> list[LaneEvent]:
    near = [
        (closeness, one.published_ms, one.item_id, one)
        for one in others
        if (closeness := _closeness(facets, one.facets)) > (0, 0)
    ]
    return [one for *_, one in nlargest(limit, near, key=lambda found: found[:3])]


def _closeness(facets: Facets, other: Facets | None) -> tuple[int, int]:
    """Return the number of shared tags, and of shared sections and regions."""
    if other is None:
        return 0, 0
    places = len(facets.sections & other.sections) + len(facets.regions & other.regions)
    return len(facets.tags & other.tags), places
