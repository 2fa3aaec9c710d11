"""Misses of the caches are charged to the client that asks."""

from __future__ import annotations

import pytest

from tests.support.newsroom import check_problem, running_newsroom
from ticker.api.miss_budget import charge_miss, charged_to
from ticker.config import Settings
from ticker.domain.errors import TooMany
from ticker.storage.connection import Redis

MISSES = 20
"""The burst of one miss a second."""


def test_a_miss_is_charged_to_the_client_of_the_request() -> None:
    charge_miss()  # outside a request nobody pays
    budgets = Settings(address_misses=1.0).budgets(lambda: 0.0)
    with charged_to(budgets, "192.0.2.1"):
        for _ in range(MISSES):
            charge_miss()
        with pytest.raises(TooMany):
            charge_miss()
    with charged_to(budgets, "192.0.2.2"):
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
