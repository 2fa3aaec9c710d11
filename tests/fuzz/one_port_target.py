"""Both roles of one port in memory: what they serve of a connection's bytes, in any pieces.

A process alone and two that share the port must serve the same requests: a request that only one of
them sees is smuggled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache, partial
from typing import Any, cast

import uvicorn
from uvicorn.server import ServerState

from ticker.config import Settings
from ticker.gateway.app_state import AppState, SharedPort
from ticker.gateway.connection_router import ConnectionRouter
from ticker.gateway.gateway import Gateway
from ticker.gateway.http_protocol import PIPELINE_MAX
from ticker.gateway.websocket import WebSocketProtocol
from ticker.one_port.request_owner import Owner
from ticker.server.web_protocols import WebHttpProtocol

TURNS = 40
"""Turns of the loop after each piece, at most; a request takes about ten."""


class MemoryTransport(asyncio.Transport):
    """A connection without a socket: what it is written is kept, what it is sent may wait."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closing = False
        self.paused = True
        """Whether what arrives waits; a connection without a protocol does not read."""
        self._protocol: Any = None

    def open(self, protocol: Any) -> None:
        self._protocol = protocol
        self.paused = False
        protocol.connection_made(self)

    def set_protocol(self, protocol: Any) -> None:
        self._protocol = protocol

    def get_protocol(self) -> Any:
        return self._protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("192.0.2.1", 4_000) if name == "peername" else default

    def write(self, data: Any) -> None:
        if not self.closing:
            self.written += data

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        pass

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        if not self.closing:
            self.closing = True
            if self._protocol is not None:
                asyncio.get_running_loop().call_soon(self._lose)

    def _lose(self) -> None:
        self._protocol.connection_lost(None)

    def abort(self) -> None:
        self.close()

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


class Connection:
    """One connection to a port: ``send`` its bytes; ``asked`` are the requests served so far."""

    def __init__(self, *, shared: bool) -> None:
        self.asked: list[tuple[str, bytes, bytes]] = []
        self.written = b""
        self._states: dict[Owner, dict[str, Any]] = {}
        self._server_states = {Owner.GATEWAY: ServerState(), Owner.WEB: ServerState()}
        self._unread = b""
        for owner in (Owner.GATEWAY, Owner.WEB) if shared else (Owner.GATEWAY,):
            gateway = Gateway(_settings(), None, lambda: 0.0)  # type: ignore[arg-type]  # no tail
            gateway.tail.loaded = True
            to = Owner.WEB if owner is Owner.GATEWAY else Owner.GATEWAY
            passing = SharedPort(owner, partial(self._pass_on, to)) if shared else None
            state = AppState(gateway=gateway, shared_port=passing)
            self._states[owner] = {**state, "asked": self.asked}
        self._transport = MemoryTransport()
        self._open(Owner.GATEWAY, b"", None)

    async def send(self, data: bytes) -> None:
        """Deliver ``data`` as the processes read it, and let them work."""
        self._unread += data
        for _ in range(TURNS):
            transport = self._transport
            if self._unread and not transport.paused and not transport.closing:
                piece, self._unread = self._unread, b""
                transport.get_protocol().data_received(piece)
            await asyncio.sleep(0)

    async def close(self) -> None:
        """End the connection, and check that nothing of it is left."""
        self._transport.close()
        for _ in range(TURNS):
            await asyncio.sleep(0)
        for owner, state in self._states.items():
            gateway = cast(Gateway, state["gateway"])
            assert not len(gateway.gate), owner
            assert not len(gateway.request_deadlines), owner
            assert not gateway.hub.connections, owner
            assert not self._server_states[owner].connections, owner

    def _open(self, owner: Owner, data: bytes, seconds: float | None) -> None:
        protocol = ConnectionRouter if owner is Owner.GATEWAY else WebHttpProtocol
        config, servers = _config(), self._server_states[owner]
        self._transport.open(protocol(config, servers, self._states[owner], seconds=seconds))
        if data:
            self._transport.get_protocol().data_received(data)

    def _pass_on(
        self, to: Owner, transport: asyncio.Transport, data: bytes, seconds: float
    ) -> None:
        old = self._transport
        assert transport is old
        old.closing = True
        self.written += old.written
        self._transport = MemoryTransport()
        asyncio.get_running_loop().call_soon(self._open, to, data, seconds)


async def _app(scope: Any, receive: Any, send: Any) -> None:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message["body"]
        if not message["more_body"]:
            break
    target = scope["raw_path"] + b"?" + scope["query_string"]
    scope["state"]["asked"].append((scope["method"], target, body))
    length = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    await send({"type": "http.response.body", "body": b"ok"})


@cache
def _settings() -> Settings:
    return Settings()


@cache
def _config() -> uvicorn.Config:
    config = uvicorn.Config(
        _app, http=ConnectionRouter, ws=WebSocketProtocol, lifespan="off", log_config=None
    )
    config.load()
    return config


async def _served(pieces: Sequence[bytes], *, shared: bool) -> list[tuple[str, bytes, bytes]]:
    connection = Connection(shared=shared)
    for piece in pieces:
        await connection.send(piece)
    await connection.close()
    return connection.asked


def one_port(data: bytes) -> None:
    """Connections to a shared port: both processes serve what one alone would, in any pieces."""
    if not data:
        return
    cut, data = data[0] * max(1, len(data) // 128), data[1:]

    async def run() -> None:
        whole = await _served([data], shared=True)
        assert whole == await _served([data[:cut], data[cut:]], shared=True)
        alone = await _served([data], shared=False)
        in_pieces = await _served([data[:cut], data[cut:]], shared=False)
        if len(alone) < PIPELINE_MAX:
            assert whole == alone == in_pieces

    asyncio.run(run())
