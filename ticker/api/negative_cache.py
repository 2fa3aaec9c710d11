"""Negative cache: why an item is not live. Concurrent requests for one id share one store lookup.

The permalink of a retracted flash is requested by everybody who received it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from copy import copy
from time import monotonic
from typing import Any, TypeAlias

from ticker.api.miss_budget import charge_miss
from ticker.domain.errors import Gone, NotFound

TTL = 1.0
"""Seconds. Live items are never looked up here, so no news is delayed by it."""
SIZE_MAX = 1_024
"""Ids kept, of 26 characters each; the oldest are dropped first."""

Reason: TypeAlias = Gone | NotFound
Lookup: TypeAlias = Callable[[str], Coroutine[Any, Any, Reason]]


class NegativeCache:
    """Keep the reason for each missing id for ``TTL`` seconds. ``clock`` is monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._reasons: OrderedDict[str, tuple[float, Reason]] = OrderedDict()
        self._lookups: dict[str, asyncio.Task[Reason]] = {}

    def __len__(self) -> int:
        return len(self._reasons)

    async def reason(self, id: str, look_up: Lookup) -> Reason:
        """Return a new exception, ready to raise: the cached reason, or the result of ``look_up``.

        A lookup is charged to the client of the request: raises TooMany or Unavailable if its
        budget is spent. An exception raised by ``look_up`` reaches every waiting caller and is not
        cached.
        """
        at, known = self._reasons.get(id, (0.0, None))
        if known is None or self._clock() - at >= TTL:
            known = await self._shared_lookup(id, look_up)
        return copy(known)

    def forget(self, id: str) -> None:
        """Drop the reason for an id that is not missing any more."""
        self._reasons.pop(id, None)

    async def _shared_lookup(self, id: str, look_up: Lookup) -> Reason:
        task = self._lookups.get(id)
        if task is None:
            charge_miss()
            task = self._lookups[id] = asyncio.create_task(self._look_up(id, look_up))
        return await asyncio.shield(task)  # a caller that disconnects cancels it for nobody else

    async def _look_up(self, id: str, look_up: Lookup) -> Reason:
        try:
            reason = await look_up(id)
        finally:
            del self._lookups[id]
        self._reasons.pop(id, None)
        self._reasons[id] = self._clock(), reason
        if len(self._reasons) > SIZE_MAX:
            self._reasons.popitem(last=False)
        return reason
