"""Readiness of a port that a gateway and a web process share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import orjson

from ticker.domain.health import HealthReport, Hop

_REDIS = "redis: "


class HealthCheck(Protocol):
    """The gateway's own check."""

    async def check(self) -> HealthReport:
        """Return the state of every hop now. Does not raise when one is down."""


class OnePortHealth:
    """The gateway's hops, and as the last one the web process."""

    def __init__(
        self,
        gateway: HealthCheck,
        fetch: Callable[[str], Awaitable[tuple[int, bytes] | None]],
    ) -> None:
        """``fetch`` gets a path from the web process: status and body, None without an answer."""
        self._gateway = gateway
        self._fetch = fetch

    async def check(self) -> HealthReport:
        """Return the state of every hop now. Does not raise when one is down."""
        report = await self._gateway.check()
        answer = await self._fetch("/readyz")
        hop, durability = _web(answer)
        hops = {**report.hops, "web": hop}
        if hop.detail.startswith(_REDIS):
            # Only the web process tries whether Redis accepts changes. Refused heartbeats look like
            # a dead worker; the cause comes first.
            hops["redis"] = Hop(False, hop.detail.removeprefix(_REDIS))
        silent = next((name for name, one in hops.items() if not one.ok), None)
        return HealthReport(silent is None, hops, silent, report.durability or durability)


def _web(answer: tuple[int, bytes] | None) -> tuple[Hop, Mapping[str, Any]]:
    """Return the hop of the web process, and what it says of durability."""
    if answer is None:
        return Hop(False, "does not answer; publishing, pages and feeds get 503"), {}
    status, body = answer
    try:
        report = orjson.loads(body)
        durability: dict[str, Any] = report["durability"]
        if status == 200:
            return Hop(True, "answers"), durability
        silent = report["silent"]
        return Hop(False, f"{silent}: {report['hops'][silent]['detail']}"), durability
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return Hop(False, f"answers with status {status}"), {}
