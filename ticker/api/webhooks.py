"""Routes for webhook endpoints. Workers deliver to them (docs/guide/webhooks.md)."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from ticker.api.auth import Auth
from ticker.api.bodies import (
    BODY_PROBLEMS,
    parse_json,
    read_body,
    read_json,
    read_optional_json,
    require_type,
)
from ticker.api.change_headers import IDEMPOTENCY
from ticker.api.headers import idempotency_key
from ticker.api.problem_documents import UnsupportedMedia
from ticker.api.routing import Handler, Operation, json_response
from ticker.api.schema import EmptyBody, validate_empty
from ticker.api.webhooks_schemas import (
    Enabling,
    Replaying,
    Rotating,
    ShownWebhook,
    WebhookChange,
    WebhookDraft,
    WebhookFilter,
    WebhookList,
    WebhookWithSecret,
    shown,
)
from ticker.domain.clock import to_ms
from ticker.domain.cursor import StreamId
from ticker.domain.errors import (
    BadFilter,
    BadRequest,
    Conflict,
    FieldError,
    IdempotencyMismatch,
    Invalid,
    NotFound,
    TickerError,
    TooLarge,
    Unauthorised,
    Unavailable,
)
from ticker.domain.filter import Filter
from ticker.domain.filter_query import filter_from_json
from ticker.domain.messages import said
from ticker.domain.taxonomy import Taxonomy
from ticker.domain.validation_messages import validate
from ticker.net.ssrf_guard import Network
from ticker.webhooks.endpoint import new_endpoint
from ticker.webhooks.endpoint_url import unreachable
from ticker.webhooks.endpoints import ENDPOINTS_MAX, Webhooks
from ticker.webhooks.signature import Secret, new_secret

ONE = "/{id}"
_ASK: tuple[type[TickerError], ...] = (Unauthorised, Unavailable)
_LOOK = (*_ASK, NotFound)
_ACT: tuple[type[TickerError], ...] = (
    BadRequest,
    *(Unauthorised, NotFound, TooLarge, UnsupportedMedia, Invalid, Unavailable),
)


class WebhookRoutes:
    """Handlers for editors. All of them need a key."""

    def __init__(
        self,
        webhooks: Webhooks,
        auth: Auth,
        taxonomy: Taxonomy,
        max_body: int,
        allowed_networks: Collection[Network],
    ) -> None:
        """``max_body`` is the largest request body in bytes; ``allowed_networks`` are private
        networks that endpoints may be in.
        """
        self._webhooks = webhooks
        self._auth = auth
        self._taxonomy = taxonomy
        self._max_body = max_body
        self._allowed_networks = allowed_networks

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "POST",
                "/v1/webhooks",
                "add_webhook",
                "Add a webhook endpoint",
                self.add,
                "Editors",
                text=(
                    "It gets the events from now on. The response contains the signing secret, "
                    f"which is not shown again, not even in the answer to a repeat with the same "
                    f"`Idempotency-Key`. At most {ENDPOINTS_MAX} endpoints."
                ),
                key="required",
                permission="operate",
                params=(IDEMPOTENCY,),
                body=WebhookDraft,
                status=201,
                response=WebhookWithSecret,
                problems=(*BODY_PROBLEMS, Unauthorised, Conflict, IdempotencyMismatch, Unavailable),
            ),
            _row(
                "GET",
                "",
                "list_webhooks",
                "List the webhook endpoints",
                self.list,
                WebhookList,
                _ASK,
            ),
            _row(
                "GET", ONE, "show_webhook", "Get a webhook endpoint", self.show, ShownWebhook, _LOOK
            ),
            _row(
                *("PATCH", ONE, "change_webhook", "Change a webhook endpoint", self.change),
                *(ShownWebhook, _ACT, WebhookChange),
            ),
            Operation(
                "DELETE",
                "/v1/webhooks/{id}",
                "remove_webhook",
                "Delete a webhook endpoint",
                self.remove,
                "Editors",
                key="required",
                permission="operate",
                status=204,
                problems=_LOOK,
            ),
            _row(
                *("POST", f"{ONE}/rotate", "rotate_webhook", "Rotate the secret", self.rotate),
                *(WebhookWithSecret, (*_ACT, Conflict), Rotating),
                text=(
                    "For `overlap` seconds, default a day, messages are also signed with the old "
                    "secret. The response contains the new secret, which is not shown again."
                ),
            ),
            _row(
                *(
                    "POST",
                    f"{ONE}/enable",
                    "enable_webhook",
                    "Enable a webhook endpoint",
                    self.enable,
                ),
                *(ShownWebhook, _ACT, Enabling),
                text="It gets the events it missed; with `from_now` only those from now on.",
            ),
            _row(
                *(
                    "POST",
                    f"{ONE}/disable",
                    "disable_webhook",
                    "Disable a webhook endpoint",
                    self.disable,
                ),
                *(ShownWebhook, _ACT, EmptyBody),
            ),
            _row(
                *("POST", f"{ONE}/replay", "replay_webhook", "Replay events", self.replay),
                *(ShownWebhook, _ACT, Replaying),
                text="Sends everything since that time again, in order and with the same ids.",
            ),
        ]

    async def add(self, request: Request) -> Response:
        """Handle ``POST /v1/webhooks``."""
        by = (await self._auth.editor(request, "operate")).name
        key = idempotency_key(request)
        require_type(request, ("application/json",))
        body = await read_body(request, self._max_body)
        draft = validate(WebhookDraft, parse_json(body))
        self._check_url(draft.url)
        filter = self._filter(draft.filter)
        secret = new_secret(secrets.token_bytes(64), draft.signature == "v1a")
        endpoint = new_endpoint(draft.url, filter, draft.description, secret, by, _now_ms())
        kept = await self._webhooks.add(endpoint, None if key is None else (by, key, body))
        return await self._with_secret(kept.id, secret if kept.id == endpoint.id else None, 201)

    async def list(self, request: Request) -> Response:
        """Handle ``GET /v1/webhooks``."""
        await self._auth.editor(request, "operate")
        found = await self._webhooks.all()
        return _private({"webhooks": [shown(endpoint, state) for endpoint, state in found]})

    async def show(self, request: Request) -> Response:
        """Handle ``GET /v1/webhooks/{id}``."""
        await self._auth.editor(request, "operate")
        return await self._shown(_id(request))

    async def change(self, request: Request) -> Response:
        """Handle ``PATCH /v1/webhooks/{id}``."""
        await self._auth.editor(request, "operate")
        change = validate(WebhookChange, await read_json(request, self._max_body))
        fields: dict[str, Any] = {}
        if change.url is not None:
            self._check_url(change.url)
            fields["url"] = change.url
        if change.filter is not None:
            fields["filter"] = self._filter(change.filter)
        if change.description is not None:
            fields["description"] = change.description
        await self._webhooks.change(_id(request), **fields)
        return await self._shown(_id(request))

    async def remove(self, request: Request) -> Response:
        """Handle ``DELETE /v1/webhooks/{id}``."""
        await self._auth.editor(request, "operate")
        await self._webhooks.remove(_id(request))
        return Response(status_code=204, headers={"cache-control": "no-store"})

    async def rotate(self, request: Request) -> Response:
        """Handle ``POST /v1/webhooks/{id}/rotate``."""
        await self._auth.editor(request, "operate")
        body = validate(Rotating, await read_optional_json(request, self._max_body))
        known, _ = await self._webhooks.get(_id(request))
        asymmetric = known.secrets[0].private is not None
        secret = new_secret(secrets.token_bytes(64), asymmetric)
        await self._webhooks.rotate(known.id, secret, _now_ms(), body.overlap * 1000)
        return await self._with_secret(known.id, secret)

    async def enable(self, request: Request) -> Response:
        """Handle ``POST /v1/webhooks/{id}/enable``."""
        await self._auth.editor(request, "operate")
        body = validate(Enabling, await read_optional_json(request, self._max_body))
        await self._webhooks.enable(_id(request), body.from_now)
        return await self._shown(_id(request))

    async def disable(self, request: Request) -> Response:
        """Handle ``POST /v1/webhooks/{id}/disable``."""
        by = (await self._auth.editor(request, "operate")).name
        validate_empty(await read_optional_json(request, self._max_body))
        await self._webhooks.disable(_id(request), f"disabled by {by}", _now_ms())
        return await self._shown(_id(request))

    async def replay(self, request: Request) -> Response:
        """Handle ``POST /v1/webhooks/{id}/replay``."""
        await self._auth.editor(request, "operate")
        since = to_ms(validate(Replaying, await read_json(request, self._max_body)).since)
        if since > _now_ms():
            raise Invalid([FieldError("since", said("future"))])
        await self._webhooks.replay(_id(request), StreamId(since, 0).before())
        return await self._shown(_id(request))

    def _check_url(self, url: str) -> None:
        if (wrong := unreachable(url, self._allowed_networks)) is not None:
            raise Invalid([FieldError("url", wrong)])

    def _filter(self, wanted: WebhookFilter) -> Filter:
        try:
            return filter_from_json(wanted.model_dump(exclude_none=True), self._taxonomy)
        except BadFilter as error:
            raise Invalid([FieldError("filter", error.detail)]) from None

    async def _shown(self, id: str) -> Response:
        endpoint, state = await self._webhooks.get(id)
        return _private(shown(endpoint, state) | {"failed": await self._webhooks.failed(id)})

    async def _with_secret(self, id: str, secret: Secret | None, status: int = 200) -> Response:
        """Answer with the endpoint and the secret that this request made, None if it made none."""
        endpoint, state = await self._webhooks.get(id)
        location = {"location": f"/v1/webhooks/{id}"} if status == 201 else {}
        text = None if secret is None else secret.secret
        return _private(shown(endpoint, state) | {"secret": text}, status, location)


def _row(
    method: str,
    path: str,
    name: str,
    summary: str,
    handle: Handler,
    response_schema: type[BaseModel],
    problems: tuple[type[TickerError], ...],
    body: type[BaseModel] | None = None,
    text: str = "",
) -> Operation:
    return Operation(
        method,
        f"/v1/webhooks{path}",
        name,
        summary,
        handle,
        "Editors",
        text=text,
        key="required",
        permission="operate",
        body=body,
        body_required=body in (WebhookChange, Replaying),
        response=response_schema,
        problems=problems,
    )


def _private(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return json_response(data, status, {"cache-control": "no-store"} | (headers or {}))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _id(request: Request) -> str:
    id: str = request.path_params["id"]
    return id
