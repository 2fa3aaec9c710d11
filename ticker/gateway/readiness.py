"""Readiness of a gateway: green only if the newsroom's heartbeat has come through this process."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ticker.domain.errors import Unavailable
from ticker.domain.health import HealthReport, HeartbeatTimes, judge
from ticker.gateway.gateway import Gateway

log = logging.getLogger(__name__)


class Health:
    """Answers ``/readyz``. ``pulse`` and ``durability`` ask the store; both may raise Unavailable.

    ``pulse`` returns when the newest heartbeat reached wire and lane.
    """

    def __init__(
        self,
        gateway: Gateway,
        pulse: Callable[[], Awaitable[HeartbeatTimes]],
        durability: Callable[[], Awaitable[Mapping[str, Any]]],
    ) -> None:
        self._gateway = gateway
        self._pulse = pulse
        self._durability = durability

    async def check(self) -> HealthReport:
        """Return the state of every hop now. Does not raise when one is down."""
        now = self._gateway.clock()
        heartbeat = self._gateway.tail.last_heartbeat
        pulse: HeartbeatTimes | str
        durability: Mapping[str, Any] = {}
        try:
            pulse = await self._pulse()
            durability = await self._durability()
        except Unavailable as error:
            log.warning("not ready: %s", error.detail)
            pulse = "does not answer"  # the report is public and must not name Redis' address
        return judge(
            pulse,
            None if heartbeat is None else now - heartbeat,
            self._gateway.settings.lane_heartbeat,
            durability=durability,
        )
