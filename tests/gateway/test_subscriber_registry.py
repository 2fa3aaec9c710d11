"""The registry: whatever happens, a subscriber is exactly where its state says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gateway.hub_harness import FakeSubscriber, HubHarness
from tests.support.in_memory import EPOCH, at
from ticker.domain.cursor import Cursor
from ticker.domain.filter import EVERYTHING
from ticker.gateway.fanout_plan import PlanCache
from ticker.gateway.filter_index import FilterIndex
from ticker.gateway.query_parser import Subscription
from ticker.gateway.response_cache import ResponseCache
from ticker.gateway.subscriber_registry import SubscriberRegistry
from ticker.gateway.subscriber_state import (
    CLOSED,
    CONNECTING,
    LIVE,
    CatchingUp,
    Closing,
    Live,
    Paused,
    ReplayFrom,
    Reset,
    State,
    Trailing,
    Waiting,
)

SUBSCRIPTION = Subscription(EVERYTHING, Cursor(EPOCH, at(9)))
STATES: list[State] = [
    CONNECTING,
    LIVE,
    Trailing(at(3)),
    CatchingUp(Reset("epoch")),
    Waiting(SUBSCRIPTION, 5.0),
    Paused(2.0, ReplayFrom(at(3), compacted=True)),
    Closing(8.0),
    CLOSED,
]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(STATES)), max_size=30))
def test_every_subscriber_is_where_its_state_says(moves: list[tuple[int, State]]) -> None:
    index = FilterIndex(ResponseCache())
    plans = PlanCache(index)
    registry = SubscriberRegistry(index, plans)
    hub = HubHarness().hub
    subscribers = [FakeSubscriber(hub) for _ in range(3)]
    for number, state in moves:
        subscriber = subscribers[number]
        if subscriber.group is None and isinstance(
            state, Live | Trailing | CatchingUp | Waiting | Paused
        ):
            registry.move(subscriber, CONNECTING)
            registry.join_group(subscriber, SUBSCRIPTION)
        registry.move(subscriber, state)
        behind = [one for one in subscribers if isinstance(one.state, CatchingUp | Paused)]
        assert set(registry.behind) == set(behind)
        assert set(registry.trailing) == {o for o in subscribers if isinstance(o.state, Trailing)}
        assert set(registry.waiting) == {o for o in subscribers if isinstance(o.state, Waiting)}
        assert set(registry.closing) == {o for o in subscribers if isinstance(o.state, Closing)}
        assert all(one.group is None for one in subscribers if one.closing)
        members = [one for one in subscribers if one.group is not None]
        assert [group.members for group in index] == ([len(members)] if members else [])
        live = sum(len(group.recipients()) for group in index)
        assert live == sum(isinstance(one.state, Live) for one in subscribers)


@pytest.mark.parametrize("state", [state for state in STATES if state is not LIVE], ids=repr)
def test_becoming_live_and_ceasing_to_be_clears_the_plans(state: State) -> None:
    harness = HubHarness()
    index = FilterIndex(ResponseCache())
    cleared = 0

    class CountingPlans(PlanCache):
        def clear(self) -> None:
            nonlocal cleared
            cleared += 1

    registry = SubscriberRegistry(index, CountingPlans(index))
    subscriber = FakeSubscriber(harness.hub)
    registry.join_group(subscriber, SUBSCRIPTION)
    registry.move(subscriber, LIVE)
    assert cleared == 1
    registry.move(subscriber, state)
    assert cleared == 2
