"""Changes that the lane's entries make in the archive."""

from __future__ import annotations

from tests.support.in_memory import InMemoryNewsroom, at
from ticker.archive.changes import Ended, Retracted, Shown, changes, facet_words
from ticker.domain.cursor import StreamId
from ticker.domain.event import Heartbeat, Noop
from ticker.domain.filter import Facets
from ticker.domain.item import Level


def test_versions_endings_and_retractions_are_changes_and_heartbeats_are_none() -> None:
    newsroom = InMemoryNewsroom()
    event = newsroom.publish("Ferry late", summary="By an hour", tags=["Harbour"])
    ended, gone = newsroom.expire(event.item_id), newsroom.retract(event.item_id)
    found = list(changes([event, Heartbeat(StreamId(9, 9), 1), Noop(StreamId(9, 10)), ended, gone]))
    shown = found[0]
    assert isinstance(shown, Shown)
    assert (shown.id, shown.at, shown.item) == (event.item_id, at(1), event.item)
    assert shown.words.split() == [
        "ferry",
        "late",
        *_("by an hour"),
        *_(""),
        *_(""),
        *_("harbour"),
        *_(""),
    ]
    assert found[1:] == [Ended(event.item_id, at(2)), Retracted(event.item_id, at(3))]


def _(text: str) -> list[str]:
    """Return the words of the next text, with what keeps a phrase from going across."""
    return ["\ue000", *text.split()]


def test_facets_are_words_that_tell_names_and_values_apart() -> None:
    facets = Facets("en", Level.bulletin, frozenset({"x"}), frozenset({"x"}), frozenset({"Ünï c"}))
    found = list(facet_words(facets))
    assert len(set(found)) == len(found) == 7
    assert {"all", "level1", "level2"} < set(found)
    assert all(word.isascii() and word.isalnum() for word in found)
