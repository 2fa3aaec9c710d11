from __future__ import annotations

from ticker.bench.ledger import Event, LaneSpan, Ledger, Position


def at(number: int) -> Position:
    return (1, number, 0)


def deliver(ledger: Ledger, number: int, headline: str | None, readers: int) -> Event:
    event = ledger.event(at(number), f"item{number}", headline, now=10.0)
    for _ in range(readers):
        ledger.arrived(event, now=10.5)
    return event


def test_all_there_is_clean_and_measured() -> None:
    ledger = Ledger()
    for _ in range(3):
        ledger.begin(at(0))
    ledger.sending("one", "steady", now=9.5).acknowledged = True
    assert ledger.waiting("steady") == 3
    deliver(ledger, 1, "one", readers=2)
    assert ledger.waiting("steady") == 1
    ledger.arrived(ledger.events[at(1)], now=11.5)
    assert ledger.waiting("steady") == 0
    verdict = ledger.verdict()
    assert (verdict.events, verdict.delivered, verdict.lost) == (1, 3, 0)
    assert verdict.clean
    assert ledger.arrivals["steady"].count == 3
    assert ledger.to_last("steady").longest == 2.0
    assert ledger.spread().count == 0
    assert ledger.published() == {"steady": 1}


def test_what_one_reader_missed_is_lost() -> None:
    ledger = Ledger()
    for _ in range(3):
        ledger.begin(at(0))
    deliver(ledger, 1, None, readers=3)
    deliver(ledger, 2, None, readers=2)
    assert ledger.verdict().lost == 1
    assert not ledger.verdict().clean


def test_who_came_later_or_left_earlier_is_owed_nothing() -> None:
    ledger = Ledger()
    ledger.begin(at(0))
    gone = ledger.begin(at(0))
    ledger.begin(at(2))
    deliver(ledger, 1, None, readers=2)
    deliver(ledger, 2, None, readers=2)
    gone.end = at(2)
    deliver(ledger, 3, None, readers=2)
    assert ledger.verdict().clean


def test_a_line_that_was_acknowledged_and_reached_nobody_is_noticed() -> None:
    ledger = Ledger()
    ledger.begin(at(0))
    ledger.sending("lost", "steady", now=1.0).acknowledged = True
    ledger.sending("refused", "steady", now=1.0)
    verdict = ledger.verdict()
    assert (verdict.unseen, verdict.lost) == (1, 0)
    assert not verdict.clean


def test_a_later_event_of_the_same_item_takes_the_place_of_an_earlier_one() -> None:
    """A reader that lags is owed the last version of an item, not each of them."""
    ledger = Ledger()
    ledger.begin(at(0))
    ledger.begin(at(0))
    first = ledger.event(at(1), "item", None, now=1.0)
    ledger.arrived(first, now=1.0)
    second = ledger.event(at(2), "item", None, now=2.0)
    ledger.arrived(second, now=2.0)
    ledger.arrived(second, now=2.0)
    assert ledger.verdict().clean


def test_an_event_of_others_is_measured_from_its_first_reader_to_its_last() -> None:
    ledger = Ledger()
    ledger.begin(at(0))
    event = ledger.event(at(1), "item", "not ours", now=1.0)
    ledger.arrived(event, now=1.0)
    ledger.arrived(event, now=1.25)
    assert ledger.spread().longest == 0.25
    assert ledger.arrivals == {}


def test_a_span_is_open_until_it_is_ended() -> None:
    assert LaneSpan(at(1)).end > at(10**15)
