"""Live receipts: the sum over gateway processes."""

from __future__ import annotations

from tests.support.in_memory import at
from ticker.domain.live_receipt import LiveReceipt, total


def test_the_newest_event_counts_and_is_added_up() -> None:
    old = LiveReceipt(at(1), {"sse": {"en": 9}}, 0, 0, 1, 2)
    one = LiveReceipt(at(2), {"websocket": {"en": 5, "all": 1}}, 2, 4, at(2).ms + 3, at(2).ms + 9)
    two = LiveReceipt(at(2), {"websocket": {"en": 7}, "sse": {"ar": 1}}, 0, 1, at(2).ms - 1, None)
    found = total([old, one, two])
    assert found is not None
    assert found.written == {"websocket": {"en": 12, "all": 1}, "sse": {"ar": 1}}
    assert (found.screens, found.delayed, found.later, found.gateways) == (12, 2, 5, 2)
    shown = found.to_json()
    assert (shown["first_after"], shown["last_after"]) == (0, 0.009), "no time before publication"
    assert total([]) is None


def test_a_stored_receipt_is_read_as_it_was() -> None:
    for receipt in (LiveReceipt(at(1)), LiveReceipt(at(2), {"sse": {"en": 3}}, 1, 2, 3, 4)):
        assert LiveReceipt.read(receipt.stored) == receipt
