"""FCM messages for a notification (FCM HTTP v1, ``projects.messages``).

Everything but the receiver is encoded once: a message is ``before + receiver + after``.

FCM also forwards messages to iPhones and browsers. What APNs and Web Push need (collapsing, expiry,
interruption) stands in blocks of their own; the texts are shared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

import orjson

from ticker.domain.item import Level
from ticker.push.model.apns import alert_headers, interruption, relevance
from ticker.push.model.fit import fit
from ticker.push.model.note import Note

MESSAGE_MAX = 4_096
TOPIC_MAX = 2_048
"""Bytes of a message to a device and to topics (FCM error codes, "Message too big"). We count our
whole JSON without the receiver, which is more than FCM counts."""
CONDITION_TOPICS = 5
"""Topics in one condition (FCM, "Send messages to topics")."""
QUIET = "quiet"
"""The notification channel of replacements and withdrawals, which make no sound. The channels of
alerts are named like their levels. The app creates them, so that users can configure each."""
ALL = "all"
"""The section in topic names for devices that want all sections."""

_RECEIVER = "\x00"
_ESCAPED = orjson.dumps(_RECEIVER)[1:-1]
"""The placeholder of the receiver while the rest is encoded: no text contains a control."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request body without its receiver."""

    before: bytes
    after: bytes

    def to(self, receiver: str) -> bytes:
        """Return the body for a token or condition, in ASCII without quotes and backslashes."""
        return self.before + receiver.encode() + self.after


def message(
    note: Note,
    now_s: int,
    *,
    target: Literal["token", "condition"] = "token",
    validate_only: bool = False,
    limit: int = MESSAGE_MAX,
) -> Message:
    """Return the message for ``note`` in at most ``limit`` bytes (see ``fit``).

    ``now_s`` is the time of sending in seconds since 1970. With ``validate_only`` FCM delivers
    nothing.
    """
    encoded = fit(
        note, limit + len(_ESCAPED), lambda one: _encoded(one, now_s, target, validate_only)
    )
    before, _, after = encoded.partition(_ESCAPED)
    return Message(before, after)


def _encoded(note: Note, now_s: int, target: str, validate_only: bool) -> bytes:
    body: dict[str, Any] = {
        "message": {
            target: _RECEIVER,
            "notification": {"title": note.title, "body": note.body} | _image(note),
            "data": data(note),
            "android": _android(note),
            "apns": _apns(note, now_s),
            "webpush": _webpush(note),
        }
    }
    if validate_only:
        body = {"validate_only": True} | body
    return orjson.dumps(body)


def _image(note: Note) -> dict[str, str]:
    # Android shows it, FCM's library does on iPhones, and for browsers it has its own place.
    return {"image": note.image} if note.image else {}


def data(note: Note) -> dict[str, str]:
    """Return the data that the app gets beside the texts. FCM accepts only strings."""
    return {
        "id": note.item,
        "version": str(note.version),
        "kind": note.kind,
        "level": note.level.name,
        "edition": note.edition,
        "lang": note.language,
        "dir": note.dir,
        "url": note.url,
        "collapse": note.collapse,
        "thread": note.thread,
        "published_ms": str(note.published_ms),
    }


def _android(note: Note) -> dict[str, Any]:
    # A withdrawal is high as well: a wrong alert is on the lock screen of a phone that may doze for
    # hours, and it shows something, as Google requires of high priority. A replacement can wait
    # until the phone wakes up.
    high = note.loud or note.kind == "withdraw"
    return {
        "priority": "HIGH" if high else "NORMAL",
        "ttl": f"{note.ttl}s",
        "collapse_key": note.collapse,
        "notification": {
            "tag": note.collapse,
            "channel_id": note.level.name if note.kind == "alert" else QUIET,
            "notification_priority": _ANDROID_PRIORITY[note.level] if note.loud else "PRIORITY_LOW",
            "visibility": "PUBLIC",
            # Android before 8 has no channels; these decide there whether it makes a sound.
            "default_sound": note.loud,
            "default_vibrate_timings": note.loud,
        },
    }


_ANDROID_PRIORITY: Mapping[Level, str] = {
    Level.flash: "PRIORITY_MAX",
    Level.bulletin: "PRIORITY_HIGH",
    Level.urgent: "PRIORITY_HIGH",
    Level.ticker: "PRIORITY_LOW",
}


def _apns(note: Note, now_s: int) -> dict[str, Any]:
    aps: dict[str, Any] = {
        "thread-id": note.thread,
        "mutable-content": 1,
        "interruption-level": interruption(note),
        "relevance-score": relevance(note),
    }
    if note.loud:
        aps["sound"] = "default"
    return {"headers": alert_headers(note, now_s), "payload": {"aps": aps}}


def _webpush(note: Note) -> dict[str, Any]:
    block: dict[str, Any] = {
        "headers": {
            "TTL": str(note.ttl),
            "Urgency": "high" if note.loud or note.kind == "withdraw" else "normal",
            "Topic": note.collapse,
        },
        "notification": {
            "tag": note.collapse,
            "lang": note.language,
            "dir": note.dir,
            "renotify": note.loud,
            "silent": not note.loud,
        }
        | _image(note),
    }
    if note.url.startswith("https:"):  # FCM refuses other schemes
        block["fcm_options"] = {"link": note.url}
    return block


def topic(edition: str, section: str | None, level: Level) -> str:
    """Return the name of an FCM topic: ``en.politics.urgent``; ``section`` None is ``ALL``.

    An app subscribes to every level from its user's lowest upwards. FCM allows letters, digits and
    -_.~%. Everything else is percent-encoded, and so is a dot within a part, and a section that is
    called "all".
    """
    part = ALL if section is None else "%61ll" if section == ALL else _part(section)
    return f"{_part(edition)}.{part}.{level.name}"


def _part(text: str) -> str:
    return quote(text, safe="-_~").replace(".", "%2E")


def conditions(edition: str, sections: Sequence[str], level: Level) -> list[str]:
    """Return the topic conditions of an item's subscribers.

    More than one if it has more than four sections. A device that two of them reach shows one
    notification, because the messages share a collapse key.
    """
    wanted: Iterable[str | None] = (None, *dict.fromkeys(sections))
    topics = [topic(edition, section, level) for section in wanted]
    return [
        " || ".join(f"'{name}' in topics" for name in topics[start : start + CONDITION_TOPICS])
        for start in range(0, len(topics), CONDITION_TOPICS)
    ]
