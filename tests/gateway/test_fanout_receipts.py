"""Receipts of fan-outs: complete, bounded, and without a cost for each reader."""

from __future__ import annotations

import gc
import os
import sys
from types import FrameType
from typing import Any

import pytest

from tests.gateway.hub_harness import HubHarness
from tests.support.in_memory import InMemoryNewsroom, at
from ticker.domain.live_receipt import LiveReceipt
from ticker.gateway.fanout_receipts import RECEIPTS_MAX, SLICES_MAX, FanoutReceipts, Reach
from ticker.gateway.framing import chained_framing, event_stream_framing, websocket_framing
from ticker.gateway.hub import Hub


class Reader:
    """A reader whose socket takes everything."""

    transport: Any = None

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def descriptor(self) -> int:
        return self._descriptor


def taken(hub: Hub) -> dict[tuple[str, str], LiveReceipt]:
    """Return what has changed, by item and action."""
    return {(item, act): one for item, act, one in hub.receipts.take(1_000, later=True)}


@pytest.mark.parametrize("batch", [1, 3])
def test_a_fan_out_makes_one_call_more_for_each_further_reader_its_write(batch: int) -> None:
    with open(os.devnull, "wb") as nowhere:

        def calls(readers: int) -> int:
            harness, news = HubHarness(), InMemoryNewsroom()
            # One that the harness knows makes the group; the others join it beside it.
            group = harness.connect("edition=en&backlog=0").group
            assert group is not None
            for _ in range(readers):
                group.add_live(Reader(nowhere.fileno()))
            events = [news.publish() for _ in range(2 * batch)]
            harness.hub.advance(events[:batch])
            count = 0

            def note(frame: FrameType, event: str, argument: Any) -> None:
                nonlocal count
                count += event in ("call", "c_call")

            gc.disable()  # a collection calls what others have asked to be called
            sys.setprofile(note)
            try:
                harness.hub.advance(events[batch:])
            finally:
                sys.setprofile(None)
                gc.enable()
            (receipt, *_) = taken(harness.hub).values()
            assert receipt.screens == readers + 1
            return count

        calls(1)  # what is made once in a process
        assert calls(1_010) - calls(10) == 1_000


def test_readers_count_by_transport_and_edition_alone_and_in_a_batch() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    for framing in (websocket_framing, chained_framing, event_stream_framing):
        harness.connect("edition=en&backlog=0", framing=framing)
        harness.connect("backlog=0", framing=framing)
    harness.connect("edition=ar&backlog=0")
    one = news.publish()
    harness.hub.advance([one])
    expected = {"websocket": {"en": 2, "all": 2}, "sse": {"en": 1, "all": 1}}
    assert taken(harness.hub)[one.item_id, "publish"].written == expected
    english, arabic = news.publish(), news.publish(edition="ar")
    harness.hub.advance([english, arabic])
    found = taken(harness.hub)
    assert found[english.item_id, "publish"].written == expected
    assert found[arabic.item_id, "publish"].written == {
        "websocket": {"all": 2, "ar": 1},
        "sse": {"all": 1},
    }
    assert taken(harness.hub) == {}, "nothing has changed since"


def test_an_event_without_readers_has_a_receipt_too() -> None:
    harness, event = HubHarness(), InMemoryNewsroom().publish()
    harness.hub.advance([event])
    (receipt,) = taken(harness.hub).values()
    assert (receipt.screens, receipt.first_ms, receipt.last_ms) == (0, None, None)


def test_what_a_reader_gets_after_its_return_counts_as_later() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    before = harness.cursor()
    event, other = news.publish(), news.publish(edition="ar")
    harness.hub.advance([event, other])
    assert {one.later for one in taken(harness.hub).values()} == {0}
    for _ in range(3):
        harness.connect(f"edition=en&after={before}")
    harness.connect(f"edition=es&after={before}")
    found = taken(harness.hub)
    assert {key: one.later for key, one in found.items()} == {(event.item_id, "publish"): 3}


def test_a_reader_that_does_not_take_it_is_no_screen() -> None:
    receipts, news = FanoutReceipts(lambda: 0.0), InMemoryNewsroom()
    event = news.publish()
    receipts.add(event, [Reach({("sse", "en"): 4}, delayed=1)], 5.0, 5.5, delayed=1)
    ((_, _, receipt),) = receipts.take(9, later=False)
    assert (receipt.screens, receipt.delayed) == (2, 2)
    assert (receipt.first_ms, receipt.last_ms) == (5_000, 5_500)


