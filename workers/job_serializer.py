"""The form of jobs in arq's queues: JSON instead of pickle."""

from __future__ import annotations

import orjson


def serialize(data: object) -> bytes:
    """Return a job or its result as JSON. Exceptions and other objects become text."""
    return orjson.dumps(data, default=repr)
