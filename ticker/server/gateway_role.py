"""The gateway process: live readers and polls, and nothing else on its event loop."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from uvicorn.server import ServerState

from ticker.api.request_metrics import RequestMetrics
from ticker.application.gateway import build
from ticker.application.resources import Application
from ticker.config import Settings
from ticker.domain.health import HeartbeatTimes
from ticker.domain.usage_table import UsageTable
from ticker.gateway.app_state import AppState, SharedPort
from ticker.gateway.audience_report import AudienceReport
from ticker.gateway.connection_router import ConnectionRouter
from ticker.gateway.gateway import Gateway
from ticker.gateway.limits import CLOSE_TIMEOUT
from ticker.gateway.position_report import PositionReport
from ticker.gateway.readiness import Health
from ticker.gateway.receipt_report import ReceiptReport, Taken
from ticker.gateway.subscriber import Subscriber
from ticker.gateway.websocket import WebSocketProtocol
from ticker.one_port.gateway_side import WebProcess
from ticker.one_port.request_owner import Owner
from ticker.reader_access.editor_rights import EditorRights
from ticker.readership.audience_store import AudienceStore
from ticker.readership.live_receipt_store import LiveReceiptStore
from ticker.runtime.time_slice import SHORTEST, set_time_slice
from ticker.server.accepting import Accepting
from ticker.server.acceptor import Acceptor
from ticker.server.configuration import configuration
from ticker.server.event_server import EventServer
from ticker.server.hand_over import SUCCEEDED, announce_when
from ticker.server.one_port_health import OnePortHealth
from ticker.server.reader_keys import ReaderKeys
from ticker.storage.address import gateway_store, read_store
from ticker.storage.connection import connect
from ticker.storage.editor_keys import Editors
from ticker.storage.keys import Keys
from ticker.stream.lane_reader import LaneReader, heartbeat_times
from ticker.stream.process_store import ProcessStore
from ticker.telemetry import logs, traces
from ticker.telemetry.endpoint import serve_metrics
from ticker.telemetry.exposition import Exposition
from ticker.telemetry.families import MetricsSource
from ticker.telemetry.loop_lag import LoopLag

REPLICA_SILENCE = 2.0
"""Heartbeats that a replica may be late before the lane is followed on the primary."""
SHUTDOWN_GRACE = 4
"""Seconds beyond ``drain_time`` that a stopping server waits for open connections."""
DRAIN_LOOK = 0.02
"""Seconds between two looks at the readers that are left."""


class GatewayServer(EventServer):
    """A server that also serves the connections that the web process hands back."""

    def __init__(
        self, settings: Settings, web_path: str | None = None, usage: UsageTable | None = None
    ) -> None:
        """``web_path`` is where the web process of the same port listens.

        ``usage`` is what clients spend and hold in all processes of this machine.
        """
        self._settings = settings
        store = gateway_store(settings)
        redis, tail_redis = connect(store), connect(store, blocking=True)
        keys = Keys(settings.namespace)
        read = read_store(settings)
        replica = None if read is None else connect(read, blocking=True, replica=True)
        # Shorter than the three heartbeats after which this process is not ready.
        silence = REPLICA_SILENCE * settings.lane_heartbeat
        lane_store = LaneReader(redis, keys, tail_redis, replica, silence)
        gateway = Gateway(settings, lane_store, usage=usage)
        gateway.judge.editors = EditorRights(Editors(redis, keys).known, gateway.clock)
        reader_keys = ReaderKeys(gateway.access, settings)
        self._hub = gateway.hub
        self._gateway = gateway
        self._succeeded = False
        """Whether another process serves the port, so that this one takes no new connections."""
        web = None
        if web_path is not None:
            web = WebProcess(web_path, gateway.clock, self._returned)
        self._web = web

        request_metrics, loop_lag = RequestMetrics(), LoopLag()
        sources: list[MetricsSource] = [gateway, request_metrics, loop_lag]
        self._accepting = Accepting(gateway, self._listen)
        sources.append(self._accepting)
        if web is not None:
            sources.append(web)
        metrics = Exposition("gateway", sources)

        process = secrets.token_hex(8)
        readers = AudienceStore(redis, keys)
        audience = AudienceReport(
            process, gateway.hub.audience, readers.report, gateway.clock, readers.remove
        )
        receipt_store = LiveReceiptStore(redis, keys, settings.archive_ttl)

        async def store_receipts(taken: Sequence[Taken]) -> None:
            await receipt_store.put(process, taken)

        receipts = ReceiptReport(
            gateway.hub.receipts,
            store_receipts,
            gateway.hub.is_clean,
            lambda: gateway.hub.is_trailing,
        )
        positions = PositionReport(
            ProcessStore(redis, keys), process, "gateway", gateway.hub.position, gateway.clock
        )

        async def times() -> HeartbeatTimes:
            return await heartbeat_times(redis, keys)

        async def durability() -> Mapping[str, Any]:
            return {}

        shared_port = None if web is None else SharedPort(Owner.GATEWAY, web.pass_on)

        @contextlib.asynccontextmanager
        async def lifespan(app: Application) -> AsyncIterator[AppState]:
            async with (
                gateway.run(),
                reader_keys.run(),
                loop_lag.run(),
                serve_metrics(settings.metrics_address, metrics),
            ):
                running = None if web is None else asyncio.create_task(web.run())
                reports = (audience, receipts, positions)
                reporting = [asyncio.create_task(one.run()) for one in reports]
                yield AppState(gateway=gateway, shared_port=shared_port)
                for task in reporting:
                    task.cancel()
                await asyncio.wait(reporting)
                await receipts.last()
                if running is not None:
                    running.cancel()
                    await asyncio.wait([running])
            await lane_store.aclose()
            await redis.aclose()
            await tail_redis.aclose()
            if replica is not None:
                await replica.aclose()

        health = Health(gateway, times, durability)
        app = build(
            settings,
            read_view=gateway,
            health=health if web is None else OnePortHealth(health, web.fetch),
            request_metrics=request_metrics,
            budgets=gateway.budgets,
            judge=gateway.judge,
            lifespan=lifespan,
        )
        grace = int(settings.drain_time) + SHUTDOWN_GRACE
        super().__init__(
            configuration(settings, app, http=ConnectionRouter, ws=WebSocketProtocol, grace=grace)
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and tell the supervisor once readers and pages are served."""
        asyncio.get_running_loop().add_signal_handler(SUCCEEDED, self._leave)
        await super().startup([])
        self._sockets = sockets or []
        self._watching = asyncio.create_task(self._accepting.run())
        self._announcing = asyncio.create_task(announce_when(self._serves))

    def _serves(self) -> bool:
        return self._gateway.ready and (self._web is None or self._web.ready)

    def _leave(self) -> None:
        self._succeeded = self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let the readers go, and serve everybody else until they are gone; then stop.

        Until the last reader has left, the port takes connections: editors publish, and a reader
        that comes back too early is sent away for a moment. With a successor it takes none: they
        are the successor's.
        """
        self._announcing.cancel()
        if self._succeeded:
            await self._accept_no_more()
        for connection in tuple(self.server_state.connections):
            if isinstance(connection, Subscriber):
                connection.shutdown()
        self._hub.begin_drain()
        for _ in range(int((self._settings.drain_time + CLOSE_TIMEOUT) / DRAIN_LOOK)):
            if not self._hub.connections or self.force_exit:
                break
            await asyncio.sleep(DRAIN_LOOK)
        await self._accept_no_more()
        await super().shutdown(sockets)

    async def _accept_no_more(self) -> None:
        self._watching.cancel()
        await asyncio.wait([self._watching])
        for server in self.servers:
            await server.wait_closed()

    async def _listen(self) -> Acceptor:
        """Accept the connections of the listening socket, by a descriptor of its own."""
        (sock,) = self._sockets

        def accepted() -> ConnectionRouter:
            return ConnectionRouter(self.config, self.server_state, self.lifespan.state)

        listening = sock.dup()
        listening.listen(self.config.backlog)
        listening.setblocking(False)
        server = Acceptor(listening, self._gateway.gate, accepted)
        self.servers[:] = [server]  # type: ignore[list-item]  # uvicorn closes them
        return server

    def _returned(self, seconds: float) -> asyncio.Protocol:
        """Return the protocol of a connection that the web process hands back."""
        state: ServerState = self.server_state
        return ConnectionRouter(self.config, state, self.lifespan.state, seconds=seconds)


def serve(
    settings: Settings,
    sock: socket.socket,
    web_path: str | None,
    usage: UsageTable | None = None,
) -> None:
    """Serve readers on ``sock`` until SIGTERM or SIGINT, then drain."""
    logs.configure(settings.log_level, settings.log_format, "gateway")
    traces.configure(settings.otlp_url, "gateway")
    set_time_slice(0, SHORTEST)
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        GatewayServer(settings, web_path, usage).run(sockets=[sock])
