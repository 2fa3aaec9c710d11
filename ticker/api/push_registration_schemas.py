"""Schemas of push registrations: removals, and the responses."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ticker.api.schema import Schema
from ticker.domain.item_limits import LevelName
from ticker.push.model.registration import ENDPOINT_MAX, TOKEN_MAX


class BrowserEndpoint(Schema):
    """A browser's subscription, identified by its push service's endpoint."""

    endpoint: Annotated[str, Field(min_length=1, max_length=ENDPOINT_MAX)]


class DeviceToken(Schema):
    """A device, identified by its provider's token."""

    provider: Literal["fcm", "apns"]
    token: Annotated[str, Field(min_length=1, max_length=TOKEN_MAX)]


class PushKey(Schema):
    """The ``applicationServerKey`` for browsers (RFC 8292 §3.2), in base64url."""

    key: str


class Registration(Schema):
    """The alerts that a browser or device gets; an empty list of sections means all."""

    id: str
    edition: str
    sections: list[str]
    level: LevelName
