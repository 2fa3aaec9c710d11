"""Push subscriptions: a browser's push subscription, or an app's device.

A subscription's id is a digest of provider and token: registering the same device again changes the
existing subscription, and no list contains a token twice.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias, TypeVar, get_args

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from ticker.domain import web_address
from ticker.domain.errors import FieldError, Invalid
from ticker.domain.item import Level
from ticker.domain.item_fields import Slug, Slugs
from ticker.domain.item_limits import LevelName
from ticker.domain.messages import said
from ticker.domain.shape import Shape
from ticker.domain.taxonomy import Taxonomy
from ticker.domain.validation_messages import field_errors
from ticker.push.model.push_services import PushServices, address, host
from ticker.push.model.topics import Topic, subscriber_topics

ProviderName: TypeAlias = Literal["webpush", "fcm", "apns"]
PROVIDERS: tuple[ProviderName, ...] = get_args(ProviderName)
ENDPOINT_MAX = 1_024
TOKEN_MAX = 1_024
"""Characters. Browsers' endpoints have up to 500, FCM tokens about 160, APNs tokens at most 200."""
_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
"""The curve P-256 (SP 800-186 §3.2.1.3): y² = x³ - 3x + ``_B`` modulo ``_P``."""


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
            body |= {"k": _text(self.p256dh), "a": _text(self.auth)}
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
            _bytes(body["k"]) if "k" in body else b"",
            _bytes(body["a"]) if "a" in body else b"",
            body["f"],
            body["c"],
            None if before is None else Interests(before[0], tuple(before[1]), Level(before[2])),
            body.get("u", ""),
        )


def subscription_id(provider: ProviderName, token: str) -> str:
    """Return the id of the device with ``token``: 22 characters that need no escaping."""
    digest = hashlib.sha256(f"{provider}\0{token}".encode()).digest()
    return _text(digest[:16])


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _key(text: str, size: int, what: str) -> str:
    try:
        data = _bytes(text)
    except ValueError:
        data = b""
    if len(data) != size:
        raise ValueError(f"must be {what} of {size} bytes in base64url")
    return text


def _point(text: str) -> str:
    _key(text, 65, "a P-256 public key")
    if _bytes(text)[0] != 4:
        raise ValueError("must be an uncompressed point (RFC 8291 §3.1)")
    data = _bytes(text)
    x, y = int.from_bytes(data[1:33], "big"), int.from_bytes(data[33:], "big")
    if max(x, y) >= _P or (y * y - x**3 + 3 * x - _B) % _P:
        raise ValueError("must be a point of the curve P-256")
    return text


def _endpoint(text: str) -> str:
    web_address.parse(text)
    if not text.isascii():
        raise ValueError("must be an address in ASCII")
    return text


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Interests(_Strict):
    """The fields of ``Interests``."""

    edition: Slug
    sections: Slugs = []
    level: LevelName = "urgent"


M = TypeVar("M", bound=_Interests)


class BrowserKeys(_Strict):
    """``keys`` of a PushSubscription (Push API §8)."""

    p256dh: Annotated[str, AfterValidator(_point)]
    auth: Annotated[str, AfterValidator(lambda text: _key(text, 16, "an authentication secret"))]


class BrowserSubscription(BaseModel):
    """The result of ``PushSubscription.toJSON()``; further fields of browsers are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    endpoint: Annotated[str, StringConstraints(max_length=ENDPOINT_MAX), AfterValidator(_endpoint)]
    keys: BrowserKeys


class BrowserRegistration(_Interests):
    """Body of ``POST /v1/push/subscriptions``."""

    subscription: BrowserSubscription
    replaces: Annotated[str, StringConstraints(max_length=ENDPOINT_MAX)] | None = None
    """The endpoint that this one replaces (``pushsubscriptionchange``)."""


class DeviceRegistration(_Interests):
    """Body of ``POST /v1/push/devices``."""

    provider: Literal["fcm", "apns"]
    token: Annotated[
        str,
        StringConstraints(min_length=8, max_length=TOKEN_MAX),
        Shape(r"[A-Za-z0-9:_.-]+", said("not-a-token")),
    ]
    replaces: Annotated[str, StringConstraints(max_length=TOKEN_MAX)] | None = None
    """The token that this one replaces."""


def read_browser(
    data: object, taxonomy: Taxonomy, now_ms: int, services: PushServices
) -> tuple[Subscription, str | None]:
    """Return the subscription in a request's body, and the id that it replaces, if any.

    Raises Invalid with every wrong field named.
    """
    body = _read(BrowserRegistration, data, taxonomy)
    keys = body.subscription.keys
    endpoint = body.subscription.endpoint
    origin = address(endpoint).origin
    replaced = None if body.replaces is None else subscription_id("webpush", body.replaces)
    return (
        Subscription(
            subscription_id("webpush", endpoint),
            "webpush",
            endpoint,
            body.edition,
            tuple(sorted(body.sections)),
            Level[body.level],
            now_ms,
            _bytes(keys.p256dh),
            _bytes(keys.auth),
            unknown_host="" if services.known(origin) else host(origin),
        ),
        replaced,
    )


def read_device(data: object, taxonomy: Taxonomy, now_ms: int) -> tuple[Subscription, str | None]:
    """Return the device in a request's body, and the id that it replaces, if any.

    Raises Invalid with every wrong field named.
    """
    body = _read(DeviceRegistration, data, taxonomy)
    replaced = None if body.replaces is None else subscription_id(body.provider, body.replaces)
    return (
        Subscription(
            subscription_id(body.provider, body.token),
            body.provider,
            body.token,
            body.edition,
            tuple(sorted(body.sections)),
            Level[body.level],
            now_ms,
        ),
        replaced,
    )


def _read(model: type[M], data: object, taxonomy: Taxonomy) -> M:
    if not isinstance(data, dict):
        raise Invalid([FieldError("", said("not-a-json-object"))])
    try:
        body = model.model_validate(data)
    except ValidationError as error:
        raise Invalid(field_errors(error, model)) from None
    errors = [
        FieldError(field, message)
        for field, facet, values in (
            ("edition", "edition", [body.edition]),
            ("sections", "section", body.sections),
        )
        if (message := taxonomy.unknown(facet, values))
    ]
    if errors:
        raise Invalid(errors)
    return body
