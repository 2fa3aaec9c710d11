"""A note as a Web Push message: what the service worker reads, and the headers (RFC 8030).

The payload is the contract with the site's service worker, which shows it::

    {"v": 1, "kind": "alert"|"replace"|"withdraw", "id", "version", "edition", "level",
     "title", "body", "lang", "dir", "url", "tag", "loud": true|false, "published_ms"}

``tag`` is the collapse key: what is shown under it takes the place of what was. ``url`` may be "";
then a tap opens the item's page of the service worker's own origin.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import orjson

from ticker.domain.item import Level
from ticker.push.model.encryption import PLAIN_MAX
from ticker.push.model.fit import fit
from ticker.push.model.note import Note

SHORT_MAX = 1_024
"""Bytes of what is sent, without padding, where 413 was answered to the whole."""

Urgency: TypeAlias = Literal["very-low", "low", "normal", "high"]


def payload(note: Note, limit: int = PLAIN_MAX) -> bytes:
    """Return the JSON that the service worker gets, cut down to ``limit`` bytes where need be.

    The body is cut first; then the address goes, which the service worker knows to do without, and
    at last the title. Raises ValueError for a limit below SHORT_MAX that is too small even so.
    """
    return fit(note, limit, _encode)


def short_payload(note: Note) -> bytes:
    """Return the payload for a service that found the whole too large."""
    return payload(note, SHORT_MAX)


def headers(note: Note) -> list[tuple[bytes, bytes]]:
    """Return the headers that all requests of ``note`` share."""
    return [
        (b"ttl", b"%d" % note.ttl),
        (b"urgency", urgency(note).encode()),
        # What waits for a browser that is off is replaced by what came later (RFC 8030 §5.4).
        (b"topic", note.collapse.encode()),
        (b"content-encoding", b"aes128gcm"),
        (b"content-type", b"application/octet-stream"),
    ]


def urgency(note: Note) -> Urgency:
    """Return how much battery the note is worth (RFC 8030 §5.3).

    What interrupts is ``high``, as RFC 8030 has it for time-sensitive alerts. So is a withdrawal:
    a phone that sleeps shows the wrong line until it comes. A replacement may wait until somebody
    looks, which wakes the phone. The ticker itself is ``low``, the RFC's "topic updates": it waits
    for power or Wi-Fi, and is forgotten where neither comes in time.
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
    )
