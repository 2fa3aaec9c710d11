"""One unix stream socket between a gateway and the web process, with messages in both directions.

A message is a header, and for a connection a descriptor (SCM_RIGHTS, unix(7)) and the bytes that
were read from it and not answered. The descriptor travels with the header's first byte.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import os
import socket
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

_HEADER = struct.Struct("!BfdI")
_READ = 262_144
_DESCRIPTORS = 8
"""Most descriptors that one read returns; Linux returns those of one message."""
DATA_MAX = 1_048_576
"""Bytes that come with a connection: a transport reads at most 256 KiB at once."""


class Kind(enum.IntEnum):
    """The kinds of messages."""

    HELLO = 1
    """web → gateway: from now on connections are taken."""
    CONNECTION = 2
    INTERNAL = 3
    """gateway → web: a connection of the gateway's own; the web process serves all its requests."""
    TAKEN = 4
    """web → gateway: the oldest connection that was sent and not confirmed has arrived, or has been
    dropped because it arrived too late."""
    DRAIN = 5
    """web → gateway: send no more connections, and end the channel's sending side."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message. ``descriptor`` is -1 unless it is a connection; the receiver closes it."""

    kind: Kind
    descriptor: int = -1
    data: bytes = b""
    seconds: float = 0.0
    """Of a connection: the time within which its request must be complete."""
    until: float = 0.0
    """Of a connection to the web process: the moment from which it must not be served any more, in
    seconds of the monotonic clock that the processes of one machine share."""


class ChannelError(Exception):
    """The peer does not speak this protocol, or descriptors were lost."""


class Channel:
    """Sends and receives messages; calls ``received`` for each, and ``closed`` once at the end.

    What the socket does not take waits in memory; the users of this class bound it.
    """

    def __init__(
        self,
        sock: socket.socket,
        received: Callable[[Message], None],
        closed: Callable[[], None],
    ) -> None:
        """``sock`` is connected and belongs to the channel."""
        sock.setblocking(False)
        self._sock = sock
        self._received = received
        self._closed = closed
        self._loop = asyncio.get_running_loop()
        self._input = bytearray()
        self._descriptors: deque[int] = deque()
        self._output: deque[tuple[bytes, int]] = deque()
        """Bytes to send, and the descriptor that goes with the first of them."""
        self._open = True
        self._ending = False
        self._loop.add_reader(sock.fileno(), self._readable)

    @property
    def waiting(self) -> int:
        """Return the number of messages that the socket has not taken."""
        return len(self._output)

    def send(self, message: Message) -> None:
        """Send ``message``. The caller keeps its descriptor until ``TAKEN``, if it needs that.

        Without a receiver the message is lost; ``closed`` tells.
        """
        if not self._open or self._ending:
            if message.descriptor >= 0:
                os.close(message.descriptor)
            return
        header = _HEADER.pack(message.kind, message.seconds, message.until, len(message.data))
        self._output.append((header + message.data, message.descriptor))
        if len(self._output) == 1:
            self._write()

    def end(self) -> None:
        """End the sending side once everything is sent; messages are still received."""
        self._ending = True
        if self._open and not self._output:
            self._end()

    def close(self) -> None:
        """Close at once, and every descriptor that was not sent or not received."""
        if not self._open:
            return
        self._open = False
        self._loop.remove_reader(self._sock.fileno())
        self._loop.remove_writer(self._sock.fileno())
        self._sock.close()
        for descriptor in (*self._descriptors, *(one for _, one in self._output if one >= 0)):
            os.close(descriptor)
        self._descriptors.clear()
        self._output.clear()
        self._closed()

    def _write(self) -> None:
        try:
            while self._output:
                data, descriptor = self._output[0]
                if descriptor >= 0:
                    sent = socket.send_fds(self._sock, [data], [descriptor])
                    os.close(descriptor)
                else:
                    sent = self._sock.send(data)
                if sent == len(data):
                    self._output.popleft()
                else:
                    self._output[0] = (data[sent:], -1)
        except BlockingIOError:
            self._loop.add_writer(self._sock.fileno(), self._write)
            return
        except OSError:
            self.close()
            return
        self._loop.remove_writer(self._sock.fileno())
        if self._ending:
            self._end()

    def _end(self) -> None:
        with contextlib.suppress(OSError):  # the peer is gone: reading finds out
            self._sock.shutdown(socket.SHUT_WR)

    def _readable(self) -> None:
        try:
            data, descriptors, flags, _ = socket.recv_fds(self._sock, _READ, _DESCRIPTORS)
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        self._descriptors.extend(descriptors)
        # Truncated: this process has no free descriptor, and the sender has the connection still.
        if not data or flags & socket.MSG_CTRUNC:
            self.close()
            return
        self._input += data
        try:
            while self._open and (message := self._next()) is not None:
                self._received(message)
        except ChannelError:
            self.close()

    def _next(self) -> Message | None:
        if len(self._input) < _HEADER.size:
            return None
        number, seconds, until, size = _HEADER.unpack_from(self._input)
        if size > DATA_MAX:
            raise ChannelError("too much data")
        end = _HEADER.size + size
        if len(self._input) < end:
            return None
        data = bytes(self._input[_HEADER.size : end])
        del self._input[:end]
        try:
            kind = Kind(number)
        except ValueError:
            raise ChannelError(f"unknown kind {number}") from None
        if kind not in (Kind.CONNECTION, Kind.INTERNAL):
            return Message(kind)
        if not self._descriptors:
            raise ChannelError("a connection without its descriptor")
        return Message(kind, self._descriptors.popleft(), data, seconds, until)
