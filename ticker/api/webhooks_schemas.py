"""Request and response schemas of webhook endpoints."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from ticker.api.schema import Schema
from ticker.domain.clock import rfc3339
from ticker.domain.item_fields import Moment
from ticker.domain.item_limits import LevelName
from ticker.domain.text import RAW_FACTOR, optional
from ticker.domain.web_address import URL_MAX
from ticker.webhooks.endpoint import Endpoint, State
from ticker.webhooks.filter_record import filter_record

DESCRIPTION_MAX = 200

OVERLAP_MAX = 7 * 86_400
"""Seconds for which an earlier secret may stay valid after a rotation."""

Description = Annotated[
    str,
    Field(max_length=DESCRIPTION_MAX * RAW_FACTOR),
    AfterValidator(lambda text: optional(text, DESCRIPTION_MAX)),
    Field(max_length=DESCRIPTION_MAX),
]
Url = Annotated[str, Field(max_length=URL_MAX)]
Names = list[str] | str


class WebhookFilter(Schema):
    """A filter of events: facets AND, values within one OR, ``level`` is a minimum; empty: all."""

    edition: Names = Field(default_factory=list)
    section: Names = Field(default_factory=list)
    region: Names = Field(default_factory=list)
    tag: Names = Field(default_factory=list)
    story: Names = Field(default_factory=list)
    level: LevelName | None = None


class WebhookDraft(Schema):
    """A new endpoint. With ``v1a`` messages also carry an Ed25519 signature."""

    url: Url
    filter: WebhookFilter = WebhookFilter()
    description: Description = ""
    signature: Literal["v1", "v1a"] = "v1"


class WebhookChange(Schema):
    """Changes of an endpoint; absent fields stay as they are."""

    url: Url | None = None
    filter: WebhookFilter | None = None
    description: Description | None = None


class Enabling(Schema):
    """Enabling an endpoint: ``from_now`` skips the events since it was disabled."""

    from_now: bool = False


class Rotating(Schema):
    """Rotating: messages are also signed with earlier secrets for ``overlap`` seconds.

    With 0 only the new secret is valid, at once: use it for a secret that leaked.
    """

    overlap: Annotated[int, Field(ge=0, le=OVERLAP_MAX)] = 86_400


class Replaying(Schema):
    """Replaying: everything since ``since`` is sent again, as far as the history reaches."""

    since: Moment


class Webhook(Schema):
    """An endpoint and its state. ``position``: all events up to this time are done."""

    id: str
    url: str
    filter: WebhookFilter
    description: str
    signature: Literal["v1", "v1a"]
    public_key: str | None
    created_at: str
    created_by: str
    status: Literal["enabled", "failing", "disabled"]
    disabled_reason: str | None
    disabled_at: str | None
    position: str | None
    delivered: int
    given_up: int
    skipped: int
    gap_until: str | None
    failures: int
    failing_since: str | None
    retry_at: str | None
    last_attempt_at: str | None
    last_status: int | None
    last_error: str | None
    last_delivered_at: str | None


class WebhookWithSecret(Webhook):
    """An endpoint with its secret, which is not shown again: null in the answer to a repeat."""

    secret: str | None


class FailedEvent(Schema):
    """An event that could not be delivered."""

    event: str
    item: str
    action: str
    at: str
    status: int
    why: str


class ShownWebhook(Webhook):
    """An endpoint and its failed events, newest first."""

    failed: list[FailedEvent]


class WebhookList(Schema):
    """All endpoints, oldest first."""

    webhooks: list[Webhook]


def shown(endpoint: Endpoint, state: State) -> dict[str, Any]:
    """Return a ``Webhook``: the endpoint without its secrets."""
    secret = endpoint.secrets[0]
    failure = state.failure
    failing = failure.since_ms is not None
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "filter": WebhookFilter(**filter_record(endpoint.filter)).model_dump(),
        "description": endpoint.description,
        "signature": "v1" if secret.private is None else "v1a",
        "public_key": secret.public,
        "created_at": endpoint.created_at,
        "created_by": endpoint.created_by,
        "status": "disabled" if state.disabled else "failing" if failing else "enabled",
        "disabled_reason": state.disabled,
        "disabled_at": _time(state.disabled_ms),
        "position": _time(state.cursor.ms or None),
        "delivered": state.delivered,
        "given_up": state.given_up,
        "skipped": state.skipped,
        "gap_until": _time(state.gap_ms),
        "failures": failure.failures,
        "failing_since": _time(failure.since_ms),
        "retry_at": _time(state.retry_ms),
        "last_attempt_at": _time(state.last_ms),
        "last_status": state.last_status,
        "last_error": state.last_error,
        "last_delivered_at": _time(state.delivered_ms),
    }


def _time(ms: int | None) -> str | None:
    return None if ms is None else rfc3339(ms)
