"""The client's side of one HTTP/2 connection, without I/O (RFC 9113): bytes in, outcomes out.

    session = Session(authority, secure=True, streams=100, counts=Counts())
    write(session.out.take())         # preface and settings
    session.start(request)            # if session.room() > 0
    for request, outcome in session.receive(data): …
    write(session.out.take())         # after each of them

Header blocks of answers are independent of each other (see ``fields``), so that those of streams
that are over need not be read.
"""

from __future__ import annotations

from typing import Generic, TypeAlias, TypeVar

from ticker.net import frames
from ticker.net.exchange import Counts, Request
from ticker.net.fields import BLOCK_MAX, Malformed, answer
from ticker.net.frames import FRAME_MAX, STREAM_MAX, WINDOW, Fault
from ticker.net.outbox import Outbox
from ticker.net.reply import BODY_MAX, Reply, Unanswered

R = TypeVar("R", bound=Request)
Outcome: TypeAlias = Reply | Unanswered

CREDIT = 4 * 1024 * 1024
"""Bytes of answers that may be under way on a connection. A stream keeps the initial 65,535: none
is read further than BODY_MAX."""
PIECES_MAX = 64
"""CONTINUATION frames of one header block."""


class Session(Generic[R]):
    """``streams`` bounds the requests under way, whatever the peer allows."""

    def __init__(
        self,
        authority: bytes,
        *,
        secure: bool,
        streams: int,
        counts: Counts,
        first_stream: int = 1,
    ) -> None:
        self._counts = counts
        self.ready = False
        """Whether the peer's settings are known: it speaks HTTP/2, and says how much of it."""
        self.draining = False
        """Whether it takes no further requests, for good."""
        self.broken: str | None = None
        """Why the connection must be closed now; ``out`` says so to the peer."""
        self.out: Outbox[R] = Outbox(authority, secure=secure)
        self.out.put(frames.PREFACE)
        self.out.put(frames.settings({frames.HEADER_TABLE_SIZE: 0, frames.ENABLE_PUSH: 0}))
        self.out.put(frames.widen(0, CREDIT - WINDOW))
        self._rest = b""
        self._streams: dict[int, R] = {}
        self._next = first_stream
        self._most = streams
        self._allowed = streams
        self._used = 0
        """Of the credit, since it was last renewed."""
        self._block: list[bytes] | None = None
        """Pieces of a header block that is not complete."""
        self._block_of = (0, 0)
        self._finished: list[tuple[R, Outcome]] = []

    @property
    def busy(self) -> bool:
        return bool(self._streams)

    def room(self) -> int:
        """Return how many requests may be started now."""
        if not self.ready or self.draining:
            return 0
        return self._allowed - len(self._streams)

    def start(self, request: R) -> None:
        """Send a request; there must be room."""
        stream = request.stream = self._next
        self._next += 2
        if self._next > STREAM_MAX:
            self.draining = True  # stream numbers are used up (§5.1.1)
        self._streams[stream] = request
        self.out.send(request, stream)

    def cancel(self, request: R) -> None:
        """Forget a request that is under way, and tell the peer."""
        self._reset(request.stream, frames.CANCEL)

    def ping(self) -> None:
        """Ask the peer for a sign of life: its acknowledgement is bytes to receive."""
        self.out.put(frames.frame(frames.PING, 0, 0, bytes(8)))

    def leave(self) -> None:
        """Say that nothing more will come."""
        self.draining = True
        self.out.put(frames.goaway(frames.NO_ERROR))

    def lost(self, why: str) -> list[tuple[R, Outcome]]:
        """Return all that is under way, as not answered: the connection is gone."""
        self.draining = True
        for request in self._streams.values():
            self._finished.append((request, Unanswered(why, sent=True)))
        self._streams.clear()
        self.out.clear()
        return self._take_finished()

    def receive(self, data: bytes) -> list[tuple[R, Outcome]]:
        """Return the requests that this ends, and how."""
        try:
            found, self._rest = frames.split(self._rest + data if self._rest else data)
            for kind, flags, stream, payload in found:
                if self._block is not None or not self.ready:
                    self._check(kind, stream, flags)
                if kind == frames.DATA:
                    self._on_data(flags, stream, payload)
                elif kind == frames.HEADERS:
                    self._on_headers(flags, stream, payload)
                else:
                    self._on_other(kind, flags, stream, payload)
        except Fault as fault:
            self.broken = fault.why
            self.out.put(frames.goaway(fault.code))
            return self.lost(f"the peer broke the protocol: {fault.why}")
        return self._take_finished()

    def _reset(self, stream: int, code: int) -> R:
        self.out.put(frames.frame(frames.RST_STREAM, 0, stream, frames.number(code)))
        return self._forget(stream)

    def _forget(self, stream: int) -> R:
        self.out.forget(stream)
        return self._streams.pop(stream)

    def _take_finished(self) -> list[tuple[R, Outcome]]:
        finished, self._finished = self._finished, []
        return finished

    # receiving

    def _check(self, kind: int, stream: int, flags: int) -> None:
        """Raise Fault unless settings come first (§3.4), and header blocks in one go (§4.3)."""
        if not self.ready and (kind != frames.SETTINGS or flags & frames.ACK):
            raise Fault(frames.PROTOCOL_ERROR, "no settings at the beginning")
        if self._block is not None and (kind != frames.CONTINUATION or stream != self._block_of[0]):
            raise Fault(frames.PROTOCOL_ERROR, "a frame within a header block")

    def _open(self, stream: int) -> R | None:
        """Return the request of a stream, None if it is over. Raises Fault if there never was."""
        request = self._streams.get(stream)
        if request is None and (not stream & 1 or stream >= self._next):
            raise Fault(frames.PROTOCOL_ERROR, f"stream {stream} was never opened")
        return request

    def _on_data(self, flags: int, stream: int, payload: bytes) -> None:
        self._used += len(payload)
        if self._used >= CREDIT // 2:
            self.out.owe(frames.widen(0, self._used))
            self._used = 0
        if flags & frames.PADDED:
            payload = frames.unpadded(flags & frames.PADDED, payload)
        request = self._open(stream)
        if request is None:
            return
        if not request.status:
            self._malformed(stream, "data before headers")
            return
        piece = payload[: BODY_MAX - request.kept]
        if piece:
            request.kept += len(piece)
            request.pieces.append(piece)
        if flags & frames.END_STREAM:
            self._answered(request)
        elif len(piece) < len(payload):
            self._reset(stream, frames.CANCEL)
            self._finish(request)

    def _on_headers(self, flags: int, stream: int, payload: bytes) -> None:
        if flags & (frames.PADDED | frames.HAS_PRIORITY):
            payload = frames.unpadded(flags, payload)
        if flags & frames.END_HEADERS:
            self._on_block(stream, flags, payload)
        else:
            self._block = [payload]
            self._block_of = stream, flags

    def _on_continuation(self, flags: int, payload: bytes) -> None:
        if self._block is None:
            raise Fault(frames.PROTOCOL_ERROR, "a continuation of nothing")
        self._block.append(payload)
        if len(self._block) > PIECES_MAX or sum(map(len, self._block)) > BLOCK_MAX:
            raise Fault(frames.ENHANCE_YOUR_CALM, "endless headers")
        if flags & frames.END_HEADERS:
            block, self._block = b"".join(self._block), None
            self._on_block(*self._block_of, block)

    def _on_block(self, stream: int, flags: int, block: bytes) -> None:
        request = self._open(stream)
        if request is None:
            return  # nothing is lost: no table follows from a block
        end = flags & frames.END_STREAM
        if request.status:
            if end:
                self._answered(request)  # trailers: nobody reads them
            else:
                self._malformed(stream, "headers within a body")
            return
        try:
            status, headers = answer(block)
        except Malformed as malformed:
            self._malformed(stream, str(malformed))
            return
        if status >= 200:
            request.status, request.headers = status, headers
            if end:
                self._answered(request)
        elif end:
            self._malformed(stream, "an interim answer and no other")

    def _answered(self, request: R) -> None:
        if request.unsent is not None:  # it answers before it has heard all (§8.1)
            self._reset(request.stream, frames.NO_ERROR)
        else:
            del self._streams[request.stream]
        self._finish(request)

    def _finish(self, request: R) -> None:
        body = b"".join(request.pieces) if request.pieces else b""
        self._finished.append((request, Reply(request.status, request.headers, body)))

    def _malformed(self, stream: int, why: str) -> None:
        request = self._reset(stream, frames.PROTOCOL_ERROR)
        self._finished.append((request, Unanswered(f"a malformed answer: {why}", sent=True)))

    def _on_other(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        match kind:
            case frames.WINDOW_UPDATE:
                self._on_window_update(stream, payload)
            case frames.SETTINGS:
                self._on_settings(flags, stream, payload)
            case frames.RST_STREAM:
                self._on_reset(stream, payload)
            case frames.GOAWAY:
                self._on_goaway(stream, payload)
            case frames.CONTINUATION:
                self._on_continuation(flags, payload)
            case frames.PING:
                frames.sized(stream == 0, len(payload) == 8)
                if not flags & frames.ACK:
                    self.out.owe(frames.frame(frames.PING, frames.ACK, 0, payload))
            case frames.PUSH_PROMISE:
                raise Fault(frames.PROTOCOL_ERROR, "a push, which was disabled")
            case _:
                pass  # unknown frames, and PRIORITY (§5.5)

    def _on_window_update(self, stream: int, payload: bytes) -> None:
        frames.sized(True, len(payload) == 4)
        if stream:
            self._open(stream)
        self.out.widen(stream, int.from_bytes(payload, "big") & STREAM_MAX)

    def _on_settings(self, flags: int, stream: int, payload: bytes) -> None:
        frames.sized(stream == 0, len(payload) % 6 == 0)
        if flags & frames.ACK:
            frames.sized(True, not payload)
            return
        self.ready = True
        # Before what a wider window lets out: for the peer, the settings are in force from here on.
        self.out.owe(frames.frame(frames.SETTINGS, frames.ACK, 0))
        for key, value in frames.pairs(payload):
            self._set(key, value)

    def _set(self, key: int, value: int) -> None:
        match key:
            case frames.MAX_CONCURRENT_STREAMS:
                self._allowed = min(self._most, value)
            case frames.INITIAL_WINDOW_SIZE:
                self.out.set_initial(value)
            case frames.ENABLE_PUSH if value:
                raise Fault(frames.PROTOCOL_ERROR, "a server that wants to be pushed to")
            case frames.MAX_FRAME_SIZE if not FRAME_MAX <= value < 2**24:
                raise Fault(frames.PROTOCOL_ERROR, "a frame size that is not allowed")
            case _:
                pass  # the rest binds those who use a table, or longer frames

    def _on_reset(self, stream: int, payload: bytes) -> None:
        frames.sized(stream != 0, len(payload) == 4)
        if self._open(stream) is None:
            return
        code = int.from_bytes(payload, "big")
        self._counts.resets += 1
        sent = code != frames.REFUSED_STREAM
        request = self._forget(stream)
        self._finished.append((request, Unanswered(f"stream reset, error {code}", sent=sent)))

    def _on_goaway(self, stream: int, payload: bytes) -> None:
        frames.sized(stream == 0, len(payload) >= 8)
        last = int.from_bytes(payload[:4], "big") & STREAM_MAX
        code = int.from_bytes(payload[4:8], "big")
        said = payload[8:200].decode("ascii", "replace")
        self._counts.goaways += 1
        self.draining = True
        for unseen in [id for id in self._streams if id > last]:
            why = f"the connection is closing, error {code} {said}".rstrip()
            self._finished.append((self._forget(unseen), Unanswered(why, sent=False)))
