"""Select the items of each page from the live items in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import chain

from ticker.domain.event import LaneEvent
from ticker.domain.filter import Facets, Filter
from ticker.domain.item import Level
from ticker.stream.current_items import CurrentItems
from ticker.stream.related import related as related_to

CANDIDATES_MAX = 1_000
"""First items of the edition that a front page is selected from, to bound the cost."""
DEVELOPMENTS = 3
TOP_ITEMS = 4
LATEST_ITEMS = 12
FRESH_MS = 12 * 3_600_000
"""How much older than the newest item an urgent one may be and still come before others."""
SECTION_ITEMS = 3
RELATED, RELATED_CANDIDATES_MAX = 6, 60


@dataclass(frozen=True, slots=True)
class FrontPage:
    """The items of a front page. Each is in one place above the sections."""

    lead: LaneEvent | None
    developments: Sequence[LaneEvent]
    """Further items of the lead's story, newest first."""
    top_items: Sequence[LaneEvent]
    latest: Sequence[LaneEvent]
    """The newest of the other items."""
    section_items: Sequence[tuple[str, Sequence[LaneEvent]]]
    """The newest items of each section that has any, without the lead and the top items; empty if
    all items are shown above them."""


def front(
    items: CurrentItems,
    edition: str,
    sections: Sequence[str],
    without: Container[LaneEvent] = (),
    has_picture: Callable[[LaneEvent], bool] = lambda event: False,
) -> FrontPage:
    """Return the front page of ``edition``, with none of the events in ``without``.

    The lead is the pinned item, otherwise the newest bulletin or flash, otherwise the newest urgent
    item, otherwise the newest item; an item that is ``FRESH_MS`` older than the newest one is not
    urgent any more. The top items are urgent items, then new ones with a picture; each story is
    among them once. The list of the latest items has those that stand nowhere else.

    ``ticker/web/site/compose.js`` makes the same choice in the browser.
    """
    found = items.select(Filter(editions=frozenset((edition,))), CANDIDATES_MAX)
    events = [event for event in found if event not in without]
    if not events:
        return FrontPage(None, (), (), (), ())
    since = max(event.published_ms for event in events) - FRESH_MS
    fresh = [event for event in events if event.published_ms > since]
    by_level = (_first(fresh, level) for level in (Level.bulletin, Level.urgent))
    lead = events[0] if events[0].pinned else next(filter(None, by_level), events[0])
    urgent = (event for event in fresh if _level(event) >= Level.urgent)
    pictured = (event for event in fresh if has_picture(event))
    developments = [event for event in _developments(items, lead) if event not in without]
    top_items = _distinct([lead], chain(urgent, pictured), TOP_ITEMS)
    above = {event.item_id for event in (lead, *developments, *top_items)}
    others = [event for event in events if event.item_id not in above]
    section_items = []
    shown = [lead, *top_items]
    for section in sections if len(others) > LATEST_ITEMS else ():
        candidates = [e for e in events if e.facets and section in e.facets.sections]
        if found := _distinct(shown, candidates, SECTION_ITEMS):
            section_items.append((section, found))
            shown += found
    return FrontPage(lead, developments, top_items, others[:LATEST_ITEMS], section_items)


def story(items: CurrentItems, name: str) -> list[LaneEvent]:
    """Return the live items of a story in all editions, oldest first."""
    return items.story(name)


def translations(items: CurrentItems, event: LaneEvent) -> dict[str, LaneEvent]:
    """Return the item of ``event`` in each edition, itself included; empty without translations.

    Items are translations of each other if their story has one item in each edition: of several
    developments, nothing says which ones are the same.
    """
    stories = () if event.facets is None else event.facets.stories
    found = [one for name in stories for one in items.story(name)]
    by_edition = {one.edition: one for one in found}
    return by_edition if len(by_edition) == len(found) > 1 else {}


def related_to_story(items: CurrentItems, members: Sequence[LaneEvent]) -> list[LaneEvent]:
    """Return items related to the story with the items ``members``, none of that story."""
    facets = [
        event.facets for event in members[-RELATED_CANDIDATES_MAX:] if event.facets is not None
    ]
    about = replace(reduce(Facets.union, facets), stories=frozenset())
    member_ids = {event.item_id for event in members}
    return related(items, replace(members[-1], facets=about), member_ids)


def related(
    items: CurrentItems, event: LaneEvent, exclude: Collection[str] = ()
) -> list[LaneEvent]:
    """Return items related to ``event`` in its own edition, best first.

    They are the newest items of its own story, and the best item of each other story.
    """
    candidates = related_to(items, event, RELATED_CANDIDATES_MAX, exclude)
    found = [one for one in candidates if one.edition == event.edition]
    names = _names(event)
    same_story = [one for one in found if not names.isdisjoint(_names(one))][:DEVELOPMENTS]
    return same_story + _distinct([event], found, RELATED - len(same_story))


def _developments(items: CurrentItems, lead: LaneEvent) -> list[LaneEvent]:
    names = lead.facets.stories if lead.facets is not None else ()
    found = [event for name in names for event in reversed(items.story(name))]
    others = [e for e in found if e.edition == lead.edition and e.item_id != lead.item_id]
    return others[:DEVELOPMENTS]


def _first(events: Iterable[LaneEvent], level: Level) -> LaneEvent | None:
    """Return the first of ``events`` that has at least this level."""
    return next((event for event in events if _level(event) >= level), None)


def _level(event: LaneEvent) -> int:
    return 0 if event.facets is None else event.facets.level


def _distinct(
    before: Iterable[LaneEvent], candidates: Iterable[LaneEvent], limit: int
) -> list[LaneEvent]:
    """Return up to ``limit`` of ``candidates``, each item and story once, none of ``before``."""
    seen: set[str] = set()
    chosen: list[LaneEvent] = []
    for event in before:
        seen.update(_names(event))
    for event in candidates:
        if len(chosen) == limit:
            break
        if seen.isdisjoint(_names(event)):
            seen.update(_names(event))
            chosen.append(event)
    return chosen


def _names(event: LaneEvent) -> set[str]:
    stories = event.facets.stories if event.facets is not None else ()
    return {event.item_id, *(f"story {name}" for name in stories)}
