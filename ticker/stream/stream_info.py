"""Fields of what Redis tells of a stream (XINFO STREAM)."""

from __future__ import annotations

from typing import Any

from ticker.domain.cursor import StreamId


def last_id(info: dict[Any, Any]) -> StreamId:
    """Return the id that the stream with this XINFO gave out last."""
    return StreamId.parse(info.get("last-generated-id") or info[b"last-generated-id"])
