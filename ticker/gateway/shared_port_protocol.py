"""The HTTP protocol of a port that the gateway and the web process share.

A kept-open connection may ask for a page now and for a poll later. A request that the other process
serves is passed on with its connection, once the responses before it are written. So the parser
gets one request at a time: its head, then as much as belongs to its body.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from ticker.gateway.app_state import SharedPort, shared_port_of
from ticker.gateway.body_end import BodyEnd
from ticker.gateway.http_protocol import HEAD_MAX, HttpProtocol
from ticker.one_port.request_owner import Owner, owner

_HEAD_END = re.compile(rb"\r\n\r\n|(?<!\r)\n")
"""The end of a head, or a line end that the parser refuses."""


class SharedPortProtocol(HttpProtocol):
    """One HTTP connection. With a ``shared_port`` it may leave for the other process."""

    _next = b""
    """The beginning of a request that the parser has not seen; a transport's read at most."""
    _passing_on = False
    _body: BodyEnd | None = None
    """The end of the current request's body."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.shared_port = shared_port_of(app_state)

    def data_received(self, data: bytes) -> None:
        """Parse, unless the other process serves the next request."""
        if self.shared_port is None or self._ended:
            super().data_received(data)
            return
        self._next += data
        self._serve_next(self.shared_port)

    def _serve_waiting(self) -> None:
        if self._next and self.shared_port is not None and not self.transport.is_closing():
            self._serve_next(self.shared_port)

    def resume_writing(self) -> None:
        """Write again; or pass the connection on, because everything is written."""
        super().resume_writing()
        if self._passing_on and self.shared_port is not None:
            self._pass_on(self.shared_port)

    @property
    def _due(self) -> bool:
        """Tell whether a response is due here, or at the process that gets the connection."""
        return super()._due or self._passing_on

    def hand_back(self) -> None:
        """Pass the connection on if no request is under way; the other process serves the next."""
        idle = not (self._busy or self._in_message or self._ended or self._passing_on)
        if idle and self.shared_port is not None and not self.transport.is_closing():
            self._passing_on = True
            self._pass_on(self.shared_port)

    def shutdown(self) -> None:
        """Stop: an idle connection goes to the other process, or is closed."""
        self.hand_back()
        if not self._passing_on and self.transport.get_protocol() is self:
            super().shutdown()

    def _serve_next(self, shared_port: SharedPort) -> None:
        """Serve requests one after the other, as long as they are this process's own.

        A reader's connection carries nothing but its events from then on (``_ended``): what came
        behind its request is dropped, because this protocol no longer owns the transport.
        """
        # Of a connection that sends, be it a body whose response is out already.
        self._unset_keepalive_if_required()
        while self._next and not self._passing_on and not self.transport.is_closing():
            if self._ended:
                self._next = b""
                return
            if self._in_message:
                if not (self._chunks_due and self._refuses_chunks()):
                    self._parse(self._take_body())
                continue
            # `_busy`, but each request comes here.
            if self.cycle is not None and not self.cycle.response_complete:
                self.flow.pause_reading()  # it waits outside the parser until then
                return
            whose = owner(self._next)
            if whose is Owner.UNDECIDED and len(self._next) <= HEAD_MAX:
                self._await_head()
                return
            if whose not in (shared_port.owner, Owner.UNDECIDED):
                self._passing_on = True
                self._pass_on(shared_port)
                return
            size = self._head_size()
            if not size:
                self._await_head()
                return
            self._body = None
            self._parse(size)
        if not self._passing_on:
            self._restart_keep_alive()

    def _await_head(self) -> None:
        """Start the deadline for a head of which only a part has arrived."""
        if self.transport not in self._gateway.request_deadlines:
            self._gateway.request_deadlines.start(self.transport)

    def _parse(self, size: int) -> None:
        data, self._next = self._next[:size], self._next[size:]
        self._read(data)

    def _head_size(self) -> int:
        """Return the size of the next request's head; 0 while it is incomplete.

        All that has arrived counts as a head that is too large, or that the parser refuses.
        """
        start = len(self._next) - len(self._next.lstrip(b"\r\n"))
        found = _HEAD_END.search(self._next, start, start + HEAD_MAX)
        if found is None:
            return 0 if len(self._next) <= HEAD_MAX else len(self._next)
        return found.end() if found[0].endswith(b"\r\n\r\n") else len(self._next)

    def _take_body(self) -> int:
        """Return how much of what has arrived belongs to the current request's body."""
        if self._body is None:
            headers = dict(self.headers)  # the parser has refused a second length
            length = headers.get(b"content-length")
            self._body = BodyEnd(None if length is None else int(length))
        # Nothing belongs to it, and the parser waits for more: the parser decides.
        return self._body.take(self._next) or len(self._next)

    def _pass_on(self, shared_port: SharedPort) -> None:
        transport = self.transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size():
            self.flow.pause_reading()
            transport.set_write_buffer_limits(high=0)  # resume_writing reports when all is written
            return
        self._passing_on = False
        self.connections.discard(self)
        self._unset_keepalive_if_required()
        deadlines = self._gateway.request_deadlines
        seconds = deadlines.remaining(transport)
        deadlines.stop(transport)
        deadlines.drained(transport)
        self._gateway.gate.closed(transport)
        shared_port.pass_on(transport, self._next, seconds)
