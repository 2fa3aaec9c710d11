"""The WebSocket edge: one small protocol object per connection, without a task or a timer.

``ConnectionRouter`` hands the transport over with the request head already parsed. A request that
did not arrive in one piece comes through uvicorn (``uvicorn.Config(ws=WebSocketProtocol)``), which
calls ``connection_made``, then ``data_received`` with the head as bytes. At shutdown uvicorn calls
``shutdown`` on everything in ``server_state.connections`` and waits until that is empty.
The tests of this module pin the parts of uvicorn used here.
"""

from __future__ import annotations

import asyncio
from typing import Any, assert_never

from uvicorn.config import Config
from uvicorn.server import ServerState

from ticker.domain.errors import (
    BadFilter,
    BadRequest,
    EditionNotInToken,
    TickerError,
    TooMany,
    Unauthorised,
)
from ticker.domain.token_buckets import Bucket
from ticker.gateway.app_state import gateway_of
from ticker.gateway.framing import framing_for, websocket_framing
from ticker.gateway.handshake import Refused, respond
from ticker.gateway.permitted import covers, permitted, permitted_change
from ticker.gateway.query_parser import Change, NewToken, Subscription
from ticker.gateway.request_head import Head, read_head
from ticker.gateway.subscriber import Subscriber
from ticker.gateway.subscriber_state import Paused
from ticker.gateway.websocket_session import (
    ChangeOne,
    Closed,
    Effect,
    Fail,
    Reply,
    SendHeartbeat,
    Session,
    Subscribe,
    UseToken,
)
from ticker.reader_access.presented import Presented, without_token
from ticker.stream import frames
from ticker.stream.close_codes import CloseCode

SUBSCRIBE_BURST = 5
"""Changes of its subscription that a client may make at once."""
LOOK_AGAIN = 0.05
"""Seconds until a change is tried again whose reader is behind; ``lag_limit`` ends the waiting."""
INPUT_MAX = 65_536
"""Bytes that wait to be read, besides one read of the transport; more stays in the kernel."""


class _Changes:
    """A client's changes of its subscriptions: their rate, and those that wait."""

    __slots__ = ("_bucket", "ones", "scheduled", "whole")

    def __init__(self, now: float) -> None:
        self._bucket = Bucket(SUBSCRIBE_BURST, now)
        self.whole: Subscription | None = None
        """The subscription that replaces all others."""
        self.ones: dict[int, Change] = {}
        """The last change of each subscription with an id, after ``whole``."""
        self.scheduled = False

    @property
    def waiting(self) -> bool:
        """Tell whether a change waits."""
        return self.whole is not None or bool(self.ones)

    def wait(self, now: float, per_second: float) -> float:
        """Return the seconds until the next change may be served, and spend its token."""
        tokens = self._bucket.refill(now, per_second, SUBSCRIBE_BURST)
        self._bucket.tokens -= 1.0
        return max(0.0, (1.0 - tokens) / per_second)


