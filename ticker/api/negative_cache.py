"""Why items are not out, as the store said a moment ago: one question for all who ask meanwhile.

The permalink of a flash that was retracted is asked for by everybody who was sent it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from time import monotonic
from typing import Any, TypeAlias

from ticker.domain.errors import Gone, NotFound

KEEP = 1.0
"""Seconds. What is out is never looked for here, so that no news comes late for it."""
KEPT_MAX = 1_024
"""Ids of 26 characters; the oldest go."""

Why: TypeAlias = Gone | NotFound


class NegativeCache:
    """Remembers why. ``clock`` is monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Why]] = OrderedDict()
        self._asked: dict[str, asyncio.Task[Why]] = {}

    def __len__(self) -> int:
        return len(self._known)

    async def why(self, id: str, ask: Callable[[str], Coroutine[Any, Any, Why]]) -> Why:
        """Return what ``ask`` says of ``id`` or said lately, a new object to be raised.

        What ``ask`` raises reaches all who wait for it, and nothing is kept.
        """
        at, known = self._known.get(id, (0.0, None))
        if known is None or self._clock() - at >= KEEP:
            known = await self._answer(id, ask)
        return type(known)(known.detail)

    async def _answer(self, id: str, ask: Callable[[str], Coroutine[Any, Any, Why]]) -> Why:
        task = self._asked.get(id)
        if task is None:
            task = self._asked[id] = asyncio.create_task(self._ask(id, ask))
        return await asyncio.shield(task)  # one reader who leaves takes it from nobody else

    async def _ask(self, id: str, ask: Callable[[str], Coroutine[Any, Any, Why]]) -> Why:
        try:
            why = await ask(id)
        finally:
            del self._asked[id]
        self._known.pop(id, None)
        self._known[id] = self._clock(), why
        if len(self._known) > KEPT_MAX:
            self._known.popitem(last=False)
        return why
