"""Readiness of a gateway: green only if the newsroom's heartbeat has come through this process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ticker.domain.health import HealthReport, HeartbeatTimes, judge
from ticker.domain.store_errors import StoreError
from ticker.gateway.gateway import Gateway

log = logging.getLogger(__name__)

DEADLINE = 1.0
"""Seconds that the store has to answer: a load balancer does not wait longer."""


class Health:
    """Answers ``/readyz``.

    ``heartbeat_times`` returns when the newest heartbeat reached wire and lane. It and
    ``durability`` ask the store; both may raise StoreError. ``durability`` also tries whether the
    store accepts changes, and says in ``refused`` why each one is refused.
    """

    def __init__(
        self,
        gateway: Gateway,
        heartbeat_times: Callable[[], Awaitable[HeartbeatTimes]],
        durability: Callable[[], Awaitable[Mapping[str, Any]]],
    ) -> None:
        self._gateway = gateway
        self._heartbeat_times = heartbeat_times
        self._durability = durability

    async def check(self) -> HealthReport:
        """Return the state of every hop now. Does not raise when one is down."""
        now = self._gateway.clock()
        heartbeat = self._gateway.tail.last_heartbeat
        heartbeat_times: HeartbeatTimes | str
        durability: Mapping[str, Any] = {}
        try:
            async with asyncio.timeout(DEADLINE):
                heartbeat_times = await self._heartbeat_times()
                durability = await self._durability()
        except TimeoutError:
            heartbeat_times = f"does not answer within {DEADLINE:.0f} s"
        except StoreError as error:
            log.warning("not ready: %s", error.detail)
            heartbeat_times = error.title  # the report is public and must not name an address
        except Exception as error:  # health reports, it does not fail
            log.exception("not ready")
            heartbeat_times = f"unexpected {type(error).__name__}; see the log"
        return judge(
            heartbeat_times,
            None if heartbeat is None else now - heartbeat,
            self._gateway.settings.lane_heartbeat,
            draining=self._gateway.hub.drained is not None,
            durability=durability,
        )
