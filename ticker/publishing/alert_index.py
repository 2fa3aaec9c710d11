"""The newest alerts of each edition: items that went out with push, by the time of the alert.

``commit`` writes the index with the event that alerts. A retracted item stays: its alert was sent.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from ticker.domain.event import Action
from ticker.domain.item import Level
from ticker.storage.connection import Redis, RedisError, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import Arg, pipeline

ALERTING: frozenset[Action] = frozenset({"publish", "update", "correct"})
"""Events that alert, as ``push.model.alert_decision`` does: once, and again at a higher level."""
ALERTS_KEPT_MS = 48 * 3_600_000
"""How long an alert is in the index: longer than a day lasts in any time zone."""
ALERTS_MAX = 1_000
"""Alerts of one edition in the index. Of more, the oldest go."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert of one item, at the level that it had then."""

    item: str
    level: str
    ms: int


@dataclass(frozen=True, slots=True)
class EditionAlerts:
    """The number of alerts of an edition, and the newest of them, newest first."""

    count: int
    newest: list[Alert]


class AlertIndex:
    """Reads the index. Raises Unavailable."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def since(
        self, editions: Collection[str], ms: int, newest: int
    ) -> dict[str, EditionAlerts]:
        """Return the alerts since ``ms`` of those ``editions`` that had any, ``newest`` by name."""
        reads: list[tuple[Arg, ...]] = []
        for edition in editions:
            key = self._keys.alerts(edition)
            order = ("BYSCORE", "REV", "LIMIT", 0, newest, "WITHSCORES")
            reads += [("ZCOUNT", key, ms, "+inf"), ("ZRANGE", key, "+inf", ms, *order)]
        with translate():
            replies: list[Any] = await pipeline(self._redis, reads)
            for reply in replies:
                if isinstance(reply, RedisError):
                    raise reply
        return {
            edition: EditionAlerts(int(count), _alerts(found))
            for edition, count, found in zip(editions, replies[::2], replies[1::2], strict=True)
            if count
        }


def _alerts(found: list[Any]) -> list[Alert]:
    flat = [part for one in found for part in (one if isinstance(one, list) else (one,))]
    alerts = []
    for member, score in zip(flat[::2], flat[1::2], strict=True):
        item, _, level = member.decode().partition(" ")
        alerts.append(Alert(item, Level(int(level)).name, int(float(score))))
    return alerts
