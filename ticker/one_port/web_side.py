"""The web process's side: takes connections from gateways, and hands readers back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from typing import TypeAlias

from ticker.one_port.channel import Channel, Kind, Message
from ticker.one_port.transports import adopt, detach, refuse

DRAIN_TIMEOUT = 2.0
"""Seconds that a stopping web process waits until every gateway has stopped sending."""

MakeProtocol: TypeAlias = Callable[[float, bool], asyncio.Protocol]
"""Makes the protocol of a connection, from the seconds within which the request must be complete,
and whether it is a gateway's own, which is never handed back."""


class Gateways:
    """The channels of all gateways, accepted at one listening unix socket."""

    def __init__(
        self, listening: socket.socket, protocol: MakeProtocol, clock: Callable[[], float]
    ) -> None:
        """``listening`` stays the caller's. ``clock`` is the gateways': monotonic seconds."""
        self._listening = listening
        self._clock = clock
        self._protocol = protocol
        self._channels: set[Channel] = set()
        self._empty = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._accepting: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Accept channels, and connections from them."""
        self._listening.setblocking(False)
        self._accepting = asyncio.create_task(self._accept())

    async def drain(self) -> None:
        """Take what the gateways have sent so far, and nothing more."""
        if self._accepting is not None:
            self._accepting.cancel()
            await asyncio.wait([self._accepting])
        for channel in self._channels:
            channel.send(Message(Kind.DRAIN))
        if self._channels:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), DRAIN_TIMEOUT)
        for channel in tuple(self._channels):
            channel.close()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def pass_back(self, transport: asyncio.Transport, data: bytes, seconds: float) -> None:
        """Hand a connection to a gateway with ``data``, the beginning of a reader's request.

        The transport has written everything and ends here. Without a gateway it is closed, and the
        client connects again.
        """
        channel = min(self._channels, key=lambda one: one.waiting, default=None)
        if channel is None:
            transport.close()
            return
        try:
            descriptor = detach(transport)
        except OSError:  # no free descriptor
            transport.close()
            return
        channel.send(Message(Kind.CONNECTION, descriptor, data, seconds))

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, _ = await loop.sock_accept(self._listening)
            except OSError:  # no free descriptor: try again soon
                await asyncio.sleep(0.1)
                continue
            self._open(sock)

    def _open(self, sock: socket.socket) -> None:
        def received(message: Message) -> None:
            if message.descriptor >= 0:
                # Confirmed before anything is done with it: an unconfirmed one may be sent again.
                channel.send(Message(Kind.TAKEN))
                if self._clock() < message.until:
                    self._take(message)
                else:  # this process stood still, and the gateway refuses or has refused it
                    refuse(message.descriptor)

        def closed() -> None:
            self._channels.discard(channel)
            if not self._channels:
                self._empty.set()

        channel = Channel(sock, received, closed)
        self._channels.add(channel)
        self._empty.clear()
        channel.send(Message(Kind.HELLO))

    def _take(self, message: Message) -> None:
        protocol = self._protocol(message.seconds, message.kind is Kind.INTERNAL)
        task = asyncio.create_task(_adopt(message, protocol))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _adopt(message: Message, protocol: asyncio.Protocol) -> None:
    with contextlib.suppress(OSError):  # the peer is gone
        await adopt(message.descriptor, protocol, message.data)


def listening_socket(path: str) -> socket.socket:
    """Return a unix socket that listens at ``path``; only this user can connect."""
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.bind(path)
        os.chmod(path, 0o600)
        sock.listen(64)
    except BaseException:  # also a cancellation: the descriptor is closed
        sock.close()
        raise
    return sock