def test_the_newest_event_of_an_action_replaces_the_one_before() -> None:
    receipts, news = FanoutReceipts(lambda: 0.0), InMemoryNewsroom()
    item = news.publish()
    receipts.add(item, [], 0, 0)
    receipts.add(news.change(item.item_id, headline="Second text"), [], 0, 0)
    last = news.change(item.item_id, headline="Third text")
    receipts.add(last, [], 0, 0)
    assert [(act, one.event) for _, act, one in receipts.take(9, later=False)] == [
        ("publish", item.id),
        (last.action, last.id),
    ]
    receipts.replayed((at(2), last.id))
    assert [one.later for _, _, one in receipts.take(9, later=True)] == [1]


def test_what_a_process_has_loaded_counts_once_a_reader_that_comes_back_gets_it() -> None:
    receipts, news = FanoutReceipts(lambda: 0.0), InMemoryNewsroom()
    item = news.publish()
    first, second = (news.change(item.item_id, headline=text) for text in ("b", "c"))
    receipts.add(item, [Reach({("sse", "en"): 1})], 0, 0)
    receipts.add(first, [Reach({("sse", "en"): 1})], 0, 0)
    receipts.take(9, later=True)
    receipts.loaded([item, first, second])
    assert receipts.take(9, later=True) == [], "nobody has got anything"
    receipts.replayed((item.id, first.id, second.id))
    found = {
        one.event: (one.screens, one.later, one.last_ms) for *_, one in receipts.take(9, later=True)
    }
    assert found == {item.id: (1, 1, 0), second.id: (0, 1, None)}


def test_a_receipt_that_went_to_make_room_is_not_begun_anew() -> None:
    receipts, news = FanoutReceipts(lambda: 0.0), InMemoryNewsroom()
    events = [news.publish() for _ in range(RECEIPTS_MAX + 2)]
    for event in events[:-1]:
        receipts.add(event, [Reach({("sse", "en"): 1})], 0, 0)
    receipts.take(RECEIPTS_MAX, later=True)
    receipts.loaded(events)
    receipts.replayed(tuple(event.id for event in events))
    found = {item for item, *_ in receipts.take(2 * RECEIPTS_MAX, later=True)}
    assert found == {event.item_id for event in events[2:]}


def test_receipts_and_slices_have_a_bound() -> None:
    receipts, news = FanoutReceipts(lambda: 0.0), InMemoryNewsroom()
    first = news.publish()
    receipts.add(first, [], 0, 0)
    events = [news.publish() for _ in range(RECEIPTS_MAX)]
    for event in events:
        receipts.add(event, [], 0, 0)
    assert len(receipts) == RECEIPTS_MAX
    receipts.take(2 * RECEIPTS_MAX, later=False)
    missed = tuple(event.id for event in (first, *events))
    for _ in range(2 * SLICES_MAX // RECEIPTS_MAX):
        receipts.replayed(tuple(missed))
        receipts.replayed(tuple(missed[-1:]))
    found = receipts.take(2 * RECEIPTS_MAX, later=True)
    assert {item for item, _, _ in found} == {event.item_id for event in events}
    assert found[-1][2].later == 4 * SLICES_MAX // RECEIPTS_MAX


def test_a_report_that_failed_is_made_again() -> None:
    receipts, news = FanoutReceipts(lambda: 0.0), InMemoryNewsroom()
    receipts.add(news.publish(), [], 0, 0)
    found = receipts.take(9, later=False)
    assert receipts.take(9, later=False) == []
    receipts.put_back(found)
    assert receipts.take(9, later=False) == found


def test_an_event_that_is_carried_again_after_a_failover_is_counted_anew() -> None:
    """Slices of it that were sent before are not added to the new receipt, if nobody took them."""
    receipts, event = FanoutReceipts(lambda: 0.0), InMemoryNewsroom().publish()
    receipts.add(event, [Reach({("websocket", "all"): 3})], 0.0, 0.0)
    for _ in range(2):
        receipts.replayed([event.id])
    receipts.add(event, [Reach({("websocket", "all"): 1})], 1.0, 1.0)
    receipts.replayed([event.id])
    [(_, _, receipt)] = receipts.take(10, later=True)
    assert (receipt.screens, receipt.later) == (1, 1)
