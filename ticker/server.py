"""The server process: connects the store, the gateway and the HTTP application, and serves them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Mapping
from typing import Any

import uvicorn

from ticker.api.metrics_poller import MetricsPoller
from ticker.api.ranking_cache import RankingCache
from ticker.api.read_counter import ReadCounter
from ticker.api.render_faults import RenderFaults
from ticker.api.request_metrics import RequestMetrics
from ticker.application import Application, build
from ticker.config import Settings
from ticker.domain.health import HeartbeatTimes
from ticker.gateway.app_state import AppState
from ticker.gateway.connection_router import ConnectionRouter
from ticker.gateway.gateway import Gateway
from ticker.gateway.limits import UNSENT_MAX
from ticker.gateway.readiness import Health
from ticker.gateway.websocket import WebSocketProtocol
from ticker.publishing.service import ItemService
from ticker.push import vapid_keys
from ticker.push.store.operations import PushOperations
from ticker.push.store.subscriptions import registrations
from ticker.readership.store import ReadershipStore
from ticker.storage.address import job_store, main_store
from ticker.storage.connection import connect
from ticker.storage.editor_keys import Editors
from ticker.storage.keys import Keys
from ticker.stream import heartbeat
from ticker.stream.lane_store import LaneStore
from ticker.telemetry import logs
from ticker.telemetry.endpoint import serve_metrics
from ticker.telemetry.exposition import Exposition
from ticker.telemetry.loop_lag import LoopLag
from ticker.webhooks.endpoints import Webhooks

LISTEN_BACKLOG = 4_096
"""Connections that the kernel queues while the server is busy; a storm arrives within a second."""
SHUTDOWN_GRACE = 4
"""Seconds beyond ``drain_time`` that a stopping server waits for open connections."""


def create_app(settings: Settings) -> Application:
    """Return the HTTP application. Raises VapidKeyError.

    Its lifespan runs the gateway and provides it to the protocol classes of ``server_config``.
    """
    keys = Keys(settings.namespace)
    store, jobs = main_store(settings), job_store(settings)
    redis = connect(store, wait=settings.durability_timeout)
    tail_redis = connect(store, blocking=True)
    jobs_redis = connect(jobs) if jobs != store else redis

    items = ItemService(redis, keys, settings.taxonomy, settings)
    lane_store = LaneStore(redis, keys, tail_redis)
    gateway = Gateway(settings, lane_store)
    readership = ReadershipStore(redis, keys)
    read_counter, ranking_cache = ReadCounter(readership), RankingCache(readership)
    push_operations = PushOperations(redis, jobs_redis, keys)
    metrics_poller = MetricsPoller(push_operations)
    request_metrics, loop_lag = RequestMetrics(), LoopLag()
    render_faults = RenderFaults()
    sources = (
        gateway,
        request_metrics,
        render_faults,
        read_counter,
        ranking_cache,
        metrics_poller,
        loop_lag,
    )
    metrics = Exposition("server", sources)
    key_file = settings.vapid_key_file

    async def heartbeat_times() -> HeartbeatTimes:
        seen = await heartbeat.heartbeat_state(redis, keys)
        return HeartbeatTimes(seen.now_ms, seen.wire_ms, seen.live_ms)

    async def durability() -> Mapping[str, Any]:
        return (await items.check_writes()).report()

    @contextlib.asynccontextmanager
    async def lifespan(app: Application) -> AsyncIterator[AppState]:
        async with (
            gateway.run(),
            ranking_cache.run(),
            read_counter.run(),
            metrics_poller.run(),
            loop_lag.run(),
            serve_metrics(settings.metrics_address, metrics),
        ):
            yield AppState(gateway=gateway)
        await lane_store.aclose()
        await jobs_redis.aclose()
        await redis.aclose()
        await tail_redis.aclose()

    app = build(
        settings,
        items=items,
        editor_keys=Editors(redis, keys),
        read_view=gateway,
        health=Health(gateway, heartbeat_times, durability),
        read_counter=read_counter,
        render_faults=render_faults,
        ranking_cache=ranking_cache,
        subscriptions=registrations(redis, keys, settings),
        push_operations=push_operations,
        webhooks=Webhooks(redis, keys),
        request_metrics=request_metrics,
        budgets=gateway.budgets,
        vapid_public_key="" if key_file is None else vapid_keys.read(key_file).public,
        lifespan=lifespan,
    )
    app.state.metrics = sources
    return app


def server_config(settings: Settings, app: Application) -> uvicorn.Config:
    """Return uvicorn's configuration for ``app``, with our protocol classes and trusted proxies."""
    return uvicorn.Config(
        app,
        http=ConnectionRouter,
        ws=WebSocketProtocol,
        loop="uvloop",
        lifespan="on",
        access_log=False,
        server_header=False,
        log_config=None,  # its lines go through our formatter
        log_level=settings.log_level,
        backlog=LISTEN_BACKLOG,
        timeout_graceful_shutdown=int(settings.drain_time) + SHUTDOWN_GRACE,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
    )


def listen(host: str, port: int, send_buffer: int) -> socket.socket:
    """Return a bound socket whose connections detect a peer that vanished.

    Raises OSError with a message if the address is in use.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _tune(sock, send_buffer)
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from None
    return sock


def _tune(sock: socket.socket, send_buffer: int) -> None:
    """Set options that Linux copies to accepted connections, which saves system calls for each."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_MAX)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 60_000)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)


def serve(
    settings: Settings, host: str | None = None, port: int | None = None, fd: int | None = None
) -> None:
    """Serve until SIGTERM or SIGINT, then drain. Raises OSError if the address is in use.

    ``fd`` is a bound socket from a supervisor; it replaces ``host`` and ``port``.
    """
    if fd is None:
        address = host or settings.host, settings.port if port is None else port
        sock = listen(*address, settings.send_buffer)
    else:
        sock = socket.socket(fileno=fd)
        _tune(sock, settings.send_buffer)
    logs.configure(settings.log_level, settings.log_format, "server")
    server = uvicorn.Server(server_config(settings, create_app(settings)))
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        server.run(sockets=[sock])
