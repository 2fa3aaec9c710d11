"""The heartbeat wheel: every subscriber once per interval, spread over its ticks."""

from __future__ import annotations

from collections import Counter

from tests.gateway.hub_harness import FakeSubscriber, HubHarness
from ticker.gateway.heartbeat_wheel import TICKS_PER_SECOND, HeartbeatWheel


def test_every_subscriber_is_due_once_per_interval_and_spread_evenly() -> None:
    wheel, hub = HeartbeatWheel(interval=5), HubHarness().hub
    subscribers = [FakeSubscriber(hub) for _ in range(100)]
    assert all(wheel.add(one) for one in subscribers)
    assert not wheel.add(subscribers[0])
    turns = [wheel.turn() for _ in range(5 * TICKS_PER_SECOND)]
    assert Counter(one for turn in turns for one in turn) == Counter(subscribers)
    assert {len(turn) for turn in turns} == {5}


def test_a_discarded_subscriber_is_not_due_again() -> None:
    wheel, hub = HeartbeatWheel(interval=1), HubHarness().hub
    first, second = FakeSubscriber(hub), FakeSubscriber(hub)
    wheel.add(first)
    wheel.add(second)
    wheel.discard(first)
    wheel.discard(first)
    assert (len(wheel), list(wheel)) == (1, [second])
    assert [one for _ in range(TICKS_PER_SECOND) for one in wheel.turn()] == [second]
