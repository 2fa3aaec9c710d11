"""The HTTP application on a real store, with a lane that is fed from the real wire.

``TestNewsroom`` has an HTTP client and an editor key. ``catch_up`` does the work of the relay and
the tail: it moves everything on the wire into the lane.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from tests.support.cheap_hashing import CheapHashing
from tests.support.metrics import samples
from ticker.api.metrics_poller import MetricsPoller
from ticker.api.ranking_cache import RankingCache
from ticker.api.read_counter import ReadCounter
from ticker.api.request_metrics import RequestMetrics
from ticker.api.story_text_cache import StoryTextCache
from ticker.application.resources import Application
from ticker.application.web import build
from ticker.archive.store import ArchiveReader
from ticker.config import Settings
from ticker.domain.cursor import ZERO, Cursor, StreamId
from ticker.domain.event import WireEvent, read_lane
from ticker.domain.health import HealthReport, Hop
from ticker.media import open as media_stores
from ticker.media.records import MediaRecords
from ticker.media.renderer import Renderer
from ticker.media.service import MediaService
from ticker.openid.provider import Provider
from ticker.people.accounts import Accounts
from ticker.people.passwords import Passwords
from ticker.people.sessions import Sessions
from ticker.publishing.audit_log import AuditLog
from ticker.publishing.service import ItemService, system_clock
from ticker.publishing.story_store import StoryStore
from ticker.publishing.template_store import TemplateStore
from ticker.push.store.operations import PushOperations
from ticker.push.store.subscriptions import registrations
from ticker.reader_access.judge import Judge
from ticker.readership.audience_store import AudienceStore
from ticker.readership.live_receipt_store import LiveReceiptStore
from ticker.readership.store import ReadershipStore
from ticker.storage.connection import Redis, connect
from ticker.storage.editor_keys import Editors, create
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.stream.lane_store import LaneStore
from ticker.stream.process_store import ProcessStore
from ticker.stream.replay import Lane, Verdict
from ticker.webhooks.endpoints import Webhooks
from ticker.wires.store import Wires

EPOCH = 7
PUSH_KEY = "B" + "A" * 86
"""65 bytes in base64url, as a public key of P-256 has them."""


@dataclass
class FakeGateway:
    """A lane that the test writes; ``reached`` answers for a cursor that is ahead."""

    lane: Lane = field(default_factory=lambda: Lane(1_000, EPOCH, ZERO, ZERO))
    ready: bool = True
    reached: Verdict = "ahead"
    asked: list[Cursor] = field(default_factory=list)
    on_look: Callable[[], None] = lambda: None

    async def look(self) -> None:
        self.on_look()

    async def reach(self, cursor: Cursor) -> Verdict:
        self.asked.append(cursor)
        return self.reached


@dataclass
class FixedHealth:
    """A health report that the test chooses; counts the checks."""

    report: HealthReport = field(
        default_factory=lambda: HealthReport(True, {"redis": Hop(True, "answers")})
    )
    asked: int = 0

    async def check(self) -> HealthReport:
        self.asked += 1
        return self.report


def unreachable_redis() -> Redis:
    """Return a client whose every command fails: pages and feeds must not need the store."""
    return connect("unix:///nowhere/redis.sock")


def build_application(
    settings: Settings,
    redis: Redis,
    *,
    gateway: FakeGateway | None = None,
    health: FixedHealth | None = None,
    read_counter: ReadCounter | None = None,
    ranking_cache: RankingCache | None = None,
    request_metrics: RequestMetrics | None = None,
    archive: ArchiveReader | None = None,
    media: MediaService | None = None,
    openid: Provider | None = None,
    story_texts: StoryTextCache | None = None,
    vapid_public_key: str = "",
    clock: Callable[[], float] = time.monotonic,
    judge: Judge | None = None,
) -> Application:
    """Return the application on the store ``redis``."""
    keys = Keys(settings.namespace)
    reads = ReadershipStore(redis, keys)
    editor_keys = Editors(redis, keys)
    stories = StoryStore(redis, keys, system_clock)
    return build(
        settings,
        items=ItemService(redis, keys, settings.taxonomy, settings, archive=archive),
        editor_keys=editor_keys,
        sessions=Sessions(redis, keys, editor_keys),
        accounts=Accounts(redis, keys, system_clock),
        read_view=gateway or FakeGateway(),
        health=health or FixedHealth(),
        read_counter=read_counter or ReadCounter(reads),
        ranking_cache=ranking_cache or RankingCache(reads),
        subscriptions=registrations(redis, keys, settings),
        push_operations=PushOperations(redis, redis, keys),
        audience=AudienceStore(redis, keys),
        processes=ProcessStore(redis, keys),
        templates=TemplateStore(redis, keys),
        websub_hubs={},
        live_receipts=LiveReceiptStore(redis, keys, settings.archive_ttl),
        audit=AuditLog(redis, keys),
        webhooks=Webhooks(redis, keys),
        wires=Wires(redis, keys),
        story_store=stories,
        story_texts=story_texts or StoryTextCache(stories),
        request_metrics=request_metrics or RequestMetrics(),
        budgets=settings.budgets(clock),
        archive=archive,
        media=media,
        openid=openid,
        vapid_public_key=vapid_public_key,
        judge=judge,
        passwords=Passwords(CheapHashing()),
    )


def media_service(settings: Settings, redis: Redis) -> MediaService | None:
    """Return the store of pictures that ``media_url`` names, None without it."""
    storage = media_stores.storage(settings)
    if storage is None:
        return None
    unused_ms = settings.media_unused_ttl * 1000
    records = MediaRecords(redis, Keys(settings.namespace), settings.media_bytes_max, unused_ms)
    return MediaService(records, storage, Renderer(), system_clock)


class TestNewsroom:
    """The application on a real store, a client and an editor key; see ``running_newsroom``."""

    __test__ = False  # pytest would collect it for its name

    def __init__(
        self,
        redis: Redis,
        settings: Settings,
        secret: str,
        archive: ArchiveReader | None = None,
        judge: Judge | None = None,
    ) -> None:
        self.now = 1_000.0
        self.key = {"authorization": f"Bearer {secret}"}
        self.gateway = FakeGateway()
        self.health = FixedHealth()
        self._redis = redis
        self._keys = Keys(settings.namespace)
        reads = ReadershipStore(redis, self._keys)
        self.read_counter = ReadCounter(reads, lambda: self.now)
        self.ranking_cache = RankingCache(reads, lambda: self.now)
        operations = PushOperations(redis, redis, self._keys)
        self.metrics_poller = MetricsPoller(
            operations,
            settings.push_subscriptions_max,
            settings.push_bytes_max,
            lambda: self.now,
        )
        self.request_metrics = RequestMetrics()
        self.media = media_service(settings, redis)
        self.openid = Provider.of(settings, lambda: self.now)
        self.app = build_application(
            settings,
            redis,
            gateway=self.gateway,
            health=self.health,
            read_counter=self.read_counter,
            ranking_cache=self.ranking_cache,
            request_metrics=self.request_metrics,
            archive=archive,
            media=self.media,
            openid=self.openid,
            vapid_public_key=PUSH_KEY,
            clock=lambda: self.now,
            judge=judge,
        )
        self.http = self.at("127.0.0.1")
        self._fresh: set[bytes] = set()

    async def open(self) -> None:
        """Make the lane, as a server does when it starts."""
        await LaneStore(self._redis, self._keys).open()
        self._fresh = set(await command(self._redis, "KEYS", "*"))

    def metrics(self) -> dict[str, float]:
        """Return the samples of everything but the gateway."""
        return samples(
            self.request_metrics, self.read_counter, self.ranking_cache, self.metrics_poller
        )

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
        transport = httpx.ASGITransport(self.app, client=(client, 4_000))
        return httpx.AsyncClient(transport=transport, base_url="http://newsroom.test")

    async def publish(self, headline: str = "Ferry service resumes", **fields: Any) -> Any:
        """Publish, and bring the lane up to date; return the answer's JSON."""
        draft = {"headline": headline, "edition": "en"} | fields
        response = await self.http.post("/v1/items", json=draft, headers=self.key)
        assert response.status_code == 201, response.text
        await self.catch_up()
        return response.json()

    async def act(self, id: str, act: str, **fields: Any) -> Any:
        """Do ``act`` to an item, as it is now."""
        headers = dict(self.key)
        if act == "approve":
            shown = await self.http.get(f"/v1/items/{id}", headers=self.key)
            headers["if-match"] = shown.headers["etag"]
        response = await self.http.post(f"/v1/items/{id}/{act}", json=fields, headers=headers)
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
        """Return how many keys the store holds besides those of a new newsroom.

        When an editor key was used is no trace of a request that was refused.
        """
        found = await command(self._redis, "KEYS", "*")
        used = self._keys.editors_used.encode()
        return len(set(found) - self._fresh - {used})


@asynccontextmanager
async def running_newsroom(
    redis: Redis,
    settings: Settings,
    archive: ArchiveReader | None = None,
    judge: Judge | None = None,
) -> AsyncIterator[TestNewsroom]:
    """Return a newsroom whose HTTP client reaches the application without a socket."""
    secret, _ = await create(redis, Keys(settings.namespace), "desk")
    newsroom = TestNewsroom(redis, settings, secret, archive, judge)
    await newsroom.open()
    async with newsroom.http, newsroom.ranking_cache.run():
        yield newsroom
    if newsroom.openid is not None:
        await newsroom.openid.aclose()


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
