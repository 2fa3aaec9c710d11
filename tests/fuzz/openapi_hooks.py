"""Hooks of schemathesis for our document (``SCHEMATHESIS_HOOKS``): they serialise imports."""

from __future__ import annotations

import json
from typing import Any

import schemathesis  # type: ignore[import-not-found,unused-ignore]


@schemathesis.serializer("application/x-ndjson")  # type: ignore[untyped-decorator,unused-ignore]
def ndjson(_context: Any, value: Any) -> bytes:
    """Return a body of two lines."""
    line = json.dumps(value).encode()
    return line + b"\n" + line
