"""Items whose time has come: released or expired in nobody's name, by Redis' clock."""

from __future__ import annotations

from collections.abc import Collection

from ticker.domain.clock import parse_ms
from ticker.domain.item import Item
from ticker.publishing import transitions
from ticker.publishing.attempts import Attempts, Committed
from ticker.publishing.commit import Request
from ticker.publishing.transitions import Step


class DueItems:
    """Releases and expires items for the scheduler. Methods raise what ``ItemService`` raises."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts

    async def release(self, id: str, *, by: str, without: Collection[str] = ()) -> Committed | None:
        """Release a scheduled item if its time has come by Redis' clock; None if it has not.

        ``without`` are ids of stored pictures that are no more: it goes out without them.
        """
        return await self._attempts.when_due(
            id,
            Request.of("release", id, b"", by, None),
            lambda item, now: transitions.release(item, by=by, now_ms=now, without=without),
            lambda item: item.embargo_until and parse_ms(item.embargo_until),
        )

    async def expire(self, id: str, *, by: str) -> Committed | None:
        """Expire an item that ``due`` named; None if its expiry was moved since."""

        def decide(item: Item, now: int) -> Step | None:
            if item.pinned and item.expires_at is None:
                return None  # pinned meanwhile
            return transitions.expire(item, by=by, now_ms=now)

        return await self._attempts.when_due(
            id, Request.of("expire", id, b"", by, None), decide, lambda item: item.expires_ms
        )
