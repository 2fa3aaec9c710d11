"""The plan cache: plans are shared by events with the same facets and never outlive a change."""

from __future__ import annotations

from tests.gateway.hub_harness import FakeSubscriber, HubHarness
from tests.support.in_memory import InMemoryNewsroom
from ticker.domain.filter import Filter
from ticker.gateway.fanout_plan import PLANS_MAX, PlanCache
from ticker.gateway.filter_index import FilterIndex
from ticker.gateway.framing import websocket_framing
from ticker.gateway.response_cache import ResponseCache
from ticker.stream.sight import LEFT, SHOWN


def cache_of(*filters: Filter) -> PlanCache:
    """Return the cache of an index with one live subscriber per filter."""
    index = FilterIndex(ResponseCache())
    for filter in filters:
        index.join(filter, websocket_framing).add_live(FakeSubscriber(HubHarness().hub))
    return PlanCache(index)


def test_events_with_equal_facets_share_their_plans() -> None:
    news = InMemoryNewsroom()
    plans = cache_of(Filter(), Filter(sections=frozenset({"politics"})))
    first = plans.get(news.publish(sections=["politics"]))
    assert plans.get(news.publish(sections=["politics"])) is first
    assert [(plan.sight, len(plan.recipients)) for plan in first] == [(SHOWN, 2)]
    (other,) = plans.get(news.publish(sections=["sports"]))
    assert len(other.recipients) == 1


def test_an_item_that_moves_is_shown_to_some_and_taken_off_by_others() -> None:
    news = InMemoryNewsroom()
    plans = cache_of(
        Filter(sections=frozenset({"politics"})), Filter(sections=frozenset({"economy"}))
    )
    item = news.publish(sections=["politics"])
    found = plans.get(news.change(item.item_id, sections=["economy"]))
    assert sorted((plan.sight, len(plan.recipients)) for plan in found) == [(LEFT, 1), (SHOWN, 1)]


def test_the_number_of_plans_has_a_bound_and_clear_forgets_all() -> None:
    news, plans = InMemoryNewsroom(), cache_of(Filter())
    for number in range(3 * PLANS_MAX):
        plans.get(news.publish(tags=[f"tag {number}"]))
        assert len(plans) <= PLANS_MAX
    plans.clear()
    assert len(plans) == 0


def test_a_subscriber_that_comes_or_goes_is_in_the_next_plan_or_not() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    first = harness.connect("backlog=0")
    harness.hub.advance([news.publish()])
    second = harness.connect("backlog=0")
    harness.hub.advance([news.publish()])
    first.connection_lost(None)
    harness.hub.advance([news.publish()])
    assert [len(one.messages()) for one in (first, second)] == [3, 3]
