"""The editors' routes: publish, change, retract, pin, release.

Each is one call of the store. What comes back is what was committed; a repeat with the same
``Idempotency-Key`` gets the first answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from ticker.api.auth import Auth
from ticker.api.bodies import read_json, read_optional_json
from ticker.api.headers import idempotency_key, if_match
from ticker.api.item_schemas import EDITOR_FIELDS, CommitResult, Retraction
from ticker.api.live_items import ReadView
from ticker.api.problems import UnsupportedMedia
from ticker.api.resource import Operation, Param, json_response
from ticker.api.schema import EmptyBody, validate, validate_empty
from ticker.domain.cursor import Cursor
from ticker.domain.errors import (
    BadRequest,
    Conflict,
    Duplicate,
    IdempotencyMismatch,
    Invalid,
    NotFound,
    Stale,
    TickerError,
    TooLarge,
    Unauthorised,
    Unavailable,
)
from ticker.domain.item import Change, Draft, Item, read_change, read_draft
from ticker.domain.taxonomy import Taxonomy
from ticker.publishing.service import Committed, ItemService

IDEMPOTENCY = Param(
    "Idempotency-Key",
    "header",
    "Names this act. Sent again with the same body it returns the first answer and does nothing.",
    {"type": "string", "maxLength": 255, "pattern": "^[!-~]+$"},
)
IF_MATCH = Param(
    "If-Match", "header", "The version you have read, in quotes; refused with 412 if it has passed."
)
_ACT: tuple[type[TickerError], ...] = (
    BadRequest,
    Unauthorised,
    NotFound,
    Conflict,
    Stale,
    TooLarge,
    UnsupportedMedia,
    Invalid,
    IdempotencyMismatch,
    Unavailable,
)


def item_json(item: Item) -> dict[str, Any]:
    """Return ``item`` as the desk sees it: public and internal fields."""
    return item.model_dump(include=EDITOR_FIELDS)


class EditingRoutes:
    """Handlers of what editors do."""

    def __init__(
        self,
        items: ItemService,
        auth: Auth,
        read_view: ReadView,
        taxonomy: Taxonomy,
        max_body: int,
    ) -> None:
        """``max_body`` is the largest request body in bytes."""
        self._items = items
        self._auth = auth
        self._read_view = read_view
        self._taxonomy = taxonomy
        self._max_body = max_body

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "POST",
                "/v1/items",
                "publish",
                "Publish a line, or schedule it with `at`",
                self.publish,
                "Editors",
                text=(
                    "The answer comes when the item is as durable as `durability` says. The same "
                    "line again within a few minutes is refused as a duplicate; `force` sends it."
                ),
                key="required",
                params=(IDEMPOTENCY,),
                body=Draft,
                status=201,
                response=CommitResult,
                problems=(
                    BadRequest,
                    Unauthorised,
                    Duplicate,
                    TooLarge,
                    UnsupportedMedia,
                    Invalid,
                    IdempotencyMismatch,
                    Unavailable,
                ),
            ),
            Operation(
                "PATCH",
                "/v1/items/{id}",
                "change",
                "Correct or update an item",
                self.change,
                "Editors",
                text=(
                    "Only the fields sent change. With `correction` readers are told that and why "
                    "the line was wrong; without it they get an update."
                ),
                key="required",
                params=(IF_MATCH, IDEMPOTENCY),
                body=Change,
                response=CommitResult,
                problems=_ACT,
            ),
            self._act("retract", self.retract, "Take an item back", Retraction, _RETRACT),
            self._act("pin", self.pin, "Keep an item above the others"),
            self._act("unpin", self.unpin, "Let a pinned item go back to its place"),
            self._act("release", self.release, "Publish a scheduled item now"),
        ]

    def _act(
        self,
        name: str,
        handle: Any,
        summary: str,
        body: type[BaseModel] = EmptyBody,
        text: str = "",
    ) -> Operation:
        return Operation(
            "POST",
            f"/v1/items/{{id}}/{name}",
            name,
            summary,
            handle,
            "Editors",
            text=text,
            key="required",
            params=(IF_MATCH, IDEMPOTENCY),
            body=body,
            body_required=False,
            response=CommitResult,
            problems=_ACT,
        )

    async def publish(self, request: Request) -> Response:
        """Handle ``POST /v1/items``."""
        by = await self._auth.editor(request)
        key = idempotency_key(request)
        draft = read_draft(await read_json(request, self._max_body), self._taxonomy)
        committed = await self._items.publish(draft, by=by, key=key)
        return self._result(committed, 201)

    async def change(self, request: Request) -> Response:
        """Handle ``PATCH /v1/items/{id}``."""
        by = await self._auth.editor(request)
        key = idempotency_key(request)
        id = _id(request)
        allowed = if_match(request)
        change = read_change(await read_json(request, self._max_body), self._taxonomy)
        version = await self._expected(id, allowed)
        committed = await self._items.change(id, change, by=by, if_match=version, key=key)
        return self._result(committed)

    async def retract(self, request: Request) -> Response:
        """Handle ``POST /v1/items/{id}/retract``."""
        by = await self._auth.editor(request)
        key = idempotency_key(request)
        id = _id(request)
        allowed = if_match(request)
        reason = validate(Retraction, await read_optional_json(request, self._max_body)).reason
        version = await self._expected(id, allowed)
        committed = await self._items.retract(id, reason, by=by, if_match=version, key=key)
        return self._result(committed)

    async def pin(self, request: Request) -> Response:
        """Handle ``POST /v1/items/{id}/pin``."""
        return await self._pin(request, True)

    async def unpin(self, request: Request) -> Response:
        """Handle ``POST /v1/items/{id}/unpin``."""
        return await self._pin(request, False)

    async def release(self, request: Request) -> Response:
        """Handle ``POST /v1/items/{id}/release``."""
        by = await self._auth.editor(request)
        key = idempotency_key(request)
        id = _id(request)
        allowed = if_match(request)
        validate_empty(await read_optional_json(request, self._max_body))
        version = await self._expected(id, allowed)
        committed = await self._items.release(id, by=by, if_match=version, key=key)
        return self._result(committed)

    async def _pin(self, request: Request, pinned: bool) -> Response:
        by = await self._auth.editor(request)
        key = idempotency_key(request)
        id = _id(request)
        allowed = if_match(request)
        validate_empty(await read_optional_json(request, self._max_body))
        version = await self._expected(id, allowed)
        committed = await self._items.pin(id, pinned, by=by, if_match=version, key=key)
        return self._result(committed)

    async def _expected(self, id: str, allowed: frozenset[int] | None) -> int | None:
        """Return the one version that the item must be at. Raises Stale if it is at none."""
        if allowed is None or len(allowed) == 1:
            return None if allowed is None else next(iter(allowed))
        current = (await self._items.get(id)).version
        if current not in allowed:
            raise Stale(current)
        return current

    def _result(self, committed: Committed, status: int = 200) -> Response:
        item = committed.item
        headers = {"etag": f'"{item.version}"', "cache-control": "no-store"}
        if status == 201:
            headers["location"] = f"/v1/items/{item.id}"
        return json_response(self._body(committed), status, headers)

    def _body(self, committed: Committed) -> Mapping[str, Any]:
        item, wire_id = committed.item, committed.wire_id
        cursor = None
        if wire_id is not None and self._read_view.ready:
            cursor = str(Cursor(self._read_view.lane.epoch, wire_id))
        return {
            "item": item_json(item),
            "wire_id": None if wire_id is None else str(wire_id),
            "state": item.state,
            "cursor": cursor,
            "durability": committed.durability,
            "repeated": committed.repeated,
        }


_RETRACT = (
    "Gone from every screen, replay and snapshot. `reason` stays with the desk; readers see that "
    "the line is gone, not why."
)


def _id(request: Request) -> str:
    id: str = request.path_params["id"]
    return id
