"""Items related to an item: its story first, then by subject (``relatedness``)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from heapq import nlargest
from itertools import islice

import orjson

from ticker.domain.event import LaneEvent
from ticker.domain.filter import Facets, Filter
from ticker.domain.headline_terms import significant_words
from ticker.stream.current_items import CurrentItems
from ticker.stream.relatedness import Relatedness, Subject

EXAMINED_MAX = 300
"""Items of the edition, newest first, whose subjects are compared: an answer costs the same, about
ten milliseconds, however many items are current."""


def related(
    items: CurrentItems, event: LaneEvent, limit: int, exclude: Collection[str] = ()
) -> list[LaneEvent]:
    """Return up to ``limit`` items related to the item of ``event``, best first, without itself.

    Items of its story come first, newest first: those of its own edition, then those of others.
    Then items of its edition on the same subject. Ids in ``exclude`` are left out.
    """
    facets = event.facets
    if facets is None:
        return []
    story = [one for one in _story(items, event, facets) if one.item_id not in exclude]
    chosen = story[:limit]
    if len(chosen) < limit:
        known = {event.item_id, *exclude, *(one.item_id for one in story)}
        edition = items.view(Filter(editions=frozenset((event.edition,))))
        chosen += _closest(event, list(islice(edition, EXAMINED_MAX)), known, limit - len(chosen))
    return chosen


def _story(items: CurrentItems, event: LaneEvent, facets: Facets) -> list[LaneEvent]:
    newest = [
        one
        for story in facets.stories
        for one in reversed(items.story(story))
        if one.item_id != event.item_id
    ]
    return sorted(newest, key=lambda one: one.edition != event.edition)


def _closest(
    event: LaneEvent, others: Sequence[LaneEvent], known: Collection[str], limit: int
) -> list[LaneEvent]:
    subject = _subject(event)
    subjects = [(one, _subject(one)) for one in others if one.item_id not in known]
    relatedness = Relatedness([subject, *(other for _, other in subjects)])
    near = [
        (score, one.published_ms, one.item_id, one)
        for one, other in subjects
        if (score := relatedness.score(subject, other)) > 0
    ]
    return [one for *_, one in nlargest(limit, near, key=lambda found: found[:3])]


def _subject(event: LaneEvent) -> Subject:
    item = orjson.loads(event.item)
    facets = event.facets or Facets(event.edition)
    words = significant_words(item["headline"])
    return Subject(facets, words, item.get("speaker") or "", event.published_ms)
