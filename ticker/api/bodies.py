"""Read request bodies up to a limit, and parse them as JSON.

The gateway limits how long a request may take (``settings.handshake_timeout``).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

from ticker.api.problem_documents import UnsupportedMedia
from ticker.domain import json_depth
from ticker.domain.errors import BadRequest, Invalid, TickerError, TooLarge

JSON = "application/json"
NDJSON = "application/x-ndjson"
NDJSON_TYPES = (NDJSON, "application/ndjson", "application/jsonl", "application/jsonlines")

BODY_PROBLEMS: tuple[type[TickerError], ...] = (BadRequest, TooLarge, UnsupportedMedia, Invalid)
"""Problems of a body: its form, size or type, or (from ``validate``) one of its fields."""

_DECLARED = re.compile(r"[0-9]{1,18}", re.ASCII)

DISCARD_MAX = 1_048_576
"""Bytes of a refused body that are read and discarded. Closing a connection with unread bytes
resets it, and many clients would see the reset instead of the response."""


async def read_body(request: Request, limit: int) -> bytes:
    """Return the whole body. Raises TooLarge over ``limit`` bytes, ClientDisconnect.

    Call it once. (Starlette's own reading is a generator, which costs the event loop more.)
    """
    declared = request.headers.get("content-length", "")
    if _DECLARED.fullmatch(declared) and int(declared) > limit and "expect" in request.headers:
        raise _too_large(limit)  # the client waits for a response before it sends
    chunks: list[bytes] = []
    size = 0
    more = True
    while more and size <= limit + DISCARD_MAX:
        message = await request.receive()
        if message["type"] != "http.request":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        else:
            chunks.clear()
    if size > limit:
        raise _too_large(limit)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def read_json(request: Request, limit: int) -> Any:
    """Return the body as parsed JSON.

    Raises UnsupportedMedia, TooLarge, or BadRequest with line and column of the syntax error.
    """
    require_type(request, (JSON,))
    return parse_json(await read_body(request, limit))


async def read_optional_json(request: Request, limit: int) -> Any:
    """Return the body as parsed JSON, or an empty object without a body."""
    body = await read_body(request, limit)
    if not body:
        return {}
    require_type(request, (JSON,))
    return parse_json(body)


def parse_json(body: bytes) -> Any:
    """Return ``body`` as parsed JSON. Raises BadRequest with the place of the syntax error."""
    if not body.strip():
        raise BadRequest("the body is empty; send a JSON object")
    try:
        return json_depth.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(
            f"invalid JSON at line {error.lineno}, column {error.colno}: {error.msg}"
        ) from None
    except json_depth.TooDeep as error:
        raise BadRequest(f"the JSON is {error}") from None


def require_type(request: Request, types: Collection[str]) -> None:
    """Check that the body has one of ``types`` and is uncompressed. Raises UnsupportedMedia."""
    accept = ", ".join(types)
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding != "identity":
        raise UnsupportedMedia(
            f"the body is compressed with {coding[:64]}; send it uncompressed", accept
        )
    sent = request.headers.get("content-type", "")
    if sent.partition(";")[0].strip().lower() not in types:
        problem = (
            f"the body's Content-Type is {sent[:64]}" if sent else "the body has no Content-Type"
        )
        raise UnsupportedMedia(f"{problem}; send {accept}", accept)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the request body is larger than {limit:,} bytes")
