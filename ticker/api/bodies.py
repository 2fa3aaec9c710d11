"""Request bodies: read with a bound, and parsed with the place of an error.

How long a whole request may take is bounded where connections are (``settings.handshake_timeout``).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import orjson
from starlette.requests import Request

from ticker.api.problems import UnsupportedMedia
from ticker.domain.errors import BadRequest, TooLarge

JSON = "application/json"
NDJSON = "application/x-ndjson"
NDJSON_TYPES = (NDJSON, "application/ndjson", "application/jsonl", "application/jsonlines")

DRAIN = 1_048_576
"""Bytes of a refused body that are still read and dropped. Closing on unread bytes resets the
connection, and many senders would see that instead of our answer."""

MAX_DEPTH = 32
"""Levels of nesting in a body. orjson reads 1,024 but writes 254, so what is kept must be flatter;
no draft needs more than a few."""


async def read_body(request: Request, limit: int) -> bytes:
    """Return the whole body. Raises TooLarge over ``limit`` bytes."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit and "expect" in request.headers:
        raise _too_large(limit)  # the sender waits for our word before it sends
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
            continue
        chunks.clear()
        if size > limit + DRAIN:
            break
    if size > limit:
        raise _too_large(limit)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def read_json(request: Request, limit: int) -> Any:
    """Return the body as parsed JSON.

    Raises UnsupportedMedia, TooLarge, or BadRequest with line and column of what is no JSON.
    """
    require_type(request, (JSON,))
    return parse_json(await read_body(request, limit))


async def read_optional_json(request: Request, limit: int) -> Any:
    """Return the body as parsed JSON, or an empty object where none was sent."""
    body = await read_body(request, limit)
    if not body:
        return {}
    require_type(request, (JSON,))
    return parse_json(body)


def parse_json(body: bytes) -> Any:
    """Return what ``body`` says. Raises BadRequest with the place where it stops being JSON."""
    if not body.strip():
        raise BadRequest("the body is empty; a JSON object is needed")
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(
            f"not JSON at line {error.lineno}, column {error.colno}: {error.msg}"
        ) from None
    # Few bodies have so many brackets at all; only those are walked.
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and _depth(data) > MAX_DEPTH:
        raise BadRequest(f"nested more than {MAX_DEPTH} levels deep")
    return data


def require_type(request: Request, types: Collection[str]) -> None:
    """Raise UnsupportedMedia unless the body is of one of ``types`` and not compressed."""
    accept = ", ".join(types)
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding != "identity":
        raise UnsupportedMedia(f"the body is sent as {coding}; send it uncompressed", accept)
    sent = request.headers.get("content-type", "")
    if sent.partition(";")[0].strip().lower() not in types:
        said = f"the body is declared as {sent}" if sent else "the body has no Content-Type"
        raise UnsupportedMedia(f"{said}; send {accept}", accept)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body is over {limit:,} bytes")


def _depth(data: Any) -> int:
    depth, level = 0, [data]
    while level := [value for value in level if isinstance(value, dict | list)]:
        depth += 1
        level = [
            inner
            for value in level
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
    return depth
