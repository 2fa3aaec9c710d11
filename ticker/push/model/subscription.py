"""Push subscriptions: a browser's push subscription, or an app's device.

A subscription's id is a digest of provider and token: registering the same device again changes the
existing subscription, and no list contains a token twice.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import orjson

from ticker.domain.item import Level
from ticker.push.model.topics import Topic, subscriber_topics

ProviderName: TypeAlias = Literal["webpush", "fcm", "apns"]
PROVIDERS: tuple[ProviderName, ...] = get_args(ProviderName)


class Interests(NamedTuple):
    """The edition, sections and lowest level that a device wants."""

    edition: str
    sections: tuple[str, ...]
    """Empty: all of them."""
    level: Level


@dataclass(frozen=True, slots=True)
class Subscription:
    """One device. ``token`` is a Web Push endpoint, an FCM token or an APNs device token."""

    id: str
    provider: ProviderName
    token: str
    edition: str
    sections: tuple[str, ...]
    """Empty: all of them."""
    level: Level
    registered_ms: int
    """When it was registered last."""
    p256dh: bytes = b""
    """Web Push: the user agent's public key, 65 bytes (RFC 8291 §3.1)."""
    auth: bytes = b""
    """Web Push: its authentication secret, 16 bytes (RFC 8291 §3.2)."""
    since_ms: int = 0
    """When it was registered first, by Redis' clock: it gets nothing older."""
    changed_ms: int = 0
    """When its interests last changed, by Redis' clock."""
    before: Interests | None = None
    """Its interests before that."""
    unknown_host: str = ""
    """Web Push: the host of its push service if that is unknown, else empty."""

    @property
    def interests(self) -> Interests:
        """Return its current interests."""
        return Interests(self.edition, self.sections, self.level)

    def interests_at(self, ms: int) -> Interests | None:
        """Return its interests at a time; None if it was not registered, or they are unknown."""
        if ms < self.since_ms:
            return None
        return self.interests if ms >= self.changed_ms else self.before

    def succeeding(self, known: Subscription | None, now_ms: int) -> Subscription:
        """Return this as the successor of ``known``: its earlier version, or what it replaces."""
        if known is None:
            return replace(self, since_ms=now_ms, changed_ms=now_ms)
        if known.interests == self.interests:
            changed, before = known.changed_ms, known.before
        else:
            changed, before = now_ms, known.interests
        return replace(self, since_ms=known.since_ms, changed_ms=changed, before=before)

    @property
    def topics(self) -> list[Topic]:
        """Return the topics under which it is filed."""
        return subscriber_topics(self.edition, self.sections, self.level)

    def record(self) -> bytes:
        """Return the bytes to store under its id."""
        body: dict[str, Any] = {
            "t": self.token,
            "e": self.edition,
            "s": self.sections,
            "l": int(self.level),
            "r": self.registered_ms,
            "f": self.since_ms,
            "c": self.changed_ms,
        }
        if self.before is not None:
            body["b"] = tuple(self.before)
        if self.p256dh:
            body |= {"k": to_base64url(self.p256dh), "a": to_base64url(self.auth)}
        if self.unknown_host:
            body["u"] = self.unknown_host
        return orjson.dumps(body)

    @classmethod
    def read(cls, provider: ProviderName, id: str, record: bytes) -> Subscription:
        """Return the subscription in its stored bytes. Raises KeyError or ValueError."""
        body = orjson.loads(record)
        before = body.get("b")
        return cls(
            id,
            provider,
            body["t"],
            body["e"],
            tuple(body["s"]),
            Level(body["l"]),
            body["r"],
            from_base64url(body["k"]) if "k" in body else b"",
            from_base64url(body["a"]) if "a" in body else b"",
            body["f"],
            body["c"],
            None if before is None else Interests(before[0], tuple(before[1]), Level(before[2])),
            body.get("u", ""),
        )


def subscription_id(provider: ProviderName, token: str) -> str:
    """Return the id of the device with ``token``: 22 characters that need no escaping."""
    digest = hashlib.sha256(f"{provider}\0{token}".encode()).digest()
    return to_base64url(digest[:16])


def to_base64url(data: bytes) -> str:
    """Return ``data`` in base64url without padding (RFC 4648 §5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Return the bytes in ``text``, base64url without padding. Raises ValueError."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
