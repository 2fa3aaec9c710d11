"""APNs requests: the payload of a notification, and the headers that all its devices share.

Apple, "Generating a remote notification" and "Sending notification requests to APNs".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import orjson

from ticker.domain.item import Level
from ticker.push.model.fit import fit
from ticker.push.model.note import Note

PAYLOAD_MAX = 4_096
"""Bytes: Apple's limit."""

Interruption: TypeAlias = Literal["passive", "active", "time-sensitive"]

_RELEVANCE: Mapping[Level, float] = {
    Level.flash: 1.0,
    Level.bulletin: 0.75,
    Level.urgent: 0.5,
    Level.ticker: 0.1,
}


@dataclass(frozen=True, slots=True)
class Push:
    """A request without its device and credentials."""

    headers: Mapping[str, str]
    payload: bytes


def push(note: Note, now_s: int, *, topic: str, limit: int = PAYLOAD_MAX) -> Push:
    """Return the request for ``note``, with a payload of at most ``limit`` bytes (see ``fit``).

    ``topic`` is the app, ``now_s`` the time of sending in seconds since 1970.
    """
    headers = {"apns-topic": topic, "apns-push-type": "alert"} | alert_headers(note, now_s)
    return Push(headers, fit(note, limit, _payload))


def alert_headers(note: Note, now_s: int) -> dict[str, str]:
    """Return the headers for priority, expiry and collapsing.

    A withdrawal has high priority as well: a wrong alert is on the lock screen now.
    """
    return {
        "apns-priority": "10" if note.loud or note.kind == "withdraw" else "5",
        "apns-expiration": str(now_s + note.ttl),
        "apns-collapse-id": note.collapse,
    }


def interruption(note: Note) -> Interruption:
    """Return the interruption level. "critical" needs a permission that news does not get."""
    if not note.loud:
        return "passive"
    return "time-sensitive" if note.level >= Level.bulletin else "active"


def relevance(note: Note) -> float:
    """Return the notification's rank in the system's summary, from 0 to 1."""
    return _RELEVANCE[note.level]


def _payload(note: Note) -> bytes:
    alert = {"title": note.title, "body": note.body} if note.title else {"body": note.body}
    aps: dict[str, Any] = {
        "alert": alert,
        "thread-id": note.thread,
        "mutable-content": 1,
        "interruption-level": interruption(note),
        "relevance-score": relevance(note),
    }
    if note.loud:
        aps["sound"] = "default"
    own = {
        "id": note.item,
        "version": note.version,
        "kind": note.kind,
        "level": note.level.name,
        "edition": note.edition,
        "lang": note.language,
        "dir": note.dir,
        "collapse": note.collapse,
        "published_ms": note.published_ms,
    }
    if note.url:
        own["url"] = note.url
    if note.image:
        own["media"] = note.image  # the app's service extension attaches it (mutable-content)
    return orjson.dumps({"aps": aps} | own)
