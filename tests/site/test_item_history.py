"""The history of an item for readers."""

from __future__ import annotations

from tests.support.in_memory import InMemoryNewsroom
from ticker.site.item_history import CHANGES_MAX, Change, changes


def test_changes_are_newest_first_and_say_what_changed() -> None:
    news = InMemoryNewsroom()
    first = news.publish("Ferry sinks", media=[])
    id = first.item_id
    events = [
        first,
        news.change(id, summary="Twelve were aboard."),
        news.pin(id),
        news.change(id, tags=["harbour"]),
        news.change(id, headline="Ferry runs aground", correction="It did not sink."),
        news.change(
            id, media=[{"href": "https://img.example/a.jpg"}], link="https://a.example/", source="A"
        ),
    ]
    found = changes(events)
    assert [(one.kind, one.parts, one.note) for one in found] == [
        ("updated", ("picture", "link"), ""),
        ("corrected", ("headline",), "It did not sink."),
        ("updated", ("summary",), ""),
        ("published", (), ""),
    ]
    times = [one.at for one in found]
    assert times == sorted(times, reverse=True)
    # Events that are no longer in memory: the rest is shown.
    assert changes(events[4:])[-1].kind == "corrected"
    assert changes([]) == []
    assert changes([news.retract(id)]) == []


def test_no_text_of_an_earlier_version_is_in_it() -> None:
    news = InMemoryNewsroom()
    event = news.publish("Mayor is a thief", summary="Wrong")
    changed = news.change(event.item_id, headline="Mayor resigns", summary=None, correction="Name")
    assert "thief" not in repr(changes([event, changed]))
    assert "Wrong" not in repr(changes([event, changed]))


def test_the_history_is_bounded() -> None:
    news = InMemoryNewsroom()
    events = [news.publish()]
    for number in range(CHANGES_MAX + 5):
        events.append(news.change(events[0].item_id, headline=f"Ferry {number}"))
    found = changes(events)
    assert len(found) == CHANGES_MAX
    assert found[0] == Change("updated", found[0].at, ("headline",))
