"""Decide what push sends for an event: an alert, a replacement, a withdrawal, or nothing.

An item that is published with push is an **alert** to every subscriber it concerns. A later change
**replaces** the notification, silently and only on devices that the alert reached; a retraction
**withdraws** it from them. An item that is raised to a higher level is an alert once more. All of
them share one collapse key, so that a device shows one notification for them. Alerts are remembered
for two days; after that a change is an alert only if it asks for push, or raises the level itself.

The collapse key is made of the story *and* the level: with the story alone, the second alert of a
running story would replace the first before it was read (guardian/mobile-n10n#572).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, get_args

from ticker.domain.cursor import StreamId
from ticker.domain.draft import PushOptions
from ticker.domain.event import WireEvent
from ticker.domain.item import Item, Level
from ticker.push.model.topics import Topic, item_topics

Kind: TypeAlias = Literal["alert", "replace", "withdraw"]
KINDS: tuple[Kind, ...] = get_args(Kind)

TTL: Mapping[Level, int] = {
    Level.flash: 3_600,
    Level.bulletin: 3_600,
    Level.urgent: 1_800,
    Level.ticker: 600,
}
"""Seconds for which an alert is worth an interruption, unless the item says otherwise."""
REPLACE_TTL = 6 * 3_600
"""Seconds for which a replacement or withdrawal is tried: a wrong alert is worth more effort."""
KEEP_MS = 2 * 86_400_000
"""How long an alert is remembered. A notification that is older is not replaced any more."""
ALERTS_MAX = 8
"""Alerts of one item: its level can be raised three times, and again after it was lowered."""
CHANGES_MAX = 8
"""Replacements of one item that are remembered; older ones have been sent."""


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """The alerts and changes sent for one item so far, and the subscribers they concerned."""

    item: str
    alerts: tuple[StreamId, ...]
    """The lane ids of its alerts, oldest first."""
    edition: str
    sections: tuple[str, ...]
    level: Level
    collapse: str
    latest: int
    """The newest version of the item that was sent."""
    changes: tuple[StreamId, ...] = ()
    """The lane ids of the newest events that replaced or withdrew the alerts."""

    @property
    def topics(self) -> list[Topic]:
        """Return the topics that it was sent to."""
        return item_topics(self.edition, self.sections, self.level)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object that ``from_json`` reads."""
        return {
            "item": self.item,
            "alerts": [str(id) for id in self.alerts],
            "edition": self.edition,
            "sections": list(self.sections),
            "level": self.level.name,
            "collapse": self.collapse,
            "latest": self.latest,
            "changes": [str(id) for id in self.changes],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AlertRecord:
        """Return what ``to_json`` wrote. Raises KeyError or ValueError."""
        return cls(
            data["item"],
            tuple(StreamId.parse(id) for id in data["alerts"]),
            data["edition"],
            tuple(data["sections"]),
            Level[data["level"]],
            data["collapse"],
            data["latest"],
            tuple(StreamId.parse(id) for id in data["changes"]),
        )


@dataclass(frozen=True, slots=True)
class Order:
    """The push work of one event."""

    kind: Kind
    event: StreamId
    version: int
    alert: AlertRecord
    published_ms: int
    """When the event was published, by the wire's clock."""
    deadline_ms: int
    """After this nothing more of it is sent."""

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object that ``from_json`` reads."""
        return {
            "kind": self.kind,
            "event": str(self.event),
            "version": self.version,
            "alert": self.alert.to_json(),
            "published": self.published_ms,
            "deadline": self.deadline_ms,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Order:
        """Return what ``to_json`` wrote. Raises KeyError or ValueError."""
        return cls(
            data["kind"],
            StreamId.parse(data["event"]),
            data["version"],
            AlertRecord.from_json(data["alert"]),
            data["published"],
            data["deadline"],
        )


def concerns(event: WireEvent) -> bool:
    """Return whether ``decide`` may return work for ``event``, whatever was sent before."""
    return bool(event.item.push) or event.action in ("update", "correct", "retract")


def decide(event: WireEvent, id: StreamId, alert: AlertRecord | None) -> Order | None:
    """Return the push work of ``event``, or None if there is none.

    ``alert`` is the alert record of its item so far. Raises ValueError for an item with invalid
    push options.
    """
    item = event.item
    if alert is not None and id in alert.alerts:  # a repeated event: the same work again
        return Order("alert", id, item.version, alert, id.ms, id.ms + alert_ttl(item) * 1000)
    match event.action:
        case "publish" | "update" | "correct" if item.push and (
            event.may_alert if alert is None else Level[item.level] > alert.level
        ):
            if alert is not None and len(alert.alerts) >= ALERTS_MAX:
                return None
            record = _alert(item, id, alert)
            return Order("alert", id, item.version, record, id.ms, id.ms + alert_ttl(item) * 1000)
        case "update" | "correct" | "retract" if alert is not None:
            kind: Kind = "withdraw" if event.action == "retract" else "replace"
            changes = alert.changes if id in alert.changes else (*alert.changes, id)
            record = replace(
                alert,
                latest=max(alert.latest, item.version),
                changes=tuple(sorted(changes))[-CHANGES_MAX:],
            )
            return Order(kind, id, item.version, record, id.ms, id.ms + REPLACE_TTL * 1000)
        case _:
            return None


def collapse_key(item: Item) -> str:
    """Return the collapse key: notifications with the same key replace each other.

    32 characters of base64url: Web Push allows 32 of them (RFC 8030 §5.4), APNs 64 bytes.
    """
    text = "\0".join((item.story or item.id, item.level, item.edition))
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:24]).decode()


def _alert(item: Item, id: StreamId, before: AlertRecord | None) -> AlertRecord:
    if before is None:
        sections = tuple(item.sections)
        return AlertRecord(
            item.id,
            (id,),
            item.edition,
            sections,
            Level[item.level],
            collapse_key(item),
            item.version,
        )
    return replace(
        before,
        alerts=(*before.alerts, id),
        sections=tuple(dict.fromkeys((*before.sections, *item.sections))),
        level=Level[item.level],
        latest=item.version,
    )


def alert_ttl(item: Item) -> int:
    """Return the seconds for which a provider may keep an alert of ``item``."""
    options = PushOptions.model_validate(item.push if isinstance(item.push, dict) else {})
    return options.ttl or TTL[Level[item.level]]
