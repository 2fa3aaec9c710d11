"""Serving the readers of crowded addresses: a few in each turn of the loop, behind all others.

An attacker that opens many readers at one address would otherwise delay every event, and the one
behind it, by the writes to all of them. Each turn serves those that have waited longest; events
that arrive meanwhile are joined.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from ticker.gateway.call_soon import CallInTurn
from ticker.gateway.subscriber import Subscriber
from ticker.gateway.subscriber_registry import SubscriberRegistry
from ticker.gateway.subscriber_state import Trailing
from ticker.stream.replay import Lane

log = logging.getLogger(__name__)

CROWDS = ""
"""All crowded addresses take turns as one client."""
SLICE = 16
"""Subscribers served in one piece of work, about 0.15 ms."""


class Trail:
    """Brings every trailing subscriber to the end of the lane, in turns that ``soon`` grants."""

    def __init__(
        self,
        lane: Callable[[], Lane],
        registry: SubscriberRegistry,
        serve: Callable[[Subscriber], None],
        soon: CallInTurn,
    ) -> None:
        """``serve`` writes one subscriber what it has not got, and moves it on."""
        self._lane = lane
        self._registry = registry
        self._serve = serve
        self._soon = soon
        self._scheduled = False

    @property
    def is_at_work(self) -> bool:
        """Tell whether subscribers are still to be served."""
        return self._scheduled

    def follow(self) -> None:
        """Serve them in later turns: the lane has gone on."""
        if self._registry.trailing and not self._scheduled:
            self._scheduled = True
            self._soon(CROWDS, self._slice)

    def _slice(self) -> None:
        self._scheduled = False
        end = self._lane().position
        for _ in range(SLICE):
            first = next(iter(self._registry.trailing), None)
            if first is None or not isinstance(first.state, Trailing):
                return
            if first.state.position >= end:
                return  # as are all behind it
            try:
                self._serve(first)
            except Exception:  # a reader that cannot be served must not stop those behind it
                log.exception("a reader cannot be served; its connection is cut")
                first.transport.abort()
                break
        self.follow()
