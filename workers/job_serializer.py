"""How jobs are written in arq's queues."""

from __future__ import annotations

import orjson


def serialize(data: object) -> bytes:
    """Return a job or its result as JSON. What JSON does not know, an exception, becomes text."""
    return orjson.dumps(data, default=repr)
