"""An HTTP/2 server that says yes: as fast as Python can, and for one known client.

It follows frames (RFC 9113 §4.1) as far as it takes to know where requests end, keeps the client's
window open, and looks at nothing else. What is measured against it is the client.
"""

from __future__ import annotations

import asyncio
from typing import cast

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _SETTINGS, _PING = 0, 1, 4, 6
_END_STREAM, _ACK = 1, 1
_CREDIT = 1 << 30
_STREAMS = 1_000


class Lean(asyncio.Protocol):
    """One connection. ``body`` is what each answer carries, ``delay`` the seconds it takes."""

    def __init__(self, body: bytes = b"", delay: float = 0.0) -> None:
        self._delay = delay
        self._rest = b""
        self._begun = False
        self._taken = 0
        # Status 200 is one octet in HPACK's static table (RFC 7541, appendix A).
        if body:
            data = b"%b\x00\x01%%b%b" % (_escaped(_size(body)), _escaped(body))
            self._answer = b"\x00\x00\x01\x01\x04%b\x88" + data
        else:
            self._answer = b"\x00\x00\x01\x01\x05%b\x88"
        self._names = 2 if body else 1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own is none by class
        self._transport.write(
            _frame(_SETTINGS, 0, 0, b"\x00\x03" + _STREAMS.to_bytes(4, "big"))
            + _frame(8, 0, 0, _CREDIT.to_bytes(4, "big"))
        )

    def data_received(self, data: bytes) -> None:
        buffer = self._rest + data if self._rest else data
        at = 0
        if not self._begun:
            if len(buffer) < len(PREFACE):
                self._rest = buffer
                return
            at, self._begun = len(PREFACE), True
        out: list[bytes] = []
        answers: list[bytes] = []
        size = len(buffer)
        while at + 9 <= size:
            end = at + 9 + int.from_bytes(buffer[at : at + 3], "big")
            if end > size:
                break
            kind, flags = buffer[at + 3], buffer[at + 4]
            if kind <= _HEADERS and flags & _END_STREAM:
                stream = buffer[at + 5 : at + 9]
                answers.append(self._answer % ((stream,) * self._names))
            elif kind == _SETTINGS and not flags & _ACK:
                out.append(_frame(_SETTINGS, _ACK, 0, b""))
            elif kind == _PING and not flags & _ACK:
                out.append(_frame(_PING, _ACK, 0, buffer[at + 9 : end]))
            if kind == _DATA:
                self._taken += end - at - 9
            at = end
        self._rest = buffer[at:]
        if self._taken > _CREDIT // 2:
            out.append(_frame(8, 0, 0, self._taken.to_bytes(4, "big")))
            self._taken = 0
        if answers and self._delay:
            loop = asyncio.get_running_loop()
            loop.call_later(self._delay, self._transport.write, b"".join(answers))
            answers = []
        if out or answers:
            self._transport.write(b"".join(out + answers))


def _escaped(data: bytes) -> bytes:
    return data.replace(b"%", b"%%")


def _size(payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big")


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    head = _size(payload) + bytes((kind, flags))
    return head + stream.to_bytes(4, "big") + payload
