"""Failures that nobody awaits any more, kept out of asyncio's log."""

from __future__ import annotations

import asyncio
from typing import Any


def retrieve(ended: asyncio.Future[Any]) -> None:
    """Retrieve the exception of a future, so that asyncio does not log it as never retrieved.

    A callback for futures whose failure somebody else has seen, or whose waiters have all gone.
    """
    if not ended.cancelled():
        ended.exception()
