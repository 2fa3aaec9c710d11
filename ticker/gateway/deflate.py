"""permessage-deflate (RFC 7692): its negotiation, and the compression of what readers share.

A message is compressed once for all readers that get the same bytes, and no connection holds any
state. A client asks for one of two ways:

- each message for itself (``server_no_context_takeover``): an item is 1.7 times smaller;
- with references to messages before it: those of the same write, and the one compressed message
  that all these readers got last (``compression_chain``): an item is 3.5 times smaller.

The clients are told to use no context of their own (``client_no_context_takeover``).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from functools import lru_cache

from websockets.exceptions import InvalidHeaderFormat, PayloadTooBig, ProtocolError
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.headers import parse_extension
from websockets.typing import BytesLike

NAME = "permessage-deflate"
NO_CONTEXT = "server_no_context_takeover"
SMALLEST = 128
"""Bytes from which a message is compressed. Measured: a heartbeat (56 bytes) grows by one, a
welcome (115) becomes 101, a retraction (200) 155 or, after an item, 90."""
LARGEST = 65_536
"""Bytes up to which a message is compressed: that takes 0.35 ms, as long as a turn of the admission
queue. A longer one, of a hundred items and more, would make events wait."""
WINDOW_BITS = 12
"""Base-two logarithm of the window. Python's ``websockets`` allows a server no more; browsers allow
15. One window for all, so that all get the same bytes: 4 KB hold several items, and 32 KB make a
snapshot of 20 items only a tenth smaller."""
LEVEL = 1
"""Measured: an item 12 µs (about what one delivery costs), a snapshot of 20 items 50 µs, of 100
items 0.35 ms. Level 6 takes twice the time for long messages and makes them a sixth smaller, and an
item no smaller at all."""
MEMORY_LEVEL = 6
OFFER_MAX = 512
"""Characters of an offer that is read; a longer one is declined. Clients send 20 to 120."""
OFFERS_CACHED = 64
"""Offers whose answer is kept: each client library has its own, and always the same."""

_TAIL = b"\x00\x00\xff\xff"
"""The end of a flush, which the receiver adds (RFC 7692 §7.2.1)."""
_BITS = tuple(str(bits) for bits in range(8, 16))
_APPLE = re.compile(r"AppleWebKit(?!.*Chrome/)|CFNetwork/")


def pays(message: bytes) -> bool:
    """Tell whether ``message`` is to be compressed."""
    return SMALLEST <= len(message) <= LARGEST


class Deflater:
    """Compresses messages of one write; each refers to those before it."""

    __slots__ = ("_compressor",)

    def __init__(self, before: bytes = b"") -> None:
        """``before`` is the compressed message that the readers have got last, empty for none."""
        self._compressor = zlib.compressobj(
            LEVEL, zlib.DEFLATED, -WINDOW_BITS, MEMORY_LEVEL, zlib.Z_DEFAULT_STRATEGY, before
        )

    def deflate(self, message: bytes) -> bytes:
        """Return the payload of the compressed ``message``."""
        compressor = self._compressor
        data = compressor.compress(message) + compressor.flush(zlib.Z_SYNC_FLUSH)
        return data.removesuffix(_TAIL)


class Inflater(PerMessageDeflate):
    """Inflates each message of a client once it is complete.

    A client may begin a message and never end it. What waits is what it has sent, at most as much
    as a message may have, and not the 40 KB that its window would take.
    """

    _waiting: bytearray | None = None

    def decode(self, frame: Frame, *, max_size: int | None = None) -> Frame:
        """Return the frame inflated; one that is not the last of its message is empty.

        Raises PayloadTooBig and ProtocolError.
        """
        begins = frame.opcode in (Opcode.TEXT, Opcode.BINARY)
        goes_on = frame.opcode is Opcode.CONT and self._waiting is not None
        if not goes_on and not (begins and frame.rsv1 and not frame.fin):
            return super().decode(frame, max_size=max_size)
        if begins:
            self._waiting = bytearray()
        elif frame.rsv1:
            raise ProtocolError("RSV1 bit set in continuation frame")
        waiting = self._waiting
        assert waiting is not None
        waiting += frame.data
        if max_size is not None and len(waiting) > max_size:
            raise PayloadTooBig(None, max_size)
        data: BytesLike = b""
        if frame.fin:
            self._waiting = None
            whole = Frame(Opcode.TEXT, bytes(waiting), rsv1=True)
            data = super().decode(whole, max_size=max_size).data
        return Frame(frame.opcode, data, frame.fin, False, frame.rsv2, frame.rsv3)


def inflater() -> Inflater:
    """Return the extension for the frames of a client whose offer was accepted."""
    return Inflater(
        remote_no_context_takeover=True,
        local_no_context_takeover=True,
        remote_max_window_bits=15,
        local_max_window_bits=WINDOW_BITS,
    )


def accept(offers: str, agent: str) -> str:
    """Return the answer to the header ``Sec-WebSocket-Extensions``; empty if nothing is accepted.

    The first offer that can be met is taken. A client of Apple's network library gets none: it
    offers the extension, but several of its versions fail at compressed messages (Safari 15.0 to
    15.3 at any, later ones at some), and a reader without news is worse than one with more bytes.
    """
    if not offers or len(offers) > OFFER_MAX or _APPLE.search(agent):
        return ""
    return _accept(offers)


@lru_cache(OFFERS_CACHED)
def _accept(offers: str) -> str:
    try:
        parsed = parse_extension(offers)
    except InvalidHeaderFormat:
        return ""
    for name, parameters in parsed:
        if name == NAME and (answer := _answer(parameters)):
            return answer
    return ""


def _answer(parameters: Sequence[tuple[str, str | None]]) -> str:
    """Return the answer to one offer; empty if it is malformed or cannot be met (RFC 7692 §7.1)."""
    given = dict(parameters)
    if len(given) < len(parameters):
        return ""  # a parameter comes twice
    window = False
    for name, value in parameters:
        match name:
            case "server_no_context_takeover" | "client_no_context_takeover":
                if value is not None:
                    return ""
            case "client_max_window_bits":
                if value is not None and value not in _BITS:
                    return ""
            case "server_max_window_bits":
                if value not in _BITS or int(value) < WINDOW_BITS:
                    return ""
                window = True
            case _:
                return ""
    answer = f"{NAME}; client_no_context_takeover"
    if NO_CONTEXT in given:
        answer += f"; {NO_CONTEXT}"
    return f"{answer}; server_max_window_bits={WINDOW_BITS}" if window else answer
