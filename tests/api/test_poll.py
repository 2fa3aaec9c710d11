"""Responses to polls: their content, sharing and bounds."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.support.in_memory import EPOCH, TAXONOMY, InMemoryNewsroom, at
from ticker.api.item_schemas import Events, Snapshot
from ticker.api.poll import Page, PollResponses
from ticker.domain.cursor import ZERO, Cursor
from ticker.domain.event import Heartbeat, LaneEvent, Noop
from ticker.domain.filter import EVERYTHING, Filter, read_filter
from ticker.stream.replay import Lane


def lane_of(*events: LaneEvent, capacity: int = 100) -> Lane:
    lane = Lane(capacity, EPOCH, ZERO, ZERO)
    for event in events:
        lane.advance(event)
    return lane


def filter_of(query: str) -> Filter:
    return read_filter([tuple(pair.split("=")) for pair in query.split("&")], TAXONOMY)  # type: ignore[misc]


def read(body: bytes) -> Any:
    """Return a response after validating it."""
    answer = orjson.loads(body)
    (Snapshot if answer["mode"] == "snapshot" else Events).model_validate(answer)
    return answer


def test_a_snapshot_has_the_items_in_display_order() -> None:
    news = InMemoryNewsroom()
    events = [news.publish("One"), news.publish("Two", pinned=True), news.publish("Three")]
    answer = read(PollResponses().snapshot(lane_of(*events), EVERYTHING, 20).body)
    assert [item["headline"] for item in answer["items"]] == ["Two", "Three", "One"]
    assert answer["cursor"] == str(Cursor(EPOCH, at(3)))
    assert (answer["reset"], answer["reason"]) == (False, None)


def test_a_snapshot_is_cut_at_its_limit_and_filtered() -> None:
    news = InMemoryNewsroom()
    lane = lane_of(*(news.publish(f"Line {n}", level="urgent") for n in range(5)), news.publish())
    answer = read(PollResponses().snapshot(lane, filter_of("level=urgent"), 2).body)
    assert [item["headline"] for item in answer["items"]] == ["Line 4", "Line 3"]


def test_a_reset_has_a_reason() -> None:
    answer = read(PollResponses().snapshot(lane_of(), EVERYTHING, 20, "expired").body)
    assert (answer["reset"], answer["reason"], answer["items"]) == (True, "expired", [])


def test_pages_of_a_snapshot_and_the_events_since_are_the_whole_board() -> None:
    lane, news, polls = Lane(1_000, EPOCH), InMemoryNewsroom(), PollResponses()
    for number in range(23):
        lane.advance(news.publish(f"Line {number}"))
    filter, items = filter_of("edition=en"), {}
    answer = read(polls.snapshot(lane, filter, 10).body)
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
            answer = read(polls.page(lane, filter, 10, page).body)
    assert "page" not in answer
    after = Cursor.parse(cursor).id
    for event in orjson.loads(polls.events(lane, filter, 100, after).body)["events"]:
        if event["action"] == "retract":
            items.pop(event["item"]["id"], None)
        else:
            items[event["item"]["id"]] = event["item"]["version"]
    assert items == {event.item_id: event.version for event in lane.current_items}


@pytest.mark.parametrize("text", ["", "x", "abc.1-1", "abc.1-1~q5~x", "abc.1~p5~x", "a" * 5_000])
def test_a_page_that_no_server_has_named(text: str) -> None:
    assert Page.read(text) is None


def test_events_after_a_cursor_oldest_first() -> None:
    news = InMemoryNewsroom()
    lane = lane_of(news.publish("One"), news.publish("Two"), news.publish("Three"))
    answer = read(PollResponses().events(lane, EVERYTHING, 20, at(1)).body)
    assert [event["item"]["headline"] for event in answer["events"]] == ["Two", "Three"]
    assert (answer["mode"], answer["more"]) == ("replay", False)
    assert answer["cursor"] == answer["events"][-1]["cursor"] == str(Cursor(EPOCH, at(3)))


def test_pages_meet_without_a_gap_or_a_repeat() -> None:
    news = InMemoryNewsroom()
    lane = lane_of(*(news.publish(f"Line {n}") for n in range(7)))
    poll, after, pages = PollResponses(), ZERO, []
    while True:
        answer = read(poll.events(lane, EVERYTHING, 3, after).body)
        pages.append([event["item"]["headline"] for event in answer["events"]])
        after = Cursor.parse(answer["cursor"]).id
        if not answer["more"]:
            break
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [line for page in pages for line in page] == [f"Line {n}" for n in range(7)]


def test_a_full_last_page_has_no_more() -> None:
    news = InMemoryNewsroom()
    lane = lane_of(*(news.publish(f"Line {n}") for n in range(3)))
    answer = read(PollResponses().events(lane, EVERYTHING, 3, ZERO).body)
    assert (len(answer["events"]), answer["more"]) == (3, False)


def test_more_counts_visible_events_only_and_the_cursor_passes_the_others() -> None:
    news = InMemoryNewsroom()
    lane = lane_of(
        news.publish("Seen", edition="ar"),
        news.publish("Seen too", edition="ar"),
        *(news.publish(f"Not seen {n}") for n in range(5)),
    )
    answer = read(PollResponses().events(lane, filter_of("edition=ar"), 2, ZERO).body)
    assert [event["item"]["headline"] for event in answer["events"]] == ["Seen", "Seen too"]
    assert answer["more"] is False
    assert answer["cursor"] == str(lane.cursor)


def test_without_matching_events_the_cursor_moves() -> None:
    news = InMemoryNewsroom()
    lane = lane_of(news.publish("One"), news.publish("Two"))
    answer = read(PollResponses().events(lane, filter_of("edition=es"), 20, ZERO).body)
    assert (answer["mode"], answer["events"]) == ("live", [])
    assert answer["cursor"] == str(lane.cursor)


def test_a_removal_reaches_clients_that_had_the_item() -> None:
    news = InMemoryNewsroom()
    first = news.publish("Wrong", sections=["politics"])
    other = news.publish("Right", sections=["economy"])
    lane = lane_of(first, other, news.retract(first.item_id))
    events = read(PollResponses().events(lane, filter_of("section=politics"), 20, at(1)).body)[
        "events"
    ]
    assert [event["action"] for event in events] == ["retract"]
    assert "headline" not in events[0]["item"]
    none = read(PollResponses().events(lane, filter_of("section=economy"), 20, at(2)).body)
    assert none["events"] == []


def test_an_update_out_of_the_view_is_an_expire() -> None:
    news = InMemoryNewsroom()
    first = news.publish("Moved", sections=["politics"])
    lane = lane_of(first, news.change(first.item_id, sections=["economy"]))
    events = read(PollResponses().events(lane, filter_of("section=politics"), 20, at(1)).body)[
        "events"
    ]
    assert [(event["action"], set(event["item"])) for event in events] == [
        ("expire", {"id", "version", "status", "edition", "updated_at"})
    ]


def test_equal_filters_share_one_answer() -> None:
    lane, poll = lane_of(InMemoryNewsroom().publish()), PollResponses()
    answers = {
        id(poll.snapshot(lane, filter_of(query), 20))
        for query in (
            "section=politics,economy&edition=en",
            "edition=en&section=economy&section=politics",
            "edition=en,en&section=economy,politics&level=ticker",
        )
    }
    assert len(answers) == 1
    assert len(poll) == 1


def test_two_servers_give_the_same_bytes_and_tag() -> None:
    news = InMemoryNewsroom()
    events = [news.publish("One"), news.publish("Two")]
    one, two = lane_of(*events), lane_of(*events)
    two.advance(Heartbeat(at(9), 0))
    two.advance(Noop(at(10)))
    assert PollResponses().snapshot(one, EVERYTHING, 20) == PollResponses().snapshot(
        two, EVERYTHING, 20
    )
    assert PollResponses().events(one, EVERYTHING, 20, at(1)) == PollResponses().events(
        two, EVERYTHING, 20, at(1)
    )


def test_heartbeats_change_no_response() -> None:
    """Otherwise every poll would be new every three seconds, even without news."""
    lane, poll = lane_of(InMemoryNewsroom().publish()), PollResponses()
    before = poll.snapshot(lane, EVERYTHING, 20)
    lane.advance(Heartbeat(at(9), 0))
    assert poll.snapshot(lane, EVERYTHING, 20) is before


def test_a_cursor_never_goes_back() -> None:
    lane = lane_of(InMemoryNewsroom().publish())
    lane.advance(Heartbeat(at(9), 0))
    answer = read(PollResponses().events(lane, EVERYTHING, 20, at(9)).body)
    assert (answer["mode"], answer["cursor"]) == ("live", str(Cursor(EPOCH, at(9))))


def test_the_cursor_of_an_empty_lane_is_valid() -> None:
    lane = lane_of()
    cursor = Cursor.parse(read(PollResponses().snapshot(lane, EVERYTHING, 20).body)["cursor"])
    lane.advance(InMemoryNewsroom().publish("First"))
    events = read(PollResponses().events(lane, EVERYTHING, 20, cursor.id).body)["events"]
    assert [event["item"]["headline"] for event in events] == ["First"]


def test_a_new_event_clears_the_cache() -> None:
    news, poll = InMemoryNewsroom(), PollResponses()
    first = news.publish("Wrong line")
    lane = lane_of(first)
    before = poll.snapshot(lane, EVERYTHING, 20)
    poll.snapshot(lane, filter_of("edition=ar"), 20)
    lane.advance(news.retract(first.item_id))
    after = poll.snapshot(lane, EVERYTHING, 20)
    assert after.etag != before.etag
    assert b"Wrong line" not in after.body
    assert len(poll) == 1, "the old answers hold the retracted text"


def test_another_lane_object_clears_the_cache() -> None:
    news = InMemoryNewsroom()
    poll, event = PollResponses(), news.publish()
    poll.snapshot(lane_of(event), EVERYTHING, 20)
    lane = lane_of(event)
    lane.current_items.apply(news.expire(event.item_id))
    assert read(poll.snapshot(lane, EVERYTHING, 20).body)["items"] == []


def test_the_cache_is_bounded_in_entries() -> None:
    lane, poll = lane_of(InMemoryNewsroom().publish()), PollResponses(responses_max=3)
    for n in range(10):
        poll.snapshot(lane, filter_of(f"tag=t{n}"), 20)
        assert len(poll) <= 3
    kept = poll.snapshot(lane, filter_of("tag=t9"), 20)
    assert kept is poll.snapshot(lane, filter_of("tag=t9"), 20)


def test_the_cache_is_bounded_in_bytes() -> None:
    news = InMemoryNewsroom()
    lane, poll = (
        lane_of(*(news.publish(f"Line {n}") for n in range(20))),
        PollResponses(bytes_max=20_000),
    )
    for limit in range(1, 21):
        answer = poll.snapshot(lane, EVERYTHING, limit)
        assert poll.size <= 20_000
        assert answer.body
    one = PollResponses(bytes_max=10)
    assert one.snapshot(lane, EVERYTHING, 5).body
    assert (len(one), one.size) == (0, 0)
