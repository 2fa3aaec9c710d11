"""Messages of the protocol as JSON, and their framing for WebSocket and event streams.

A message function returns JSON; ``ws_*`` and ``sse`` frame it for a transport. Server frames of RFC
6455 are not masked, so one frame serves all clients.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

import orjson

from ticker.domain.errors import PROBLEMS
from ticker.stream.close_codes import CloseCode


def welcome(
    mode: str, cursor: str, heartbeat: int, reset: str | None = None, subs: Sequence[int] = ()
) -> bytes:
    """Return the first message of a subscription; ``reset`` is the reason, None for no reset.

    ``subs`` are the ids of the subscriptions that begin, if they have any.
    """
    message = {
        "type": "welcome",
        "mode": mode,
        "reset": reset is not None,
        "reason": reset,
        "cursor": cursor,
        "heartbeat": heartbeat,
    }
    return orjson.dumps({**message, "subs": subs} if subs else message)


def unsubscribed(subs: Sequence[int]) -> bytes:
    """Return the answer to the end of the subscriptions with these ids."""
    return orjson.dumps({"type": "unsubscribed", "subs": subs})


def items(
    kind: str, cursor: str, found: Iterable[bytes], more: bool = False, sub: int | None = None
) -> bytes:
    """Return a ``snapshot``, or a further ``page`` of it, with items that are JSON already.

    They are in display order. ``more``: pages follow; ``sub`` is the id of the subscription.
    """
    id = b"" if sub is None else b'"sub":%d,' % sub
    tail = b',"more":true}' if more else b',"more":false}' if kind == "page" else b"}"
    return b'{"type":"%s",%s"cursor":"%s","items":[%s]%s' % (
        kind.encode(),
        id,
        cursor.encode(),
        b",".join(found),
        tail,
    )


def heartbeat(cursor: str) -> bytes:
    """Return a heartbeat, which moves an idle client's cursor on."""
    return b'{"type":"heartbeat","cursor":"%s"}' % cursor.encode()


def goodbye(reason: str, delay_ms: int, retry_ms: int | None = None) -> bytes:
    """Return the announcement of a planned close; the client reconnects after ``delay_ms``.

    While nobody answers then, it tries again at a random time within every ``retry_ms``.
    """
    message = {"type": "goodbye", "reason": reason, "reconnect": True, "delay_ms": delay_ms}
    return orjson.dumps(message if retry_ms is None else {**message, "retry_ms": retry_ms})


def warning(code: str, message: str) -> bytes:
    """Return a warning for the developer; nothing follows from it."""
    return orjson.dumps({"type": "warning", "code": code, "message": message})


def token(kind: str, seconds: int | None) -> bytes:
    """Return ``token_expiring``, or ``token_accepted``, the answer to a new one.

    ``seconds`` are those until the token expires, None if the server needs no token.
    """
    return orjson.dumps({"type": kind, "expires_in": seconds})


def error(code: str, message: str, sub: int | None = None) -> bytes:
    """Return an error message; the connection closes after it.

    ``sub`` is the id of the one of several subscriptions that is wrong, if it is one.
    """
    found = {"type": "error", "code": code, "message": message}
    return orjson.dumps(found if sub is None else {**found, "sub": sub})


def problem(status: int, slug: str, title: str, detail: str, sub: int | None = None) -> bytes:
    """Return an RFC 9457 problem document; ``sub`` as in ``error``."""
    found = {"type": f"{PROBLEMS}{slug}", "title": title, "status": status, "detail": detail}
    return orjson.dumps(found if sub is None else {**found, "sub": sub})


def ws_text(payload: bytes) -> bytes:
    """Return ``payload`` as one unmasked text frame (RFC 6455 §5.2)."""
    return _ws(0x81, payload)


def ws_deflated(payload: bytes) -> bytes:
    """Return a compressed ``payload`` as one unmasked text frame, with RSV1 (RFC 7692 §6)."""
    return _ws(0xC1, payload)


def ws_close(code: CloseCode, reason: str = "") -> bytes:
    """Return a close frame (RFC 6455 §5.5.1); the reason is cut at 123 bytes, whole characters."""
    text = reason.encode()[:123].decode(errors="ignore").encode()
    return _ws(0x88, struct.pack("!H", code) + text)


def _ws(head: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((head, size)) + payload
    if size < 65_536:
        return struct.pack("!BBH", head, 126, size) + payload
    return struct.pack("!BBQ", head, 127, size) + payload


def sse(event: str, payload: bytes, cursor: str | None = None) -> bytes:
    """Return one server-sent event (WHATWG HTML §9.2); JSON ``payload`` has no newline."""
    if cursor is None:
        return b"event: %s\ndata: %s\n\n" % (event.encode(), payload)
    return b"event: %s\nid: %s\ndata: %s\n\n" % (event.encode(), cursor.encode(), payload)
