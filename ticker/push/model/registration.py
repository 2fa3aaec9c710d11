"""Registrations for push: the bodies of requests, checked, as subscriptions."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

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
from ticker.push.model.subscription import Subscription, from_base64url, subscription_id

ENDPOINT_MAX = 1_024
TOKEN_MAX = 1_024
"""Characters. Browsers' endpoints have up to 500, FCM tokens about 160, APNs tokens at most 200."""
_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
"""The curve P-256 (SP 800-186 §3.2.1.3): y² = x³ - 3x + ``_B`` modulo ``_P``."""


def _key(text: str, size: int, what: str) -> str:
    try:
        data = from_base64url(text)
    except ValueError:
        data = b""
    if len(data) != size:
        raise ValueError(f"must be {what} of {size} bytes in base64url")
    return text


def _point(text: str) -> str:
    _key(text, 65, "a P-256 public key")
    if from_base64url(text)[0] != 4:
        raise ValueError("must be an uncompressed point (RFC 8291 §3.1)")
    data = from_base64url(text)
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
            from_base64url(keys.p256dh),
            from_base64url(keys.auth),
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
