"""What else a reader of an item may want: its story, then what shares its tags, then its places."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from heapq import nlargest
from itertools import islice

from ticker.domain.event import LaneEvent
from ticker.domain.filter import Facets, Filter
from ticker.stream.current_items import CurrentItems

LOOK = 1_000
"""Items at the top of the edition that are looked at for shared tags, sections and regions: what is
older is hardly worth it, and an answer must cost a constant however many items are out."""


def related(
    board: CurrentItems, event: LaneEvent, limit: int, apart: Collection[str] = ()
) -> list[LaneEvent]:
    """Return up to ``limit`` items related to ``event``, best first, never the item itself.

    Nor any whose id is in ``apart``.

    First its story, newest first: those of its own edition, then those of others. Then what in its
    edition shares most tags, then what shares most sections and regions; among equals the newest.
    """
    facets = event.facets
    if facets is None:
        return []
    family = [one for one in _family(board, event, facets) if one.item_id not in apart]
    chosen = family[:limit]
    if len(chosen) < limit:
        known = {event.item_id, *apart, *(one.item_id for one in family)}
        edition = board.view(Filter(editions=frozenset((event.edition,))))
        others = (one for one in islice(edition, LOOK) if one.item_id not in known)
        chosen += _closest(facets, others, limit - len(chosen))
    return chosen


def _family(board: CurrentItems, event: LaneEvent, facets: Facets) -> list[LaneEvent]:
    newest = [
        one
        for story in facets.stories
        for one in reversed(board.story(story))
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
    """Return how many tags, and how many sections and regions, are shared."""
    if other is None:
        return 0, 0
    places = len(facets.sections & other.sections) + len(facets.regions & other.regions)
    return len(facets.tags & other.tags), places
