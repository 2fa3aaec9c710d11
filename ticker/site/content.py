"""What is on a page: chosen out of the board, in memory. The one place where the site looks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from ticker.domain.event import LaneEvent
from ticker.domain.filter import Facets, Filter
from ticker.domain.item import Level
from ticker.stream.current_items import CurrentItems
from ticker.stream.related import related as related_to

LOOK = 1_000
"""Items at the top of the edition that its front page is chosen from: the cost is a constant."""
THREAD = 3
BESIDE = 4
DIGEST = 3
RELATED, LOOK_RELATED = 6, 60


@dataclass(frozen=True, slots=True)
class FrontPage:
    """What a front page shows besides the live list."""

    lead: LaneEvent | None
    thread: Sequence[LaneEvent]
    """What else the lead's story has, newest first."""
    beside: Sequence[LaneEvent]
    digests: Sequence[tuple[str, Sequence[LaneEvent]]]
    """The newest of each section that has something."""


def front(board: CurrentItems, edition: str, sections: Sequence[str]) -> FrontPage:
    """Return the front page of ``edition``.

    The lead is what the desk pinned, else the newest bulletin or flash, else
    the newest urgent line, else the newest. Beside it is what is urgent, then what is new; one
    story is there once.
    """
    events = board.select(Filter(editions=frozenset((edition,))), LOOK)
    if not events:
        return FrontPage(None, (), (), ())
    lead = events[0] if events[0].pinned else _first(events, (Level.bulletin, Level.urgent))
    urgent = [event for event in events if _level(event) >= Level.urgent]
    beside = _distinct([lead], [*urgent, *events], BESIDE)
    digests = []
    for section in sections:
        ours = [e for e in events if e.facets is not None and section in e.facets.sections]
        if found := _distinct([lead], ours, DIGEST):
            digests.append((section, found))
    return FrontPage(lead, _thread(board, lead), beside, digests)


def story(board: CurrentItems, name: str) -> list[LaneEvent]:
    """Return what is out of a story in all editions, oldest first."""
    return board.story(name)


def around(board: CurrentItems, ours: Sequence[LaneEvent]) -> list[LaneEvent]:
    """Return what a reader of a story's items ``ours`` may want too, nothing of that story."""
    facets = [event.facets for event in ours[-LOOK_RELATED:] if event.facets is not None]
    about = replace(reduce(Facets.union, facets), stories=frozenset())
    return related(board, replace(ours[-1], facets=about), {event.item_id for event in ours})


def related(board: CurrentItems, event: LaneEvent, apart: Collection[str] = ()) -> list[LaneEvent]:
    """Return what a reader of ``event`` may want too, in its own edition, best first.

    Of its own story the newest few, of any other the one line that is nearest.
    """
    near = related_to(board, event, LOOK_RELATED, apart)
    found = [one for one in near if one.edition == event.edition]
    names = _names(event)
    family = [one for one in found if not names.isdisjoint(_names(one))][:THREAD]
    return family + _distinct([event], found, RELATED - len(family))


def _thread(board: CurrentItems, lead: LaneEvent) -> list[LaneEvent]:
    names = lead.facets.stories if lead.facets is not None else ()
    found = [event for name in names for event in reversed(board.story(name))]
    ours = [e for e in found if e.edition == lead.edition and e.item_id != lead.item_id]
    return ours[:THREAD]


def _first(events: Sequence[LaneEvent], levels: Iterable[Level]) -> LaneEvent:
    """Return the newest event of the first of ``levels`` that any reaches, else the newest."""
    for level in levels:
        for event in events:
            if _level(event) >= level:
                return event
    return events[0]


def _level(event: LaneEvent) -> int:
    return 0 if event.facets is None else event.facets.level


def _distinct(
    before: Iterable[LaneEvent], candidates: Iterable[LaneEvent], limit: int
) -> list[LaneEvent]:
    """Return up to ``limit`` of ``candidates``, no item and no story twice, none of ``before``."""
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
