"""The headers of requests that change something, as the reference page describes them."""

from __future__ import annotations

from ticker.api.routing import Param

IDEMPOTENCY = Param(
    "Idempotency-Key",
    "header",
    "A unique key. A repeated request with the same key and body returns the first result.",
    {"type": "string", "maxLength": 255, "pattern": "^[!-~]+$"},
)
IF_MATCH = Param(
    "If-Match", "header", "The version you have read, in quotes; 412 if the item has changed since."
)
