"""Responses to polls: their content, sharing and bounds."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from tests.support.in_memory import EPOCH, TAXONOMY, InMemoryNewsroom, at
from ticker.api.cached_responses import CachedResponse
from ticker.api.item_schemas import Events, Snapshot
from ticker.api.miss_budget import COMPARED
from ticker.api.poll import Page, PollResponses
from ticker.domain.cursor import ZERO, Cursor
from ticker.domain.errors import Unavailable
from ticker.domain.event import Heartbeat, LaneEvent, Noop
from ticker.domain.filter import EVERYTHING, Facets, Filter
from ticker.domain.filter_query import read_filter
from ticker.stream.replay import Lane


def lane_of(*events: LaneEvent, capacity: int = 100) -> Lane:
    lane = Lane(capacity, EPOCH, ZERO, ZERO)
    for event in events:
        lane.advance(event)
    return lane


def filter_of(query: str) -> Filter:
    return read_filter([tuple(pair.split("=")) for pair in query.split("&")], TAXONOMY)  # type: ignore[misc]


def read(response: CachedResponse) -> Any:
    """Return the content of a response after validating it."""
    answer = orjson.loads(response.body)
    (Snapshot if answer["mode"] == "snapshot" else Events).model_validate(answer)
    return answer


async def test_a_snapshot_has_the_items_in_display_order() -> None:
    news = InMemoryNewsroom()
    events = [news.publish("One"), news.publish("Two", pinned=True), news.publish("Three")]
    answer = read(await PollResponses().snapshot(lane_of(*events), EVERYTHING, 20))
    assert [item["headline"] for item in answer["items"]] == ["Two", "Three", "One"]
    assert answer["cursor"] == str(Cursor(EPOCH, at(3)))
    assert (answer["reset"], answer["reason"]) == (False, None)


async def test_a_snapshot_is_cut_at_its_limit_and_filtered() -> None:
    news = InMemoryNewsroom()
    lane = lane_of(*(news.publish(f"Line {n}", level="urgent") for n in range(5)), news.publish())
    answer = read(await PollResponses().snapshot(lane, filter_of("level=urgent"), 2))
    assert [item["headline"] for item in answer["items"]] == ["Line 4", "Line 3"]


async def test_a_reset_has_a_reason() -> None:
    answer = read(await PollResponses().snapshot(lane_of(), EVERYTHING, 20, "expired"))
    assert (answer["reset"], answer["reason"], answer["items"]) == (True, "expired", [])


async def test_pages_of_a_snapshot_and_the_events_since_are_the_whole_board() -> None:
    lane, news, polls = Lane(1_000, EPOCH), InMemoryNewsroom(), PollResponses()
    for number in range(23):
        lane.advance(news.publish(f"Line {number}"))
    filter, items = filter_of("edition=en"), {}
    answer = read(await polls.snapshot(lane, filter, 10))
    cursor = answer["cursor"]
    for step in range(3):
        assert answer["cursor"] == cursor
        items.update({item["id"]: item["version"] for item in answer["items"]})
        if step < 2:
            oldest = list(news.items)[step]
            lane.advance(news.change(oldest, headline="Changed") if step else news.retract(oldest))
            lane.advance(news.publish("New"))
            page = Page.read(answer["page"])
            assert page is not None
            assert str(page) == answer["page"]
            answer = read(await polls.page(lane, filter, 10, page))
    assert "page" not in answer
    after = Cursor.parse(cursor).id
    for event in read(await polls.events(lane, filter, 100, after))["events"]:
        if event["action"] == "retract":
            items.pop(event["item"]["id"], None)
        else:
            items[event["item"]["id"]] = event["item"]["version"]
    assert items == {event.item_id: event.version for event in lane.current_items}


@pytest.mark.parametrize("text", ["", "x", "abc.1-1", "abc.1-1~q5~x", "abc.1~p5~x", "a" * 5_000])
def test_a_page_that_no_server_has_named(text: str) -> None:
    assert Page.read(text) is None


async def test_events_after_a_cursor_oldest_first() -> None:
    news = InMemoryNewsroom()
    lane = lane_of(news.publish("One"), news.publish("Two"), news.publish("Three"))
    answer = read(await PollResponses().events(lane, EVERYTHING, 20, at(1)))
    assert [event["item"]["headline"] for event in answer["events"]] == ["Two", "Three"]
    assert (answer["mode"], answer["more"]) == ("replay", False)
    assert answer["cursor"] == answer["events"][-1]["cursor"] == str(Cursor(EPOCH, at(3)))


async def test_pages_meet_without_a_gap_or_a_repeat() -> None:
    news = InMemoryNewsroom()
    lane = lane_of(*(news.publish(f"Line {n}") for n in range(7)))
    poll, after, pages = PollResponses(), ZERO, []
    while True:
        answer = read(await poll.events(lane, EVERYTHING, 3, after))
        pages.append([event["item"]["headline"] for event in answer["events"]])
        after = Cursor.parse(answer["cursor"]).id
        if not answer["more"]:
            break
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [line for page in pages for line in page] == [f"Line {n}" for n in range(7)]


async def test_a_full_last_page_has_no_more() -> None:
    news = InMemoryNewsroom()
    lane = lane_of(*(news.publish(f"Line {n}") for n in range(3)))
    answer = read(await PollResponses().events(lane, EVERYTHING, 3, ZERO))
    assert (len(answer["events"]), answer["more"]) == (3, False)


async def test_more_counts_visible_events_only_and_the_cursor_passes_the_others() -> None:
    news = InMemoryNewsroom()
    lane = lane_of(
        news.publish("Seen", edition="ar"),
        news.publish("Seen too", edition="ar"),
        *(news.publish(f"Not seen {n}") for n in range(5)),
    )
    answer = read(await PollResponses().events(lane, filter_of("edition=ar"), 2, ZERO))
    assert [event["item"]["headline"] for event in answer["events"]] == ["Seen", "Seen too"]
    assert answer["more"] is False
    assert answer["cursor"] == str(lane.cursor)


async def test_without_matching_events_the_cursor_moves() -> None:
    news = InMemoryNewsroom()
    lane = lane_of(news.publish("One"), news.publish("Two"))
    answer = read(await PollResponses().events(lane, filter_of("edition=es"), 20, ZERO))
    assert (answer["mode"], answer["events"]) == ("live", [])
    assert answer["cursor"] == str(lane.cursor)


async def test_a_removal_reaches_clients_that_had_the_item() -> None:
    news = InMemoryNewsroom()
    first = news.publish("Wrong", sections=["politics"])
    other = news.publish("Right", sections=["economy"])
    lane = lane_of(first, other, news.retract(first.item_id))
    events = read(await PollResponses().events(lane, filter_of("section=politics"), 20, at(1)))[
        "events"
    ]
    assert [event["action"] for event in events] == ["retract"]
    assert "headline" not in events[0]["item"]
    none = read(await PollResponses().events(lane, filter_of("section=economy"), 20, at(2)))
    assert none["events"] == []


async def test_an_update_out_of_the_view_is_an_expire() -> None:
    news = InMemoryNewsroom()
    first = news.publish("Moved", sections=["politics"])
    lane = lane_of(first, news.change(first.item_id, sections=["economy"]))
    events = read(await PollResponses().events(lane, filter_of("section=politics"), 20, at(1)))[
        "events"
    ]
    assert [(event["action"], set(event["item"])) for event in events] == [
        ("expire", {"id", "version", "status", "edition", "updated_at"})
    ]


async def test_equal_filters_share_one_answer() -> None:
    lane, poll = lane_of(InMemoryNewsroom().publish()), PollResponses()
    answers = {
        id(await poll.snapshot(lane, filter_of(query), 20))
        for query in (
            "section=politics,economy&edition=en",
            "edition=en&section=economy&section=politics",
            "edition=en,en&section=economy,politics&level=ticker",
        )
    }
    assert len(answers) == 1
    assert len(poll) == 1


async def test_two_servers_give_the_same_bytes_and_tag() -> None:
    news = InMemoryNewsroom()
    events = [news.publish("One"), news.publish("Two")]
    one, two = lane_of(*events), lane_of(*events)
    two.advance(Heartbeat(at(9), 0))
    two.advance(Noop(at(10)))
    snapshots = [await PollResponses().snapshot(lane, EVERYTHING, 20) for lane in (one, two)]
    assert snapshots[0] == snapshots[1]
    replays = [await PollResponses().events(lane, EVERYTHING, 20, at(1)) for lane in (one, two)]
    assert replays[0] == replays[1]


async def test_heartbeats_change_no_response() -> None:
    """Otherwise every poll would be new every three seconds, even without news."""
    lane, poll = lane_of(InMemoryNewsroom().publish()), PollResponses()
    before = await poll.snapshot(lane, EVERYTHING, 20)
    lane.advance(Heartbeat(at(9), 0))
    assert await poll.snapshot(lane, EVERYTHING, 20) is before


async def test_a_cursor_never_goes_back() -> None:
    lane = lane_of(InMemoryNewsroom().publish())
    lane.advance(Heartbeat(at(9), 0))
    answer = read(await PollResponses().events(lane, EVERYTHING, 20, at(9)))
    assert (answer["mode"], answer["cursor"]) == ("live", str(Cursor(EPOCH, at(9))))


async def test_the_cursor_of_an_empty_lane_is_valid() -> None:
    lane = lane_of()
    cursor = Cursor.parse(read(await PollResponses().snapshot(lane, EVERYTHING, 20))["cursor"])
    lane.advance(InMemoryNewsroom().publish("First"))
    events = read(await PollResponses().events(lane, EVERYTHING, 20, cursor.id))["events"]
    assert [event["item"]["headline"] for event in events] == ["First"]


async def test_a_new_event_clears_the_cache() -> None:
    news, poll = InMemoryNewsroom(), PollResponses()
    first = news.publish("Wrong line")
    lane = lane_of(first)
    before = await poll.snapshot(lane, EVERYTHING, 20)
    await poll.snapshot(lane, filter_of("edition=ar"), 20)
    lane.advance(news.retract(first.item_id))
    after = await poll.snapshot(lane, EVERYTHING, 20)
    assert after.etag != before.etag
    assert b"Wrong line" not in after.body
    assert len(poll) == 1, "the old answers hold the retracted text"


async def test_another_lane_object_clears_the_cache() -> None:
    news = InMemoryNewsroom()
    poll, event = PollResponses(), news.publish()
    await poll.snapshot(lane_of(event), EVERYTHING, 20)
    lane = lane_of(event)
    lane.current_items.apply(news.expire(event.item_id))
    assert read(await poll.snapshot(lane, EVERYTHING, 20))["items"] == []


async def test_the_cache_is_bounded_in_entries() -> None:
    lane, poll = lane_of(InMemoryNewsroom().publish()), PollResponses(responses_max=3)
    for n in range(10):
        await poll.snapshot(lane, filter_of(f"tag=t{n}"), 20)
        assert len(poll) <= 3
    kept = await poll.snapshot(lane, filter_of("tag=t9"), 20)
    assert kept is await poll.snapshot(lane, filter_of("tag=t9"), 20)


async def test_the_cache_is_bounded_in_bytes() -> None:
    news = InMemoryNewsroom()
    lane, poll = (
        lane_of(*(news.publish(f"Line {n}") for n in range(20))),
        PollResponses(bytes_max=20_000),
    )
    for limit in range(1, 21):
        answer = await poll.snapshot(lane, EVERYTHING, limit)
        assert poll.size <= 20_000
        assert answer.body
    one = PollResponses(bytes_max=10)
    assert (await one.snapshot(lane, EVERYTHING, 5)).body
    assert (len(one), one.size) == (0, 0)


class Examining:
    """Counts the items that a filter is compared with in each turn of the event loop."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.turns: list[int] = []
        matches = Filter.matches

        def compared(filter: Filter, facets: Facets) -> bool:
            self.turns[-1] += 1
            return matches(filter, facets)

        monkeypatch.setattr(Filter, "matches", compared)

    async def count(self) -> None:
        while True:
            self.turns.append(0)
            await asyncio.sleep(0)


