"""The HTTP application on a real store, with a lane that is fed from the real wire.

A ``TestNewsroom`` is what an editor and a reader have: an address and a key. ``catch_up`` does what
relay and tail do together; tests call it when the world shall know.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from ticker.api.metrics_poller import MetricsPoller
from ticker.api.ranking_cache import RankingCache
from ticker.api.read_counter import ReadCounter
from ticker.api.services import Services
from ticker.application import build
from ticker.config import Settings
from ticker.domain.cursor import ZERO, Cursor, StreamId
from ticker.domain.event import WireEvent, read_lane
from ticker.domain.health import HealthReport, Hop
from ticker.publishing.service import ItemService
from ticker.push.store.operations import PushOperations
from ticker.push.store.subscriptions import Subscriptions
from ticker.readership.store import Reads
from ticker.storage.connection import Redis
from ticker.storage.editor_keys import Editors, create
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.stream.replay import Lane
from ticker.webhooks.endpoints import Webhooks

EPOCH = 40
PUSH_KEY = "B" + "A" * 86
"""65 bytes in base64url, as a public key of P-256 has them."""


@dataclass
class FakeGateway:
    """A reader's gateway: a lane, and how it answers a cursor that is ahead."""

    lane: Lane = field(default_factory=lambda: Lane(1_000, EPOCH, ZERO, ZERO))
    ready: bool = True
    reached: bool = False
    asked: list[Cursor] = field(default_factory=list)
    samples: dict[str, float] = field(default_factory=dict)

    async def reach(self, cursor: Cursor) -> bool:
        self.asked.append(cursor)
        return self.reached

    def metrics(self) -> Mapping[str, float]:
        return self.samples


@dataclass
class FixedHealth:
    """Health as a test wants it; counts how often it was asked."""

    report: HealthReport = field(
        default_factory=lambda: HealthReport(True, {"redis": Hop(True, "answers")})
    )
    asked: int = 0

    async def check(self) -> HealthReport:
        self.asked += 1
        return self.report


class TestNewsroom:
    """The application with a real store. Start it with ``opened``."""

    __test__ = False  # pytest would collect it for its name

    def __init__(
        self,
        http: httpx.AsyncClient,
        redis: Redis,
        keys: Keys,
        secret: str,
        app: httpx.ASGITransport,
    ) -> None:
        self.http = http
        self.now = 1_000.0
        self.key = {"authorization": f"Bearer {secret}"}
        self.gateway = FakeGateway()
        self.health_checks = FixedHealth()
        self.counting = ReadCounter(Reads(redis, keys), lambda: self.now)
        self.watching = MetricsPoller(PushOperations(redis, redis, keys), lambda: self.now)
        self.charts = RankingCache(Reads(redis, keys), lambda: self.now)
        self._redis = redis
        self._keys = keys
        self._app = app

    async def report(
        self, id: str, kind: str = "open", client: str = "192.0.2.1", **headers: str
    ) -> httpx.Response:
        """Report a read as a page does, from the address ``client``."""
        body = orjson.dumps({"id": id, "kind": kind})
        headers = {"content-type": "text/plain;charset=UTF-8"} | headers
        async with self.at(client) as http:
            return await http.post("/v1/beacon", content=body, headers=headers)

    def at(self, client: str) -> httpx.AsyncClient:
        """Return an HTTP client at the address ``client``."""
        transport = httpx.ASGITransport(self._app.app, client=(client, 4_000))
        return httpx.AsyncClient(transport=transport, base_url="http://newsroom.test")

    async def publish(self, headline: str = "Ferry service resumes", **fields: Any) -> Any:
        """Publish and let the world know; return the answer's JSON."""
        draft = {"headline": headline, "edition": "en"} | fields
        response = await self.http.post("/v1/items", json=draft, headers=self.key)
        assert response.status_code == 201, response.text
        await self.catch_up()
        return response.json()

    async def act(self, id: str, act: str, **fields: Any) -> Any:
        response = await self.http.post(f"/v1/items/{id}/{act}", json=fields, headers=self.key)
        assert response.status_code == 200, response.text
        await self.catch_up()
        return response.json()

    async def catch_up(self) -> None:
        """Bring the lane up to the wire."""
        lane = self.gateway.lane
        for id, event in await self.wire():
            lane.advance(read_lane(id, event.lane_record(), lane.epoch))

    async def wire(self) -> list[tuple[StreamId, WireEvent]]:
        """Return everything that was ever published."""
        entries = await command(self._redis, "XRANGE", self._keys.wire, "-", "+")
        return [(StreamId.parse(id), WireEvent.read(record)) for id, record in entries]

    async def traces(self) -> int:
        """Return how many keys the store holds besides the editors' own."""
        found = await command(self._redis, "KEYS", "*")
        return len([key for key in found if key != self._keys.editors.encode()])


@asynccontextmanager
async def opened(
    redis: Redis, keys: Keys, items: ItemService, settings: Settings
) -> AsyncIterator[TestNewsroom]:
    """Return a newsroom whose HTTP client reaches the application without a socket."""
    secret, _ = await create(redis, keys, "desk")
    services = Services(
        settings,
        items,
        Editors(redis, keys),
        subscribers=Subscriptions(redis, keys, settings.push_subscriptions_max),
        push_key=PUSH_KEY,
        webhooks=Webhooks(redis, keys),
        bridges=PushOperations(redis, redis, keys),
    )
    transport = httpx.ASGITransport(build(services))
    async with httpx.AsyncClient(transport=transport, base_url="http://newsroom.test") as http:
        newsroom = TestNewsroom(http, redis, keys, secret, transport)
        services.reader = newsroom.gateway
        services.health = newsroom.health_checks
        services.counting = newsroom.counting
        services.charts = newsroom.charts
        services.watching = newsroom.watching
        async with newsroom.charts.run():
            yield newsroom


def check_problem(response: httpx.Response, status: int, slug: str) -> Any:
    """Return the problem document after checking what all of them have."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == f"/problems/{slug}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return problem
