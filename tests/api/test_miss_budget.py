"""Misses of the caches are charged to the client that asks."""

from __future__ import annotations

import httpx
import pytest

from tests.support.in_memory import EPOCH, InMemoryNewsroom
from tests.support.newsroom import FakeGateway, FixedHealth, check_problem, running_newsroom
from ticker.api.miss_budget import (
    ANSWER_BYTES,
    COMPARED,
    charge_answer,
    charge_miss,
)
from ticker.api.poll import PollResponses
from ticker.api.request_metrics import RequestMetrics
from ticker.api.request_scope import RequestScope
from ticker.application.gateway import build
from ticker.config import Settings
from ticker.domain.budgets import Budgets
from ticker.domain.errors import TooMany
from ticker.domain.filter import EVERYTHING, Filter
from ticker.domain.request_context import RequestContext
from ticker.storage.connection import Redis
from ticker.stream.replay import Lane

MISSES = 20
"""The burst of one miss a second."""


def charging(budgets: Budgets, client: str) -> RequestScope:
    """Return the scope of a request of ``client``."""
    return RequestScope(RequestContext(1, "one"), budgets, client)


def test_a_miss_is_charged_to_the_client_of_the_request() -> None:
    charge_miss()  # outside a request nobody pays
    budgets = Settings(address_misses=1.0).budgets(lambda: 0.0)
    with charging(budgets, "192.0.2.1"):
        for _ in range(MISSES):
            charge_miss()
        with pytest.raises(TooMany):
            charge_miss()
    with charging(budgets, "192.0.2.2"):
        charge_miss()
    for _ in range(2 * MISSES):
        charge_miss()  # outside again


@pytest.mark.parametrize(
    "path",
    [
        "/v1/feed.atom?limit=200&tag=t{}",
        "/v1/items?tag=t{}",
        "/item/{:0>26}",
        "/v1/items/{:0>26}",
        "/v1/embed?tag=t{}",
    ],
)
async def test_unique_requests_are_refused_and_cached_ones_are_not(
    redis: Redis, settings: Settings, path: str
) -> None:
    limited = settings.model_copy(update={"address_misses": 1.0})
    async with (
        running_newsroom(redis, limited) as newsroom,
        newsroom.at("192.0.2.1") as attacker,
        newsroom.at("192.0.2.2") as other,
    ):
        statuses = [(await attacker.get(path.format(n))).status_code for n in range(MISSES)]
        assert set(statuses) <= {200, 404}
        check_problem(await attacker.get("/v1/items?tag=one-more"), 429, "too-many-requests")
        again = await attacker.get(path.format(MISSES - 1))
        assert again.status_code == statuses[-1], "what is cached costs nothing"
        assert (await other.get("/v1/items?tag=another")).status_code == 200
        newsroom.now += 1.0
        assert (await attacker.get("/v1/items?tag=one-more")).status_code == 200


def test_a_large_answer_costs_as_much_as_several_requests() -> None:
    charge_answer(10 * ANSWER_BYTES)  # outside a request nobody pays
    budgets = Settings(address_requests=1.0).budgets(lambda: 0.0)  # a burst of ten
    client = "192.0.2.1"
    for size in (ANSWER_BYTES - 1, 4 * ANSWER_BYTES, 5 * ANSWER_BYTES):
        assert budgets.take("requests", client) is None
        with charging(budgets, client):
            charge_answer(size)
    refusal = budgets.take("requests", client)
    assert isinstance(refusal, TooMany)
    assert refusal.retry_after == 3, "12 were spent, and the next one is not there yet"
    assert budgets.take("requests", "192.0.2.2") is None
    with charging(budgets, "127.0.0.1"):
        charge_answer(1_000 * ANSWER_BYTES)
    assert budgets.take("requests", "127.0.0.1") is None, "an address without limits"


async def test_a_poll_of_many_items_is_charged_and_one_without_news_is_not() -> None:
    news, gateway = InMemoryNewsroom(), FakeGateway()
    for number in range(100):
        gateway.lane.advance(news.publish(f"Line {number} {'x' * 200}"))
    settings = Settings(address_requests=1.0)
    budgets = settings.budgets(lambda: 0.0)
    app = build(
        settings,
        read_view=gateway,
        health=FixedHealth(),
        request_metrics=RequestMetrics(),
        budgets=budgets,
    )
    transport = httpx.ASGITransport(app, client=("192.0.2.1", 4_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://x.test") as http:
        answer = await http.get("/v1/items?limit=100")
        again = {"If-None-Match": answer.headers["etag"]}
        for _ in range(20):
            assert (await http.get("/v1/items?limit=100", headers=again)).status_code == 304
    cost = len(answer.content) // ANSWER_BYTES
    assert 2 <= cost <= 8
    left = 0
    while budgets.take("requests", "192.0.2.1") is None:
        left += 1
    assert left == 10 - cost


async def test_a_search_through_the_whole_board_costs_as_much_as_several_misses() -> None:
    lane, news = Lane(10, EPOCH), InMemoryNewsroom()
    for _ in range(2 * COMPARED):
        lane.advance(news.publish())
    polls, client = PollResponses(), "192.0.2.1"
    budgets = Settings(address_misses=1.0).budgets(lambda: 0.0)
    nothing = Filter(excluded=Filter(editions=frozenset({"en"})))
    with charging(budgets, client):
        await polls.snapshot(lane, nothing, 20)
        await polls.snapshot(lane, nothing, 20)  # cached
        await polls.snapshot(lane, EVERYTHING, 20)
    left = 0
    while budgets.take("misses", client) is None:
        left += 1
    assert left == MISSES - 3 - 1
