"""Every store of the archive: find, page, look back, and forget what was retracted."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.support.archives import TestArchive, query
from tests.support.in_memory import EPOCH, TAXONOMY, InMemoryNewsroom, at
from ticker.archive.changes import Shown, change
from ticker.archive.matching import matches
from ticker.archive.query import Query
from ticker.archive.store import Archived, Position, Restart
from ticker.domain.cursor import Cursor
from ticker.domain.filter_query import read_filter


@pytest.fixture
def newsroom() -> InMemoryNewsroom:
    return InMemoryNewsroom()


def headlines(found: list[Archived]) -> list[str]:
    return [orjson.loads(one.item)["headline"] for one in found]


NEWS: list[dict[str, Any]] = [
    {
        "headline": "Río crecido: el agua llega a España",
        "edition": "es",
        "sections": ["environment"],
    },
    {"headline": "فيضانات في القُدس بعد أمطار غزيرة", "edition": "ar", "level": "urgent"},
    {"headline": "River flood closes the station", "tags": ["rain"], "story": "river"},
    {"headline": "Station reopens", "summary": "Water is gone, say the river police"},
    {"headline": "Minister resigns", "sections": ["politics"], "level": "flash", "source": "Desk"},
    {"headline": "Cup final: river boats collide", "sections": ["sports"], "regions": ["europe"]},
    {"headline": "東京で大雨", "language": "ja"},
]
QUERIES = [
    *("river", "RIVER station", '"river flood"', '"flood river"', '"station water"', "ano", "agua"),
    *("espana", "rio crecido", "قدس", "القدس امطار", "فيضان*", "riv*", "stat* -reopens", "大雨"),
    *("river -boats", "-river", "-river -section:politics", "section:politics", "level:urgent"),
    *(
        "level:urgent -قدس",
        "tag:rain",
        "rain",
        "story:river",
        "edition:es,ar",
        "region:europe riv*",
    ),
    *('-"river police" water', "from:2025-11-24", "to:2025-11-23", "desk", "nothing", ""),
]


async def test_searches_find_what_the_comparison_in_memory_finds(
    archive: TestArchive, newsroom: InMemoryNewsroom
) -> None:
    events = [newsroom.publish(**fields) for fields in NEWS]
    await archive.take(events)
    for text in QUERIES:
        expected = [
            event.item_id
            for event in reversed(events)
            if event.facets is not None
            and matches(query(text), orjson.loads(event.item), event.facets, event.published_ms)
        ]
        assert await archive.find(text) == expected, text


async def test_pages_follow_each_other_without_a_seam(
    archive: TestArchive, newsroom: InMemoryNewsroom
) -> None:
    events = []
    for number in range(30):  # in groups of the same millisecond
        newsroom.clock -= number % 4 != 0
        events.append(newsroom.publish(f"Item {number}", tags=["even"] if number % 2 else []))
    await archive.take(reversed(events[:10]))
    await archive.take(events[10:])
    for text in ("", "item", "tag:even"):
        whole = await archive.reader.find(query(text), None, 100)
        assert whole == sorted(whole, key=lambda one: one.place, reverse=True)
        assert len(whole) == (15 if text == "tag:even" else 30)
        for size in (1, 3, 7):
            pages: list[Archived] = []
            while page := await archive.reader.find(
                query(text), pages[-1].place if pages else None, size
            ):
                pages += page
            assert pages == whole, (text, size)


async def test_a_correction_replaces_the_text_and_is_found_by_the_new_one(
    archive: TestArchive, newsroom: InMemoryNewsroom
) -> None:
    first = newsroom.publish("Bridge falls into the river")
    await archive.take(
        [first, newsroom.change(first.item_id, headline="Bridge closed", level="urgent")]
    )
    assert await archive.find("river") == []
    assert await archive.find("bridge level:urgent") == [first.item_id]
    found = await archive.reader.get(first.item_id)
    assert found is not None
    assert headlines([found]) == ["Bridge closed"]


async def test_an_expired_item_stays_and_a_pin_changes_no_text(
    archive: TestArchive, newsroom: InMemoryNewsroom
) -> None:
    event = newsroom.publish("Bridge closed")
    await archive.take([event, newsroom.pin(event.item_id), newsroom.expire(event.item_id)])
    assert await archive.find("bridge") == [event.item_id]
    found = await archive.reader.get(event.item_id)
    assert found is not None
    assert found.ended


async def test_a_retraction_removes_every_version_and_nothing_brings_it_back(
    archive: TestArchive, newsroom: InMemoryNewsroom
) -> None:
    first = newsroom.publish("Bridge falls")
    second = newsroom.change(first.item_id, headline="Bridge closed")
    await archive.take([first, second, newsroom.retract(first.item_id)])
    assert await archive.find("bridge") == await archive.find() == []
    assert await archive.reader.get(first.item_id) is None
    assert await archive.reader.board(second.id.ms, query(""), 10) == []
    newsroom.top += 10
    late = change(second)
    assert isinstance(late, Shown)
    after = Cursor(EPOCH, at(20))
    assert await archive.writer.apply(archive.at, [late], after, 1)
    assert await archive.find() == []


async def test_changes_that_are_known_change_nothing(
    archive: TestArchive, newsroom: InMemoryNewsroom
) -> None:
    first = newsroom.publish("Bridge falls")
    second = newsroom.change(first.item_id, headline="Bridge closed")
    ended = newsroom.expire(first.item_id)
    await archive.take([first, second, ended])
    before = await archive.reader.get(first.item_id)
    boards = [await archive.reader.board(at(n).ms, query(""), 10) for n in (1, 2, 3)]
    await archive.take([first, second, ended])
    assert await archive.reader.get(first.item_id) == before
    assert boards == [await archive.reader.board(at(n).ms, query(""), 10) for n in (1, 2, 3)]
    assert await archive.find("falls") == []


async def test_the_board_of_a_moment(archive: TestArchive, newsroom: InMemoryNewsroom) -> None:
    old = newsroom.publish("Old")  # entry 1
    await archive.take(
        [
            old,
            newsroom.publish("Draft of the news", edition="es"),  # 2
            newsroom.pin(old.item_id),  # 3
            newsroom.change(old.item_id, headline="Old, corrected"),  # 4
            newsroom.pin(old.item_id, False),  # 5
            newsroom.expire(old.item_id),  # 6
        ]
    )

    async def board(number: int, text: str = "") -> list[str]:
        return headlines(await archive.reader.board(at(number).ms, query(text), 10))

    assert await board(0) == []
    assert await board(1) == ["Old"]
    assert await board(2) == ["Draft of the news", "Old"]
    assert await board(3) == ["Old", "Draft of the news"]
    assert await board(4) == ["Old, corrected", "Draft of the news"]
    assert await board(5) == ["Draft of the news", "Old, corrected"]
    assert await board(6) == await board(9) == ["Draft of the news"]
    assert await board(3, "edition:en") == ["Old"]


async def test_a_writer_that_is_behind_writes_nothing(
    archive: TestArchive, newsroom: InMemoryNewsroom
) -> None:
    first, second = newsroom.publish("One"), newsroom.publish("Two")
    await archive.take([first])
    assert not await archive.writer.apply(None, [change(second)], Cursor(EPOCH, at(2)), 5)
    assert not await archive.writer.restart(
        None, Restart(None, (), frozenset(), Cursor(EPOCH, at(2)), gap=False)
    )
    assert await archive.find() == [first.item_id]
    assert await archive.reader.position() == Position(Cursor(EPOCH, at(1)), 1)


async def test_lost_events_are_undone(archive: TestArchive, newsroom: InMemoryNewsroom) -> None:
    kept, corrected, ended, retracted = (newsroom.publish(f"Item {n} first") for n in range(4))
    await archive.take(
        [
            *(kept, corrected, ended, retracted),
            newsroom.change(corrected.item_id, headline="Item 1 later"),  # 5, lost from here on
            newsroom.expire(ended.item_id),
            newsroom.retract(retracted.item_id),
            newsroom.publish("Item 4 later"),
        ]
    )
    current = [change(one) for one in (kept, corrected, ended, retracted)]
    shown = [one for one in current if isinstance(one, Shown)]
    after = Cursor(EPOCH + 1, at(4))
    ids = frozenset(one.id for one in shown)
    assert await archive.writer.restart(archive.at, Restart(at(4), shown, ids, after, gap=False))
    assert await archive.find("later") == []
    found = await archive.reader.find(query("first"), None, 10)
    assert [one.id for one in found] == [one.id for one in reversed(shown)]
    assert not any(one.ended or one.doubtful for one in found)
    assert (await archive.reader.position()).cursor == after
    assert len(await archive.reader.board(at(9).ms, query(""), 10)) == 4


async def test_after_a_gap_what_is_not_current_has_ended_and_is_doubtful(
    archive: TestArchive, newsroom: InMemoryNewsroom
) -> None:
    gone, stays = newsroom.publish("Gone"), newsroom.publish("Stays")
    await archive.take([gone, stays])
    missed = newsroom.publish("Missed")
    shown = [one for one in map(change, (stays, missed)) if isinstance(one, Shown)]
    restart = Restart(
        None, shown, frozenset(one.id for one in shown), Cursor(EPOCH, at(9)), gap=True
    )
    assert await archive.writer.restart(archive.at, restart)
    found = {one.id: one for one in await archive.reader.find(query(""), None, 10)}
    assert set(found) == {gone.item_id, stays.item_id, missed.item_id}
    assert found[gone.item_id].ended
    assert found[gone.item_id].doubtful
    assert not found[stays.item_id].ended
    newsroom.top = 10
    newsroom.expire(missed.item_id)


async def test_ids_are_found_by_their_beginning_or_end_retracted_ones_too(
    archive: TestArchive, newsroom: InMemoryNewsroom
) -> None:
    events = [newsroom.publish(f"Item {number}") for number in range(3)]
    await archive.take([*events, newsroom.retract(events[0].item_id)])
    for event in events:
        for length in (4, 6, 20, 26):
            assert event.item_id in await archive.reader.ids(event.item_id[-length:], 9)
            assert event.item_id in await archive.reader.ids(event.item_id[:length], 9)
        assert await archive.reader.ids(event.item_id, 9) == [event.item_id]
    assert len(await archive.reader.ids(events[0].item_id[:4], 2)) == 2
    assert await archive.reader.ids("%%%%", 9) == await archive.reader.ids("____", 9) == []


FILTERS = [
    [("not.section", "sports")],
    [("not.section", "sports,politics"), ("not.edition", "es")],
    [("edition", "en"), ("not.tag", "rain")],
    [("any", "section=politics"), ("any", "edition=es")],
    [("any", "section=politics,sports&not.region=europe"), ("any", "story=river")],
    [("any", "level=urgent"), ("not.edition", "ar")],
    [("any", "not.edition=en"), ("level", "urgent")],
    [("any", ""), ("edition", "ar")],
]


async def test_filters_with_exclusions_and_alternatives(
    archive: TestArchive, newsroom: InMemoryNewsroom
) -> None:
    events = [newsroom.publish(**fields) for fields in NEWS]
    await archive.take(events)
    for pairs in FILTERS:
        filter = read_filter(pairs, TAXONOMY)
        for text in ("", "river", "section:politics", "-section:politics", "edition:en river"):
            asked = query(text).within(filter)
            expected = [
                event.item_id
                for event in reversed(events)
                if event.facets is not None
                and matches(asked, orjson.loads(event.item), event.facets, event.published_ms)
            ]
            found = await archive.reader.find(asked, None, 20)
            assert [one.id for one in found] == expected, (pairs, text)
        board = await archive.reader.board(newsroom.clock + 10, Query(filter=filter), 20)
        assert {one.id for one in board} == {
            event.item_id
            for event in events
            if event.facets is not None and filter.matches(event.facets)
        }, pairs
