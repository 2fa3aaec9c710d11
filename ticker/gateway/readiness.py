"""Honest health: green only if the newsroom's heartbeat really came through this process."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ticker.domain.errors import Unavailable
from ticker.domain.health import HealthReport, Pulse, judge
from ticker.gateway.gateway import Gateway

log = logging.getLogger(__name__)


class Health:
    """Answers /readyz. ``pulse`` and ``durability`` ask the store; both may raise Unavailable."""

    def __init__(
        self,
        gateway: Gateway,
        pulse: Callable[[], Awaitable[Pulse]],
        durability: Callable[[], Awaitable[Mapping[str, Any]]],
    ) -> None:
        self._gateway = gateway
        self._pulse = pulse
        self._durability = durability

    async def check(self) -> HealthReport:
        """Return the state of every hop now."""
        now = self._gateway.clock()
        beat = self._gateway.tail.last_beat
        pulse: Pulse | str
        durability: Mapping[str, Any] = {}
        try:
            pulse = await self._pulse()
            durability = await self._durability()
        except Unavailable as error:
            log.warning("not ready: %s", error.detail)
            pulse = "does not answer"  # its address is nobody's business out there
        return judge(
            pulse,
            None if beat is None else now - beat,
            self._gateway.settings.lane_heartbeat,
            durability=durability,
        )
