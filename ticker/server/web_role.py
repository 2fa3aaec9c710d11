"""The web process: API, site and feeds. It holds the lane in memory and has no live readers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from typing import Any

from ticker.api.metrics_poller import MetricsPoller
from ticker.api.ranking_cache import RankingCache
from ticker.api.read_counter import ReadCounter
from ticker.api.render_faults import RenderFaults
from ticker.api.request_metrics import RequestMetrics
from ticker.api.story_text_cache import StoryTextCache
from ticker.application.resources import Application
from ticker.application.web import build
from ticker.archive import open as archives
from ticker.archive.store import ArchiveReader
from ticker.config import Settings
from ticker.domain.health import HeartbeatTimes
from ticker.domain.usage_table import READS, UsageTable
from ticker.feeds.websub_store import HubProgress
from ticker.gateway.app_state import AppState, SharedPort
from ticker.gateway.gateway import Gateway
from ticker.gateway.position_report import PositionReport
from ticker.gateway.readiness import Health
from ticker.gateway.tail_pace import Looks
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
from ticker.push import vapid_keys
from ticker.push.store.operations import PushOperations
from ticker.push.store.subscriptions import registrations
from ticker.readership.audience_store import AudienceStore
from ticker.readership.dedup import ReadDeduplicator
from ticker.readership.live_receipt_store import LiveReceiptStore
from ticker.readership.store import ReadershipStore
from ticker.runtime.time_slice import LONG, set_time_slice
from ticker.server.configuration import configuration
from ticker.server.reader_keys import ReaderKeys
from ticker.server.web_protocols import NoWebSocket, WebHttpProtocol
from ticker.server.web_server import WebServer
from ticker.storage.address import job_store, main_store
from ticker.storage.connection import Redis, connect
from ticker.storage.editor_keys import Editors
from ticker.storage.keys import Keys
from ticker.stream import lane_reader
from ticker.stream.lane_store import LaneStore
from ticker.stream.process_store import ProcessStore
from ticker.telemetry import logs, traces
from ticker.telemetry.endpoint import serve_metrics
from ticker.telemetry.exposition import Exposition
from ticker.telemetry.loop_lag import LoopLag
from ticker.webhooks.endpoints import Webhooks
from ticker.wires.store import Wires

SHUTDOWN_GRACE = 5
"""Seconds that a stopping web process waits for the responses under way."""
LOAD_WAIT = 2.0
"""Seconds that a starting web process waits for the lane. Without Redis it then starts all the
same, and says what is missing; gateways hold connections longer than this."""


def create_app(
    settings: Settings, shared_port: SharedPort | None = None, usage: UsageTable | None = None
) -> Application:
    """Return the application of the web role. Raises VapidKeyError, ValueError for ``media_url``.

    Its lifespan runs the tail that keeps the lane in memory current. ``usage`` is what clients
    spend and hold in all processes of this machine.
    """
    keys = Keys(settings.namespace)
    store, jobs = main_store(settings), job_store(settings)
    redis = connect(store, wait=settings.durability_timeout)
    tail_redis = connect(store, blocking=True)
    jobs_redis = connect(jobs) if jobs != store else redis

    archive = _archive(settings)
    editor_keys = Editors(redis, keys)
    media = _media(settings, redis, keys)
    looks = Looks()
    items = ItemService(
        redis, keys, settings.taxonomy, settings, archive=archive, committed=looks.soon
    )
    lane_store = LaneStore(redis, keys, tail_redis)
    # A gateway without subscribers.
    read_model = Gateway(settings, lane_store, request_turns=1, usage=usage, looks=looks)
    readership = ReadershipStore(redis, keys)
    reads = ReadDeduplicator(lambda: os.urandom(32), debts=read_model.usage.debts(READS))
    read_counter = ReadCounter(readership, deduplicator=reads)
    ranking_cache = RankingCache(readership)
    story_store = StoryStore(redis, keys, system_clock)
    story_texts = StoryTextCache(story_store)
    push_operations = PushOperations(redis, jobs_redis, keys)
    metrics_poller = MetricsPoller(
        push_operations, settings.push_subscriptions_max, settings.push_bytes_max
    )
    request_metrics, loop_lag = RequestMetrics(), LoopLag()
    render_faults = RenderFaults()
    sources = (
        read_model,
        request_metrics,
        render_faults,
        read_counter,
        ranking_cache,
        metrics_poller,
        loop_lag,
        *(() if media is None else (media,)),
    )
    metrics = Exposition("web", sources)
    key_file = settings.vapid_key_file
    openid = Provider.of(settings, time.monotonic)
    passwords = Passwords()

    processes = ProcessStore(redis, keys)
    positions = PositionReport(
        processes, secrets.token_hex(8), "web", read_model.hub.position, read_model.clock
    )

    async def heartbeat_times() -> HeartbeatTimes:
        return await lane_reader.heartbeat_times(redis, keys)

    async def durability() -> Mapping[str, Any]:
        return (await items.check_writes()).report()

    @contextlib.asynccontextmanager
    async def lifespan(app: Application) -> AsyncIterator[AppState]:
        async with (
            read_model.run(),
            ReaderKeys(read_model.access, settings).run(),
            ranking_cache.run(),
            read_counter.run(),
            metrics_poller.run(),
            story_texts.run(),
            _running(positions.run()),
            loop_lag.run(),
            contextlib.nullcontext() if media is None else media.run(),
            serve_metrics(settings.metrics_address, metrics),
        ):
            # Connections wait at the gateway meanwhile; taken before, they would be refused.
            await read_model.loaded_within(LOAD_WAIT)
            yield AppState(gateway=read_model, shared_port=shared_port)
        if archive is not None:
            await archive.aclose()
        if openid is not None:
            await openid.aclose()
        await passwords.close()
        await lane_store.aclose()
        await jobs_redis.aclose()
        await redis.aclose()
        await tail_redis.aclose()

    app = build(
        settings,
        items=items,
        editor_keys=editor_keys,
        sessions=Sessions(redis, keys, editor_keys),
        accounts=Accounts(redis, keys, system_clock),
        read_view=read_model,
        health=Health(read_model, heartbeat_times, durability),
        read_counter=read_counter,
        render_faults=render_faults,
        ranking_cache=ranking_cache,
        subscriptions=registrations(redis, keys, settings),
        push_operations=push_operations,
        audience=AudienceStore(redis, keys),
        processes=processes,
        templates=TemplateStore(redis, keys),
        websub_hubs={url: HubProgress(redis, keys, url) for url in settings.websub_hubs},
        live_receipts=LiveReceiptStore(redis, keys, settings.archive_ttl),
        audit=AuditLog(redis, keys),
        webhooks=Webhooks(redis, keys),
        wires=Wires(redis, keys),
        story_store=story_store,
        story_texts=story_texts,
        request_metrics=request_metrics,
        budgets=read_model.budgets,
        passwords=passwords,
        judge=read_model.judge,
        archive=archive,
        media=media,
        openid=openid,
        vapid_public_key="" if key_file is None else vapid_keys.read(key_file).public,
        lifespan=lifespan,
    )
    app.metrics_sources = sources
    return app


@contextlib.asynccontextmanager
async def _running(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run ``work`` in a task until the block ends."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def _archive(settings: Settings) -> ArchiveReader | None:
    if not settings.archive_url:
        return None
    return archives.reader(settings.archive_url, settings.archive_password_file)


def _media(settings: Settings, redis: Redis, keys: Keys) -> MediaService | None:
    storage = media_stores.storage(settings)
    if storage is None:
        return None
    unused_ms = settings.media_unused_ttl * 1000
    records = MediaRecords(redis, keys, settings.media_bytes_max, unused_ms)
    return MediaService(records, storage, Renderer(), system_clock)


def serve(
    settings: Settings,
    sock: socket.socket | None,
    gateways: socket.socket | None,
    usage: UsageTable | None = None,
) -> None:
    """Serve on ``sock``, and what gateways hand over at ``gateways``, until SIGTERM or SIGINT."""
    logs.configure(settings.log_level, settings.log_format, "web")
    traces.configure(settings.otlp_url, "web")
    set_time_slice(0, LONG, interrupts=False)
    server = WebServer(
        lambda shared_port: configuration(
            settings,
            create_app(settings, shared_port, usage),
            http=WebHttpProtocol,
            ws=NoWebSocket,
            grace=SHUTDOWN_GRACE,
        ),
        gateways,
    )
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        server.run(sockets=[] if sock is None else [sock])
