"""Web Push messages: the service worker's payload, and the headers (RFC 8030).

The payload is the contract with the site's service worker, which shows it::

    {"v": 1, "kind": "alert"|"replace"|"withdraw", "id", "version", "edition", "level",
     "title", "body", "lang", "dir", "url", "tag", "loud": true|false, "published_ms",
     "image": the address of a picture, if there is one}

``tag`` is the collapse key: a notification replaces the one with the same tag. ``url`` may be "";
a tap then opens the item's page on the service worker's own origin.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import orjson

from ticker.domain.item import Level
from ticker.push.model.encryption import PLAIN_MAX
from ticker.push.model.fit import fit
from ticker.push.model.note import Note

SHORT_MAX = 1_024
"""Bytes of the shortened payload, unpadded, that is sent after 413."""

Urgency: TypeAlias = Literal["very-low", "low", "normal", "high"]


def payload(note: Note, limit: int = PLAIN_MAX) -> bytes:
    """Return the JSON for the service worker, in at most ``limit`` bytes (see ``fit``)."""
    return fit(note, limit, _encode)


def short_payload(note: Note) -> bytes:
    """Return the payload for a service that found the full one too large."""
    return payload(note, SHORT_MAX)


def headers(note: Note) -> list[tuple[bytes, bytes]]:
    """Return the headers that all requests for ``note`` share."""
    return [
        (b"ttl", b"%d" % note.ttl),
        (b"urgency", urgency(note).encode()),
        # A later message replaces one that waits for a browser that is off (RFC 8030 §5.4).
        (b"topic", note.collapse.encode()),
        (b"content-encoding", b"aes128gcm"),
        (b"content-type", b"application/octet-stream"),
    ]


def urgency(note: Note) -> Urgency:
    """Return the urgency of a notification (RFC 8030 §5.3).

    An alert that makes a sound is ``high``, the RFC's "time-sensitive alert". So is a withdrawal: a
    sleeping phone shows the wrong alert until it arrives. A replacement may wait until the phone
    wakes up. Level ``ticker`` is ``low``, the RFC's "topic updates": it waits for power or Wi-Fi
    and expires if neither comes in time.
    """
    if note.loud or note.kind == "withdraw":
        return "high"
    return "low" if note.kind == "alert" and note.level == Level.ticker else "normal"


def _encode(note: Note) -> bytes:
    return orjson.dumps(
        {
            "v": 1,
            "kind": note.kind,
            "id": note.item,
            "version": note.version,
            "edition": note.edition,
            "level": note.level.name,
            "title": note.title,
            "body": note.body,
            "lang": note.language,
            "dir": note.dir,
            "url": note.url,
            "tag": note.collapse,
            "loud": note.loud,
            "published_ms": note.published_ms,
        }
        | ({"image": note.image} if note.image else {})
    )