class WebSocketProtocol(Subscriber):
    """One WebSocket connection."""

    __slots__ = (
        "_changes",
        "_gateway",
        "_input",
        "_opened",
        "_queued",
        "_rights",
        "_session",
        "_state",
    )

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any]
    ) -> None:
        self._gateway = gateway_of(app_state)
        super().__init__(self._gateway.hub, websocket_framing)
        self._state = server_state
        self._session: Session | None = None
        """Made when the client first sends something; most clients never do."""
        self._changes: _Changes | None = None
        """Made when the client first changes its subscription."""
        self._rights = self._gateway.access.public
        self._opened = False
        self._input = b""
        """What has arrived and is not read yet."""
        self._queued = False
        """Whether this connection waits in the queue to be read."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the transport over."""
        self.attach(transport)
        self._state.connections.add(self)  # type: ignore[arg-type]  # uvicorn's own union

    def connection_lost(self, exc: Exception | None) -> None:
        """Remove this connection from uvicorn and the hub."""
        self._input = b""
        self._state.connections.discard(self)
        self._gateway.gate.closed(self.transport)
        self._gateway.tokens.forget(self)
        super().connection_lost(exc)

    def eof_received(self) -> bool:
        """Close when the peer does: a half-open connection has no use."""
        self._read()
        return self._gateway.admission_queue.add_end(self.client, self.transport)

    def data_received(self, data: bytes) -> None:
        """Take the request head first; queue what follows, so that a crowd delays no event."""
        if not self._opened:
            self.open(read_head(data))
            return
        self._input += data
        if len(self._input) > INPUT_MAX:
            self.transport.pause_reading()
        self._read_later()

    def _read_later(self) -> None:
        if not self._queued:
            self._queued = True
            self._gateway.admission_queue.add_change(self.client, self._read)

    def _read(self) -> None:
        """Read the frames that have arrived, unless the answers would wait: see ``pause_writing``.

        The connection may have ended meanwhile.
        """
        self._queued = False
        if not self._input or isinstance(self.state, Paused):
            return
        data, self._input = self._input, b""
        if len(data) > INPUT_MAX and not self.transport.is_closing():
            self.transport.resume_reading()
        session = self._session
        if session is None:
            settings = self._gateway.settings
            session = self._session = Session(
                self._gateway.query_parser,
                settings.max_message,
                settings.max_messages,
                deflated=self.framing is not websocket_framing,
            )
        if self.closing:
            if session.ended(data):
                self.transport.close()
            return
        for effect in session.receive(data, self._gateway.clock()):
            if self.closing:  # an effect before this one was refused
                break
            self._perform(effect)

    def open(self, head: Head | None) -> None:
        """Answer the upgrade request and subscribe, or refuse with the reason."""
        self._opened = True
        gateway, hub = self._gateway, self._gateway.hub
        outcome = respond(head, compress=gateway.settings.websocket_compression)
        self.hold(outcome.response)
        if head is None or isinstance(outcome, Refused):
            hub.counters.refused("handshake")
            self.write()
            self.transport.close()
            return
        if outcome.extension:
            self.framing = framing_for(outcome.extension)
            hub.counters.compressed_connects += 1
        forwarded_for = head.headers.get("x-forwarded-for", "")
        self.client = gateway.gate.client(self.transport, forwarded_for)
        # A browser's script cannot see why an upgrade was refused. From here on the connection is
        # open, and an error message with a close code tells it.
        try:
            given = gateway.access.presented(head.headers, head.query)
            query = without_token(head.query) if gateway.access.enabled else head.query
            subscription = gateway.query_parser.from_query(query)
        except BadRequest as error:
            name = error.slug.replace("-", "_")
            self._refuse(CloseCode.BAD_REQUEST, name, error.detail, error.sub)
            return
        if not gateway.allows(head.headers.get("origin")):
            self._refuse(CloseCode.ORIGIN, "origin", "this site may not embed this ticker")
        elif hub.drained is not None:
            self.leave()
        elif hub.full:
            self._refuse(CloseCode.TOO_MANY_CONNECTIONS, "full", "too many connections; try again")
        elif (refusal := gateway.gate.reader(self.transport, self.client)) is not None:
            self._refuse(CloseCode.TOO_MANY_CONNECTIONS, "full", refusal.detail)
        elif not gateway.ready:
            self._refuse(CloseCode.STARTING, "starting", "this server has just started; try again")
        else:
            self.crowd = gateway.gate.crowd(self.transport)
            self.warn(subscription.warning)
            if self._use(given):
                self._join(subscription)

    def _use(self, given: Presented | None) -> bool:
        """Take the rights of a token, or refuse it; tell whether the connection goes on."""
        gateway = self._gateway
        try:
            rights = gateway.judge.rights(self.client, given)
        except TickerError as error:
            self._refuse_for(error)
            return False
        self._rights = rights
        if rights.granted is None:
            gateway.tokens.forget(self)
        else:
            gateway.tokens.watch(self, rights.granted)
        return True

    def _join(self, subscription: Subscription) -> None:
        """Subscribe to what may be read of ``subscription``, or refuse it."""
        try:
            chosen = permitted(subscription, self._rights)
        except TickerError as error:
            self._refuse_for(error)
        else:
            self._gateway.hub.join(self, chosen)

    def _refuse_for(self, error: TickerError) -> None:
        """Refuse the connection because of its token, or for want of one."""
        name = error.slug.replace("-", "_")
        match error:
            case Unauthorised() | EditionNotInToken():
                self._refuse(CloseCode.UNAUTHORISED, name, error.detail)
            case TooMany():
                self._refuse(CloseCode.TOO_MANY_CONNECTIONS, "full", error.detail)
            case _:
                self._refuse(CloseCode.STARTING, "starting", error.detail)

    def _refuse(self, code: CloseCode, name: str, message: str, sub: int | None = None) -> None:
        self._gateway.hub.counters.refused(name)
        self.refuse(code, name, message, sub)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Subscribe() | ChangeOne():
                self._subscribe_later(effect)
            case UseToken(token):
                self._renew(token)
            case SendHeartbeat():
                # A subscriber that is behind would miss events with the lane's cursor, and one that
                # is ahead of this server would get them twice.
                lane = self._gateway.lane
                position = self.reached(lane.position)
                changes = self._changes is not None and self._changes.waiting
                if position is not None and not changes:
                    cursor = str(lane.timeline.cursor(position))
                    self.send("heartbeat", frames.heartbeat(cursor), cursor)
            case Reply(data):
                self.transport.write(data)
            case Fail(code, name, message, sub):
                self._refuse(code, name, message, sub)
            case Closed():
                if self.hub.close(self, None):
                    self.transport.close()
            case _:
                assert_never(effect)

    def _renew(self, new: NewToken) -> None:
        """Go on with a new token. It must permit what the connection is subscribed to."""
        gateway = self._gateway
        if not gateway.access.enabled:
            self.send("token", frames.token("token_accepted", None))
            return
        if (refusal := gateway.gate.message(self.transport)) is not None:
            self._refuse(CloseCode.TOO_MANY_CONNECTIONS, "full", refusal.detail)
            return
        given = Presented(new.token, "subprotocol")  # an editor key is no token
        if not self._use(given):
            return
        rights, group = self._rights, self.group
        if group is not None and not covers(rights, group.wanted):
            detail = "the token does not permit an edition of the subscription"
            self._refuse(CloseCode.UNAUTHORISED, "edition_not_in_token", detail)
        elif rights.granted is not None:
            left = max(0, round(rights.granted.expires - gateway.access.clock()))
            self.send("token", frames.token("token_accepted", left))

    def _subscribe_later(self, effect: Subscribe | ChangeOne) -> None:
        """Subscribe when it is this connection's turn; of several that wait, the last one counts.

        A subscription costs a snapshot. So it passes through the admission queue, as a new
        connection does; each connection has a rate, and its address pays for a request.
        """
        gateway, changes = self._gateway, self._changes
        if (refusal := gateway.gate.message(self.transport)) is not None:
            self._refuse(CloseCode.TOO_MANY_CONNECTIONS, "full", refusal.detail)
            return
        if changes is None:
            changes = self._changes = _Changes(gateway.clock())
        if isinstance(effect, Subscribe):
            changes.whole, changes.ones = effect.subscription, {}
            gateway.gate.served(self.transport, effect.subscription.items)
        else:
            changes.ones[effect.change.id] = effect.change
            gateway.gate.served(self.transport, effect.change.items)
        if not changes.scheduled:
            changes.scheduled = True
            self._change_in(changes.wait(gateway.clock(), gateway.settings.max_subscribes))

    def _change_in(self, seconds: float) -> None:
        add = self._gateway.admission_queue.add_change
        if seconds:
            asyncio.get_running_loop().call_later(seconds, add, self.client, self._subscribe)
        else:
            add(self.client, self._subscribe)

    def _subscribe(self) -> None:
        changes = self._changes
        assert changes is not None
        changes.scheduled = False
        if self.closing:
            return
        hub = self._gateway.hub
        if changes.whole is not None:
            subscription, changes.whole = changes.whole, None
            self._join(subscription)
        try:
            ones = [permitted_change(one, self._rights) for one in changes.ones.values()]
            if ones and hub.change(self, ones):
                changes.ones = {}
        except BadFilter as error:
            *_, last = (id for id, change in changes.ones.items() if change.filter)
            changes.ones = {}
            self._refuse(CloseCode.BAD_REQUEST, "bad_filter", error.detail, last)
        except (Unauthorised, EditionNotInToken) as error:
            changes.ones = {}
            self._refuse_for(error)
        if changes.ones:  # the rest of a replay or a snapshot comes first
            changes.scheduled = True
            self._change_in(LOOK_AGAIN)

    def pause_writing(self) -> None:
        """Stop writing, and reading too: every answer would add to the full buffer."""
        super().pause_writing()
        if not self.closing:
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        """Read and write again."""
        if not self.closing:
            self.transport.resume_reading()
        super().resume_writing()
        if self._input:
            self._read_later()

    def close(self, code: CloseCode, reason: str) -> None:
        """End the connection; read again, if paused, for the client's close frame."""
        if isinstance(self.state, Paused):
            self.transport.resume_reading()
        super().close(code, reason)

    def charge(self, items: int) -> None:
        """Charge a page of so many items to the client's address."""
        self._gateway.gate.served(self.transport, items)

    def finish(self, code: CloseCode, reason: str) -> None:
        """Write the close frame; the client's answer, or ``CLOSE_TIMEOUT``, ends the connection.

        A client that has lost its framing can send no answer that is readable: the connection is
        half-closed and the rest of its input dropped, so that it still reads the reason.
        """
        self.transport.write(frames.ws_close(code, reason))
        if self._session is not None and self._session.broken and self.transport.can_write_eof():
            self.transport.write_eof()
