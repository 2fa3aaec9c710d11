"""The audience over HTTP: exact for editors, rounded for readers if they may know."""

from __future__ import annotations

from tests.support.newsroom import TestNewsroom, check_problem, running_newsroom
from ticker.config import Settings
from ticker.domain.audience import Audience
from ticker.readership.audience_store import AudienceStore
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys

COUNTS = Audience(
    123, {"editions": {"en": 119, "es": 4}, "sections": {"all": 123}, "stories": {"ferries": 12}}
)


async def test_editors_get_exact_counts(newsroom: TestNewsroom, redis: Redis, keys: Keys) -> None:
    await AudienceStore(redis, keys).report("one", COUNTS)
    response = await newsroom.http.get("/v1/audience", headers=newsroom.key)
    assert response.json() == {**COUNTS.json, "exact": True, "gateways": 1}
    assert "no-store" in response.headers["cache-control"]
    check_problem(await newsroom.http.get("/v1/audience"), 401, "unauthorised")


async def test_readers_get_rounded_counts_if_they_may(
    redis: Redis, keys: Keys, settings: Settings
) -> None:
    public = settings.model_copy(update={"audience_public": True})
    async with running_newsroom(redis, public) as newsroom:
        await AudienceStore(redis, keys).report("one", COUNTS)
        response = await newsroom.http.get("/v1/audience")
        assert response.json() == {
            "readers": 120,
            "editions": {"en": 110},
            "sections": {"all": 120},
            "stories": {"ferries": 12},
            "exact": False,
        }
        assert response.headers["access-control-allow-origin"] == "*"
        exact = await newsroom.http.get("/v1/audience", headers=newsroom.key)
        assert exact.json()["readers"] == 123
