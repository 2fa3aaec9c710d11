"""The web process's server, which also serves the connections that gateways hand over."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import uvicorn

from ticker.gateway.app_state import SharedPort, gateway_of
from ticker.one_port.request_owner import Owner
from ticker.one_port.web_side import Gateways
from ticker.server.event_server import EventServer
from ticker.server.hand_over import SUCCEEDED, announce_when
from ticker.server.web_protocols import WebHttpProtocol


class WebServer(EventServer):
    """Serves its sockets, and the connections of the gateways that connect to a unix socket."""

    def __init__(
        self,
        configure: Callable[[SharedPort | None], uvicorn.Config],
        gateways: socket.socket | None = None,
    ) -> None:
        """``gateways`` is the listening unix socket, None if no gateway shares the port.

        ``configure`` returns uvicorn's configuration; its application must put the ``SharedPort``
        that it gets into the state.
        """
        self._listening = gateways
        self._gateways: Gateways | None = None
        shared_port = None if gateways is None else SharedPort(Owner.WEB, self._pass_back)
        super().__init__(configure(shared_port))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Take connections once the application has started; tell the supervisor when it can."""
        await super().startup(sockets)
        read_model = gateway_of(self.lifespan.state)
        asyncio.get_running_loop().add_signal_handler(SUCCEEDED, read_model.hub.begin_drain)
        self._announcing = asyncio.create_task(announce_when(lambda: read_model.ready))
        if self._listening is not None:
            self._gateways = Gateways(self._listening, self._protocol, read_model.clock)
            self._gateways.start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, hand the idle ones to a gateway, and finish the others.

        A client that keeps a connection open does not notice: the gateway passes it to the next
        web process with its next request. Responses from now on say ``Connection: close``.
        """
        self._announcing.cancel()
        gateway_of(self.lifespan.state).hub.begin_drain()
        if self._gateways is not None:
            for connection in tuple(self.server_state.connections):
                if isinstance(connection, WebHttpProtocol):
                    connection.hand_back()
            await self._gateways.drain()
        await super().shutdown(sockets)

    def _protocol(self, seconds: float, internal: bool) -> asyncio.Protocol:
        state = self.lifespan.state
        return WebHttpProtocol(
            self.config, self.server_state, state, seconds=seconds, internal=internal
        )

    def _pass_back(self, transport: asyncio.Transport, data: bytes, seconds: float) -> None:
        if self._gateways is None:
            transport.close()
        else:
            self._gateways.pass_back(transport, data, seconds)
