"""Does an event tell phones anything, and what: an alert, a replacement, or a withdrawal.

An item whose desk asked for push is an **alert** to all it concerns. What changes afterwards
**replaces** what lies on the phone, without a sound and for those alone whom the alert reached; a
retraction **withdraws** it from them. Raised to a higher level the item is an alert once more. All
of them share one collapse key, so that a phone shows one notification for them.

The collapse key is made of the story *and* the level: with the story alone a second alert of a
running story takes the place of the first unheard (guardian/mobile-n10n#572).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, get_args

from ticker.domain.cursor import StreamId
from ticker.domain.event import WireEvent
from ticker.domain.item import Item, Level, PushOptions
from ticker.push.model.topics import Topic, concerned

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
"""Seconds for which a replacement or withdrawal is tried: a wrong line is worth more effort."""
KEEP_MS = 2 * 86_400_000
"""How long an alert is remembered. What lies on a phone longer is not replaced any more."""
ALERTS_MAX = 8
"""Alerts of one item: levels go up three times at most, a story's second thoughts included."""

CHANGES_MAX = 8
"""Replacements of one item that are remembered; older ones were sent long ago."""


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """What phones were told of one item so far, and whom it concerned."""

    item: str
    alerts: tuple[StreamId, ...]
    """The lane ids of its alerts, oldest first."""
    edition: str
    sections: tuple[str, ...]
    level: Level
    collapse: str
    latest: int
    """The newest version of the item for which phones were told something."""
    changes: tuple[StreamId, ...] = ()
    """The lane ids of the newest events that replaced or withdrew what the alerts had said."""

    @property
    def topics(self) -> list[Topic]:
        """Return whom it concerned."""
        return concerned(self.edition, self.sections, self.level)

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
    """One event's work for the bridges."""

    kind: Kind
    event: StreamId
    version: int
    origin: AlertRecord
    published_ms: int
    """When the event was published, by the wire's clock."""
    deadline_ms: int
    """When it is worth nothing any more."""

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object that ``from_json`` reads."""
        return {
            "kind": self.kind,
            "event": str(self.event),
            "version": self.version,
            "origin": self.origin.to_json(),
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
            AlertRecord.from_json(data["origin"]),
            data["published"],
            data["deadline"],
        )


def decide(event: WireEvent, id: StreamId, origin: AlertRecord | None) -> Order | None:
    """Return what phones are to be told of ``event``, or None.

    ``origin`` is what they were told of its item before. Raises ValueError for an item that no
    version of ours wrote.
    """
    item = event.item
    if origin is not None and id in origin.alerts:  # it comes again: say the same again
        return Order("alert", id, item.version, origin, id.ms, id.ms + _ttl(item) * 1000)
    match event.action:
        case "publish" | "update" | "correct" if item.push and (
            origin is None or Level[item.level] > origin.level
        ):
            if origin is not None and len(origin.alerts) >= ALERTS_MAX:
                return None
            told = _alert(item, id, origin)
            return Order("alert", id, item.version, told, id.ms, id.ms + _ttl(item) * 1000)
        case "update" | "correct" | "retract" if origin is not None:
            kind: Kind = "withdraw" if event.action == "retract" else "replace"
            changes = origin.changes if id in origin.changes else (*origin.changes, id)
            told = replace(
                origin,
                latest=max(origin.latest, item.version),
                changes=tuple(sorted(changes))[-CHANGES_MAX:],
            )
            return Order(kind, id, item.version, told, id.ms, id.ms + REPLACE_TTL * 1000)
        case _:
            return None


def collapse_key(item: Item) -> str:
    """Return what notifications replace each other by: 32 characters that every provider takes.

    Web Push allows 32 of A–Z a–z 0–9 - _ (RFC 8030 §5.4), APNs 64 bytes.
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


def _ttl(item: Item) -> int:
    options = PushOptions.model_validate(item.push if isinstance(item.push, dict) else {})
    return options.ttl or TTL[Level[item.level]]
