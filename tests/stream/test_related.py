"""Related items: the story first, then items on the same subject."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.support.in_memory import InMemoryNewsroom
from ticker.domain.event import LaneEvent
from ticker.stream import related as module
from ticker.stream.current_items import CurrentItems
from ticker.stream.related import related


def headlines(items: CurrentItems, event: LaneEvent, limit: int = 6) -> list[str]:
    return [
        one.item.split(b'"headline":"')[1].split(b'"')[0].decode()
        for one in related(items, event, limit)
    ]


def items_of(*events: LaneEvent) -> CurrentItems:
    items = CurrentItems()
    for event in events:
        items.apply(event)
    return items


def test_the_story_first_then_the_subject() -> None:
    news = InMemoryNewsroom()
    one = news.publish(
        "Ferry sinks near harbour",
        story="ferries",
        tags=["harbour", "storm"],
        sections=["economy"],
        regions=["europe"],
    )
    items = items_of(
        one,
        news.publish("Both tags", tags=["storm", "harbour"]),
        news.publish("Older of the story", story="ferries"),
        news.publish("One tag and a place", tags=["storm"], sections=["economy"]),
        news.publish("One tag", tags=["storm"]),
        news.publish("Newer of the story", story="ferries"),
        news.publish("Translated", story="ferries", edition="es"),
        news.publish("Ferries stay in the harbour"),
        news.publish("Section and region", sections=["economy"], regions=["europe"]),
        news.publish("Section", sections=["economy"]),
        news.publish("Tag elsewhere", tags=["storm"], edition="es"),
        news.publish("Nothing shared", sections=["sports"], tags=["cup"]),
    )
    expected = [
        "Newer of the story",
        "Older of the story",
        "Translated",
        "Both tags",
        "Ferries stay in the harbour",
        "One tag and a place",
        "One tag",
    ]
    assert headlines(items, one, 100) == expected
    assert headlines(items, one, 4) == expected[:4]
    assert headlines(items, one, 2) == expected[:2]


def test_an_item_that_shares_nothing_is_not_related() -> None:
    news = InMemoryNewsroom()
    one = news.publish("One")
    assert headlines(items_of(one, news.publish("Two", tags=["x"])), one) == []


def test_a_removed_item_has_nothing_related() -> None:
    news = InMemoryNewsroom()
    one, two = news.publish("One", story="ferries"), news.publish("Two", story="ferries")
    gone = news.retract(one.item_id)
    assert related(items_of(two, gone), gone, 6) == []


def test_a_quiet_edition_keeps_its_related_items_while_others_are_busy() -> None:
    # The search went over all editions' items, so that a busy edition hid the others' own.
    news = InMemoryNewsroom()
    old = news.publish("Old", edition="es", tags=["storm"])
    many = [news.publish(f"Line {n}") for n in range(module.EXAMINED_MAX)]
    one = news.publish("One", edition="es", tags=["storm"])
    assert headlines(items_of(old, *many, one), one) == ["Old"]


def test_only_the_newest_items_are_examined() -> None:
    """An answer costs the same however many items are current."""
    news = InMemoryNewsroom()
    old = news.publish("Old", tags=["storm"])
    story = news.publish("Old of the story", story="ferries")
    many = [news.publish(f"Line {n}") for n in range(module.EXAMINED_MAX)]
    one = news.publish("One", tags=["storm"], story="ferries")
    assert headlines(items_of(old, story, *many, one), one) == ["Old of the story"]


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "edition": st.sampled_from(["en", "ar"]),
                "story": st.sampled_from(["ferries", "tides", None]),
                "tags": st.lists(st.sampled_from(["a", "b", "c"]), unique=True, max_size=3),
                "sections": st.lists(st.sampled_from(["economy", "sports"]), unique=True),
            }
        ),
        min_size=1,
        max_size=20,
    ),
    st.integers(1, 8),
)
def test_never_itself_never_twice_never_too_many(
    drafts: list[dict[str, object]], limit: int
) -> None:
    news = InMemoryNewsroom()
    events = [news.publish(**fields) for fields in drafts]  # type: ignore[arg-type]
    items = items_of(*events)
    for event in events:
        found = [one.item_id for one in related(items, event, limit)]
        assert event.item_id not in found
        assert len(set(found)) == len(found) <= limit
        assert found == [one.item_id for one in related(items, event, 100)][:limit]
