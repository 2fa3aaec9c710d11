"""uvicorn's servers look every hundredth of a second whether they should end, not every tenth.

Many tests have servers of their own, and two or three such pauses at the end of each were most of
their time. Import this module where one is made.
"""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn.server

PACE = 0.1
"""Of uvicorn's own pauses."""


class _Asyncio:
    """``asyncio`` as ``uvicorn.server`` sees it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds * PACE)


setattr(uvicorn.server, "asyncio", _Asyncio())  # noqa: B010 - it does not export the name
