"""Replies of Redis about streams: XINFO STREAM, and entries as they come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ticker.domain.cursor import StreamId
from ticker.domain.event import Record


def last_id(info: dict[Any, Any]) -> StreamId:
    """Return the id that the stream with this XINFO gave out last."""
    return StreamId.parse(info.get("last-generated-id") or info[b"last-generated-id"])


def raw_entries(entries: Iterable[Any]) -> list[tuple[StreamId, Record]]:
    """Return entries as no client has parsed them: a record is a list of names and values."""
    return [
        (StreamId.parse(id), dict(zip(record[::2], record[1::2], strict=True)))
        for id, record in entries
    ]
