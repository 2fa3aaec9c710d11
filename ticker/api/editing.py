"""Routes for editing: publish, change, approve, retract, pin, unpin, release and expire.

Each makes one atomic change and returns the committed item. A repeated request with the same
``Idempotency-Key`` gets the first result.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from ticker.api.auth import Auth
from ticker.api.bodies import read_json, read_optional_json
from ticker.api.current_lane import ReadView
from ticker.api.headers import idempotency_key, if_match
from ticker.api.item_pictures import ItemPictures
from ticker.api.item_schemas import (
    EDITOR_FIELDS,
    Approval,
    Check,
    CommitResult,
    ItemChange,
    Retraction,
)
from ticker.api.problem_documents import PreconditionRequired, UnsupportedMedia
from ticker.api.routing import Operation, Param, json_response
from ticker.api.schema import EmptyBody, validate_empty
from ticker.api.warnings import Warnings
from ticker.domain.clock import to_ms
from ticker.domain.draft import Change, Draft, read_change, read_draft
from ticker.domain.editor import Permission
from ticker.domain.errors import (
    BadRequest,
    Conflict,
    Duplicate,
    IdempotencyMismatch,
    ImplausibleTime,
    Invalid,
    NotFound,
    Stale,
    TickerError,
    TooLarge,
    Unauthorised,
    Unavailable,
    UnreadableItem,
)
from ticker.domain.item import Item
from ticker.domain.messages import said
from ticker.domain.taxonomy import Taxonomy
from ticker.domain.validation_messages import validate
from ticker.publishing.attempts import Committed
from ticker.publishing.service import ItemService

IDEMPOTENCY = Param(
    "Idempotency-Key",
    "header",
    "A unique key. A repeated request with the same key and body returns the first result.",
    {"type": "string", "maxLength": 255, "pattern": "^[!-~]+$"},
)
IF_MATCH = Param(
    "If-Match", "header", "The version you have read, in quotes; 412 if the item has changed since."
)
_PROBLEMS: tuple[type[TickerError], ...] = (
    BadRequest,
    Unauthorised,
    NotFound,
    Conflict,
    Stale,
    TooLarge,
    UnsupportedMedia,
    Invalid,
    ImplausibleTime,
    IdempotencyMismatch,
    UnreadableItem,
    Unavailable,
)


def item_json(item: Item) -> dict[str, Any]:
    """Return ``item`` as editors see it: public and internal fields."""
    return item.model_dump(include=EDITOR_FIELDS)


class EditingRoutes:
    """Handlers of editorial operations."""

    def __init__(
        self,
        items: ItemService,
        auth: Auth,
        read_view: ReadView,
        taxonomy: Taxonomy,
        max_body: int,
        pictures: ItemPictures,
    ) -> None:
        """``max_body`` is the largest request body in bytes."""
        self._pictures = pictures
        self._warnings = Warnings(read_view)
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
                "Publish an item, or schedule it with `at`",
                self.publish,
                "Editors",
                text=(
                    "The response is sent when the item is as durable as `durability` says. An "
                    "identical item within a few minutes is refused as a duplicate, and a time in "
                    "the past or more than a year away as implausible, unless `force` is true. "
                    "`delivered` says whether the item is on its way to readers, or waits for a "
                    "worker. With `draft` it waits for an approval; so does an item of a level "
                    "that needs a second person, unless `break_glass` gives a reason. With "
                    "`undo_window` it is scheduled for so many seconds; until `undo_until` a "
                    "retraction with `If-Match` takes it back, and nobody has had it. Only a draft "
                    "needs no role above reporter."
                ),
                key="required",
                recorded=True,
                permission="draft",
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
                    ImplausibleTime,
                    IdempotencyMismatch,
                    UnreadableItem,
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
                    "Only the fields in the body change. With `correction` the item is marked as "
                    "corrected and shows that text; without it the change is an update. What "
                    "readers see of a live alert whose level needs a second person stays as it is "
                    "until that person approves the change, which `proposed` shows meanwhile; "
                    "`break_glass` gives a reason to change it at once, and other fields that were "
                    "proposed wait on. `proposed: null` drops the whole proposal. "
                    "Values that the item has already make no version: `changed` is false. With "
                    "`check`, nothing changes: a client asks whether the change would be refused "
                    "before it asks its user."
                ),
                key="required",
                recorded=True,
                permission="draft",
                params=(IF_MATCH, IDEMPOTENCY),
                body=ItemChange,
                response=CommitResult,
                problems=_PROBLEMS,
            ),
            self._operation(
                "approve",
                self.approve,
                "Publish a draft, or a proposed change of a live alert",
                Approval,
                _APPROVE,
                more_problems=(Duplicate, PreconditionRequired),
            ),
            self._operation(
                "retract",
                self.retract,
                "Retract an item",
                Retraction,
                _RETRACT,
                permission="draft",
            ),
            self._operation("pin", self.pin, "Pin an item to the top"),
            self._operation("unpin", self.unpin, "Unpin an item"),
            self._operation(
                "release", self.release, "Publish a scheduled item now", Check, _RELEASE
            ),
            self._operation("expire", self.expire, "Expire a live item now", text=_EXPIRE),
        ]

    def _operation(
        self,
        name: str,
        handle: Any,
        summary: str,
        body: type[BaseModel] = EmptyBody,
        text: str = "",
        permission: Permission = "publish",
        more_problems: tuple[type[TickerError], ...] = (),
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
            recorded=True,
            permission=permission,
            params=(IF_MATCH, IDEMPOTENCY),
            body=body,
            body_required=False,
            response=CommitResult,
            problems=(*_PROBLEMS, *more_problems),
        )

    async def publish(self, request: Request) -> Response:
        """Handle ``POST /v1/items``."""
        editor = await self._auth.editor(request, "draft")
        key = idempotency_key(request)
        draft = read_draft(await read_json(request, self._max_body), self._taxonomy)
        editor.check_draft(draft)
        if draft.media:
            draft = await self._pictures.resolved(draft, request)
        committed = await self._items.publish(draft, by=editor.name, key=key)
        given = None if draft.published_at is None else to_ms(draft.published_at)
        return await self._result(committed, 201, self._warnings.of(committed.item, given))

    async def change(self, request: Request) -> Response:
        """Handle ``PATCH /v1/items/{id}``."""
        editor = await self._auth.editor(request, "draft")
        key = idempotency_key(request)
        id = _id(request)
        allowed = if_match(request)
        sent, check = _checked(await read_json(request, self._max_body))
        change = read_change(sent, self._taxonomy)
        if change.break_glass is not None:
            editor.check("alert")
        if change.media:
            change = await self._pictures.resolved(change, request)
        version = await self._expected(id, allowed)
        committed = await self._items.change(
            id,
            change,
            by=editor.name,
            if_match=version,
            key=None if check else key,
            check=check,
            permit=editor.check_item,
        )
        named = change.model_fields_set & {"headline", "language"}
        warnings = self._warnings.of(committed.item) if named else []
        return await self._result(committed, warnings=warnings)

    async def retract(self, request: Request) -> Response:
        """Handle ``POST /v1/items/{id}/retract``."""
        editor = await self._auth.editor(request, "draft")
        key = idempotency_key(request)
        id = _id(request)
        allowed = if_match(request)
        reason = validate(Retraction, await read_optional_json(request, self._max_body)).reason
        version = await self._expected(id, allowed)
        committed = await self._items.retract(
            id, reason, by=editor.name, if_match=version, key=key, permit=editor.check_item
        )
        await self._read_view.look()  # its pages here are gone before the editor looks at them
        return await self._result(committed)

    async def approve(self, request: Request) -> Response:
        """Handle ``POST /v1/items/{id}/approve``."""
        editor = await self._auth.editor(request, "publish")
        key = idempotency_key(request)
        id = _id(request)
        allowed = if_match(request)
        if allowed is None:
            raise PreconditionRequired(UNSEEN)
        approval = validate(Approval, await read_optional_json(request, self._max_body))
        if approval.break_glass is not None:
            editor.check("alert")
        await self._check_pictures(id)
        committed = await self._items.approve(
            id,
            by=editor.name,
            if_match=await self._expected(id, allowed),
            key=None if approval.check else key,
            check=approval.check,
            force=approval.force,
            break_glass=approval.break_glass,
            editor=editor,
            permit=editor.check_item,
        )
        return await self._result(committed, warnings=self._warnings.of(committed.item))

    async def pin(self, request: Request) -> Response:
        """Handle ``POST /v1/items/{id}/pin``."""
        return await self._act(request, partial(self._items.pin, pinned=True))

    async def unpin(self, request: Request) -> Response:
        """Handle ``POST /v1/items/{id}/unpin``."""
        return await self._act(request, partial(self._items.pin, pinned=False))

    async def release(self, request: Request) -> Response:
        """Handle ``POST /v1/items/{id}/release``."""
        editor = await self._auth.editor(request, "publish")
        key = idempotency_key(request)
        id = _id(request)
        allowed = if_match(request)
        check = validate(Check, await read_optional_json(request, self._max_body)).check
        await self._check_pictures(id)
        committed = await self._items.release(
            id,
            by=editor.name,
            if_match=await self._expected(id, allowed),
            key=None if check else key,
            check=check,
            permit=editor.check_item,
        )
        return await self._result(committed)

    async def expire(self, request: Request) -> Response:
        """Handle ``POST /v1/items/{id}/expire``."""
        response = await self._act(request, self._items.expire)
        await self._read_view.look()  # as after a retraction
        return response

    async def _act(self, request: Request, act: Callable[..., Awaitable[Committed]]) -> Response:
        """Do ``act`` to the item of a request without a body, and return the response."""
        editor = await self._auth.editor(request, "publish")
        key = idempotency_key(request)
        id = _id(request)
        allowed = if_match(request)
        validate_empty(await read_optional_json(request, self._max_body))
        version = await self._expected(id, allowed)
        committed = await act(
            id, by=editor.name, if_match=version, key=key, permit=editor.check_item
        )
        return await self._result(committed)

    async def _check_pictures(self, id: str) -> None:
        """Raise Conflict if what is to go out has a picture that was removed."""
        item = await self._items.get(id)
        if item.state in ("draft", "scheduled"):
            await self._pictures.check(item.media)
        elif item.state == "live" and item.proposed is not None:
            media = Change.model_validate(item.proposed.change).media
            await self._pictures.check(media or ())

    async def _expected(self, id: str, allowed: frozenset[int] | None) -> int | None:
        """Return the version that the item must have; None is any. Raises Stale without a match."""
        if allowed is None or len(allowed) == 1:
            return None if allowed is None else next(iter(allowed))
        current = (await self._items.get(id)).version
        if current not in allowed:
            raise Stale(current)
        return current

    async def _result(
        self,
        committed: Committed,
        status: int = 200,
        warnings: Sequence[Mapping[str, Any]] = (),
    ) -> Response:
        item = committed.item
        headers = {"etag": f'"{item.version}"', "cache-control": "no-store"}
        if status == 201:
            headers["location"] = f"/v1/items/{item.id}"
        [delivered] = await self._items.delivered(committed)
        body = {**self._body(committed, delivered), "warnings": list(warnings)}
        return json_response(body, status, headers)

    def _body(self, committed: Committed, delivered: bool | None) -> Mapping[str, Any]:
        item, wire_id = committed.item, committed.wire_id
        cursor = None
        if wire_id is not None and self._read_view.ready:
            cursor = str(self._read_view.lane.timeline.cursor(wire_id))
        return {
            "item": item_json(item),
            "wire_id": None if wire_id is None else str(wire_id),
            "state": item.state,
            "cursor": cursor,
            "durability": committed.durability,
            "repeated": committed.repeated,
            "changed": committed.changed,
            "delivered": "pending" if delivered is False else delivered,
        }


_RETRACT = (
    "Removes the item from every screen, replay and snapshot. Only editors see `reason`; readers "
    "see that the item was retracted."
)

_APPROVE = (
    "The draft goes out now, or is scheduled if it has an `at` that is still to come. If its level "
    "needs a second person, nobody who wrote it can approve it, and neither can an editor whose "
    "key or password an author made, or whose rights are newer than `second_person_after`, unless "
    "`break_glass` gives a reason. A live alert gets the change that was `proposed` for it, in the "
    "same way. `If-Match` is required: an approval is for the text that was read. With "
    "`check`, nothing changes: a client asks whether the approval would be refused before it asks "
    "its user."
)
UNSEEN = said("unread")

_RELEASE = (
    "With `check`, nothing changes: a client asks whether the release would be refused before it "
    "asks its user."
)

_EXPIRE = (
    "The item leaves every screen, list and feed, as at the end of its time. Its text was not "
    "wrong: to withdraw a text, retract the item."
)


def _checked(data: object) -> tuple[object, bool]:
    """Return the body of a change without its ``check``, and that. Raises Invalid."""
    if not isinstance(data, dict) or "check" not in data:
        return data, False
    check = validate(Check, {"check": data["check"]}).check
    return {name: value for name, value in data.items() if name != "check"}, check


def _id(request: Request) -> str:
    id: str = request.path_params["id"]
    return id