NOTHING = Filter(excluded=Filter(editions=frozenset({"en"})))
"""Excludes every item below, and has no facet that would select among them."""


async def test_a_search_through_the_board_or_the_window_takes_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A poll must not hold up live readers: a turn has a bound, whatever the filter."""
    news, lane = InMemoryNewsroom(), Lane(10_000, EPOCH, ZERO, ZERO)
    lane.advance(news.publish("The last one found", edition="es"))
    for number in range(3 * COMPARED):
        lane.advance(news.publish(f"Line {number}"))
    last = next(iter(news.items))
    examining = Examining(monkeypatch)
    counting = asyncio.create_task(examining.count())
    await asyncio.sleep(0)
    polls = PollResponses()
    both = NOTHING, Filter(alternatives=(NOTHING, NOTHING))
    for filter in both:
        answer = read(await polls.snapshot(lane, filter, 20))
        assert [item["id"] for item in answer["items"]] == [last]
        events = read(await polls.events(lane, filter, 20, ZERO))["events"]
        assert [event["item"]["id"] for event in events] == [last]
    counting.cancel()
    assert max(examining.turns) <= COMPARED
    assert sum(examining.turns) >= (1 + 3) * 2 * 3 * COMPARED
    assert len(polls) == 4


async def test_what_changes_during_a_search_follows_after_its_cursor() -> None:
    news, lane = InMemoryNewsroom(), Lane(10_000, EPOCH, ZERO, ZERO)
    spanish = [news.publish(f"Line {n}", edition="es") for n in range(3)]
    for event in spanish[:2]:
        lane.advance(event)
    for number in range(COMPARED):
        lane.advance(news.publish(f"Line {number}"))
    lane.advance(spanish[2])  # the newest is found first
    polls = PollResponses()
    asked = [
        asyncio.create_task(polls.snapshot(lane, NOTHING, 20)),
        asyncio.create_task(polls.events(lane, NOTHING, 20, ZERO)),
    ]
    await asyncio.sleep(0)
    lane.advance(news.retract(spanish[2].item_id))
    lane.advance(news.change(spanish[0].item_id, headline="Changed"))
    snapshot, events = [read(answer) for answer in await asyncio.gather(*asked)]
    assert snapshot["cursor"] == events["cursor"]
    assert [item["id"] for item in snapshot["items"]] == [spanish[1].item_id]
    found = [event["item"]["id"] for event in events["events"]]
    assert found == [spanish[0].item_id, spanish[1].item_id]
    assert len(polls) == 0, "the cache has answers of the newest state only"
    since = read(await polls.events(lane, NOTHING, 20, Cursor.parse(snapshot["cursor"]).id))
    assert [event["action"] for event in since["events"]] == ["retract", "update"]


async def test_a_search_that_the_window_leaves_behind_is_refused() -> None:
    news, lane = InMemoryNewsroom(), Lane(1_100, EPOCH, ZERO, ZERO)
    for number in range(1_100):
        lane.advance(news.publish(f"Line {number}"))
    asked = asyncio.create_task(PollResponses().events(lane, NOTHING, 20, lane.window.start))
    await asyncio.sleep(0)
    for number in range(1_300):
        lane.advance(news.publish(f"Line {number}"))
    with pytest.raises(Unavailable):
        await asked
