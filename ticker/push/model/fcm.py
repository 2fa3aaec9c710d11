"""What FCM is sent for a note (FCM HTTP v1, ``projects.messages``).

Everything but the receiver is encoded once: a message is ``before + receiver + after``.

FCM hands messages on to iPhones and browsers as well, so that what APNs and Web Push need for
themselves (collapsing, expiry, interruption) is said in blocks of its own; the words are common.
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
"""Bytes of a message to a device and to topics (FCM error codes, "Message too big"). We count all
of our JSON but the receiver, which is more than FCM counts."""
CONDITION_TOPICS = 5
"""Topics in one condition (FCM, "Send messages to topics")."""
QUIET = "quiet"
"""The notification channel of what makes no sound: replacements and withdrawals. The channels of
alerts are named like their levels; the app creates them, for Android lets readers set each."""
ALL = "all"
"""The section of those who want them all, in topic names."""

_RECEIVER = "\x00"
_ESCAPED = orjson.dumps(_RECEIVER)[1:-1]
"""What stands for the receiver while the rest is encoded: no text of ours has a control."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request's body but for its receiver."""

    before: bytes
    after: bytes

    def to(self, receiver: str) -> bytes:
        """Return the body for a token or condition: ASCII without quotes and backslashes."""
        return self.before + receiver.encode() + self.after


def message(
    note: Note,
    now_s: int,
    *,
    target: Literal["token", "condition"] = "token",
    validate_only: bool = False,
    limit: int = MESSAGE_MAX,
) -> Message:
    """Return the message for ``note`` in at most ``limit`` bytes, sent at ``now_s`` since 1970.

    Cut as ``fit`` cuts. A dry run asks FCM to ``validate_only``.
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
            "notification": {"title": note.title, "body": note.body},
            "data": data(note),
            "android": _android(note),
            "apns": _apns(note, now_s),
            "webpush": _webpush(note),
        }
    }
    if validate_only:
        body = {"validate_only": True} | body
    return orjson.dumps(body)


def data(note: Note) -> dict[str, str]:
    """Return what an app gets beside the words. FCM takes strings only."""
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
    # A withdrawal is high as well: the wrong line is on the lock screen now, of a phone that may
    # doze for hours; and it shows something, which is what Google asks of high priority. What
    # replaces a line can wait until the phone wakes up.
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
            # Before Android 8, which has no channels, this is what makes a sound or none.
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
        },
    }
    if note.url.startswith("https:"):  # FCM refuses others here
        block["fcm_options"] = {"link": note.url}
    return block


def topic(edition: str, section: str | None, level: Level) -> str:
    """Return the name of an FCM topic: ``en.politics.urgent``; ``section`` None is ``ALL``.

    An app subscribes to every level from its reader's lowest upwards. FCM allows letters, digits
    and -_.~%: anything else is percent-encoded, the dot within a part included, and a section that
    is itself called "all".
    """
    part = ALL if section is None else "%61ll" if section == ALL else _part(section)
    return f"{_part(edition)}.{part}.{level.name}"


def _part(text: str) -> str:
    return quote(text, safe="-_~").replace(".", "%2E")


def conditions(edition: str, sections: Sequence[str], level: Level) -> list[str]:
    """Return the conditions that reach everybody whom an item of ``level`` concerns.

    More than one if it has more than four sections. Whoever two of them reach sees it once: the
    messages share a collapse key.
    """
    wanted: Iterable[str | None] = (None, *dict.fromkeys(sections))
    topics = [topic(edition, section, level) for section in wanted]
    return [
        " || ".join(f"'{name}' in topics" for name in topics[start : start + CONDITION_TOPICS])
        for start in range(0, len(topics), CONDITION_TOPICS)
    ]
