"""Parse JSON of limited depth.

orjson parses 1,024 levels of nesting but serialises 254, Python's own recursion ends at 1,000, and
no document that Ticker reads needs more than a few.
"""

from __future__ import annotations

from typing import Any

import orjson

DEPTH_MAX = 32
"""Levels of objects and arrays."""


class TooDeep(ValueError):
    """The document has more than ``DEPTH_MAX`` levels."""

    def __init__(self) -> None:
        super().__init__(f"nested more than {DEPTH_MAX} levels deep")


def loads(text: bytes | str) -> Any:
    """Return parsed JSON. Raises orjson.JSONDecodeError or TooDeep, both of them ValueErrors."""
    data = orjson.loads(text)
    # Few documents have so many brackets; only those are traversed.
    if _brackets(text) > DEPTH_MAX and _depth(data) > DEPTH_MAX:
        raise TooDeep
    return data


def _brackets(text: bytes | str) -> int:
    if isinstance(text, str):
        return text.count("{") + text.count("[")
    return text.count(b"{") + text.count(b"[")


def _depth(data: Any) -> int:
    depth, level = 0, [data]
    while level := [value for value in level if isinstance(value, dict | list)]:
        depth += 1
        if depth > DEPTH_MAX:
            break
        level = [
            inner
            for value in level
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
    return depth
