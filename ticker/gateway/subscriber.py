"""One subscriber's connection as the hub sees it, whatever the transport."""

from __future__ import annotations

import asyncio
import random
from typing import Protocol

from ticker.domain.cursor import StreamId
from ticker.gateway.crowd import Crowd
from ticker.gateway.framing import Framing
from ticker.gateway.limits import RECONNECT_WITHIN, Limits
from ticker.gateway.subscriber_state import CONNECTING, Closed, Closing, Live, State, Trailing
from ticker.gateway.subscription_group import SubscriptionGroup
from ticker.stream import frames
from ticker.stream.close_codes import CloseCode

SHARED_MIN = 16_384
"""Bytes from which on data goes to the transport without being joined to what is held: readers that
do not read keep references to one snapshot, not a copy each."""


class SubscriberHub(Protocol):
    """The hub's side of a subscriber: the subscriber reports what happens to its transport."""

    limits: Limits
    drained: int | None
    """Subscribers when the server began to stop; None while it does not stop."""

    def begin_drain(self) -> None:
        """Take no more subscribers, and note in ``drained`` how many there are."""

    def pause(self, subscriber: Subscriber) -> None:
        """Stop writing: the transport is full."""

    def resume(self, subscriber: Subscriber) -> None:
        """Write again: the transport has drained."""

    def close(self, subscriber: Subscriber, code: CloseCode | None) -> bool:
        """Unsubscribe it and start its close timeout; return False if it is closing already.

        ``code`` is None if the client closes.
        """

    def lost(self, subscriber: Subscriber) -> None:
        """Forget it: the connection is gone."""


class Subscriber(asyncio.Protocol):
    """A connection with a ``state``, which ``SubscriberRegistry.move`` alone changes.

    The transport calls ``pause_writing`` when the socket does not take all that is written. From
    then on nothing is written; when it drains, the hub resumes the subscriber from its position.
    """

    __slots__ = (
        "_descriptor",
        "_held",
        "backlogs",
        "client",
        "crowd",
        "framing",
        "group",
        "hub",
        "slot",
        "state",
        "transport",
    )

    def __init__(self, hub: SubscriberHub, framing: Framing) -> None:
        """Change ``framing`` only before the subscriber joins the hub."""
        self.hub = hub
        self.framing = framing
        self.transport: asyncio.Transport = None  # type: ignore[assignment]  # see attach
        self.state: State = CONNECTING
        self.group: SubscriptionGroup | None = None
        """Set by the hub while subscribed."""
        self.backlogs: tuple[int, ...] = ()
        """Items in a snapshot, for each subscription."""
        self.client = ""
        """The address that answers for it: its work waits by turns of the clients."""
        self.crowd = Crowd.NONE
        """The crowd that its address made when it came; set before it joins the hub."""
        self.slot = -1
        """Slot in the hub's heartbeat wheel, -1 for none."""
        self._descriptor = -1
        self._held = b""

    def reached(self, end: StreamId) -> StreamId | None:
        """Return the position up to which it has everything, None if something is owed or awaited.

        ``end`` is the end of the lane.
        """
        match self.state:
            case Live():
                return end
            case Trailing(position):
                return position
            case _:
                return None

    @property
    def closing(self) -> bool:
        """Tell whether the connection is about to end, or gone."""
        return isinstance(self.state, Closing | Closed)

    def attach(self, transport: asyncio.Transport) -> None:
        """Take ``transport``, and have it report every byte that it holds back."""
        self.transport = transport
        transport.set_write_buffer_limits(high=0)

    def descriptor(self) -> int | None:
        """Return the number of the transport's plain socket, None if it has none (TLS).

        The socket stays the transport's. Use the number only while this subscriber is live.
        """
        if self._descriptor < 0:
            if self.transport.get_extra_info("ssl_object") is not None:
                return None
            plain = self.transport.get_extra_info("socket")
            if plain is None:
                return None
            self._descriptor = plain.fileno()
        return self._descriptor

    def hold(self, data: bytes) -> None:
        """Keep ``data`` for the next write: a handshake, a welcome and a replay are one packet."""
        self._held += data

    def write(self, data: bytes = b"") -> None:
        """Hand the held data and then ``data`` to the transport."""
        if self._held:
            held, self._held = self._held, b""
            if len(data) >= SHARED_MIN:
                self.transport.writelines((held, data))
                return
            data = held + data
        if data:
            self.transport.write(data)

    def send(self, kind: str, payload: bytes, cursor: str | None = None) -> None:
        """Write one message, framed for this transport."""
        self.write(self.framing(kind, payload, cursor))

    def warn(self, message: str) -> None:
        """Hold a warning for the next write; nothing for an empty ``message``."""
        if message:
            data = frames.warning("ignored_parameter", message)
            self.hold(self.framing("warning", data, None))

    def charge(self, items: int) -> None:
        """Charge a page of so many items to the client's address; nothing without one."""

    def pause_writing(self) -> None:
        """Report a full transport."""
        self.hub.pause(self)

    def resume_writing(self) -> None:
        """Report that the transport has drained."""
        self.hub.resume(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the hub; the client comes back with its cursor."""
        self.hub.lost(self)

    def goodbye(self, reason: str, delay_ms: int, retry_ms: int | None = None) -> None:
        """Announce a planned close; the client reconnects after ``delay_ms``.

        ``retry_ms`` is for a client that then finds nobody; see ``frames.goodbye``.
        """
        self.send("goodbye", frames.goodbye(reason, delay_ms, retry_ms))

    def refuse(
        self, code: CloseCode, name: str, message: str, subscription: int | None = None
    ) -> None:
        """Send an error with its ``message``, then close with ``code``.

        ``subscription`` is the id of the one that the error is about.
        """
        self.send("error", frames.error(name, message, subscription))
        self.close(code, name)

    def shutdown(self) -> None:
        """Close at a random moment within the drain, and get events until then (PROTOCOL.md §8).

        A reader's pause begins with its close, so the closes are spread, not the returns.
        """
        if self.closing:
            return
        hub = self.hub
        hub.begin_drain()
        later = asyncio.get_running_loop().call_later
        later(random.uniform(0, hub.limits.drain_over(hub.drained or 0)), self.leave)

    def leave(self) -> None:
        """Say goodbye and close: the server stops."""
        if self.closing:
            return
        delay = random.uniform(0, RECONNECT_WITHIN)  # jitter
        retry = self.hub.limits.retry_within(self.hub.drained or 0)
        self.goodbye("drain", int(delay * 1000), int(retry * 1000))
        self.close(CloseCode.DRAIN, "drain")

    def close(self, code: CloseCode, reason: str) -> None:
        """End the connection; ``code`` tells the client whether to come back.

        The peer has ``CLOSE_TIMEOUT`` seconds to read the rest; then the connection is cut.
        """
        if self.hub.close(self, code):
            self.finish(code, reason)

    def finish(self, code: CloseCode, reason: str) -> None:
        """Write the transport's own ending."""
        raise NotImplementedError
