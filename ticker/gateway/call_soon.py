"""Putting work off to a later turn of the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeAlias

CallSoon: TypeAlias = Callable[[Callable[[], None]], object]
CallInTurn: TypeAlias = Callable[[str, Callable[[], None]], object]
"""Runs a callback in a later turn of the client with this address."""


def call_soon(callback: Callable[[], None]) -> object:
    """Run ``callback`` in the running loop's next turn."""
    return asyncio.get_running_loop().call_soon(callback)
