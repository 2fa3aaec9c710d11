"""Routes for editing: publish an item, and change it.

Each makes one atomic change and returns the committed item. A repeated request with the same
``Idempotency-Key`` gets the first result.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.auth import Auth
from ticker.api.bodies import read_json
from ticker.api.change_headers import IDEMPOTENCY, IF_MATCH
from ticker.api.commit_responses import CHANGE_PROBLEMS, CommitResponses
from ticker.api.current_lane import ReadView
from ticker.api.headers import idempotency_key, if_match
from ticker.api.item_pictures import ItemPictures
from ticker.api.item_schemas import (
    Check,
    CommitResult,
    ItemChange,
)
from ticker.api.problem_documents import UnsupportedMedia
from ticker.api.routing import Operation
from ticker.api.warnings import Warnings
from ticker.domain.clock import to_ms
from ticker.domain.draft import Draft, read_change, read_draft
from ticker.domain.errors import (
    BadRequest,
    Duplicate,
    IdempotencyMismatch,
    ImplausibleTime,
    Invalid,
    TooLarge,
    Unauthorised,
    Unavailable,
    UnreadableItem,
)
from ticker.domain.taxonomy import Taxonomy
from ticker.domain.validation_messages import validate
from ticker.publishing.service import ItemService


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
        self._responses = CommitResponses(items, read_view)

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
                problems=CHANGE_PROBLEMS,
            ),
        ]

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
        return await self._responses.of(committed, 201, self._warnings.of(committed.item, given))

    async def change(self, request: Request) -> Response:
        """Handle ``PATCH /v1/items/{id}``."""
        editor = await self._auth.editor(request, "draft")
        key = idempotency_key(request)
        id = request.path_params["id"]
        allowed = if_match(request)
        sent, check = _checked(await read_json(request, self._max_body))
        change = read_change(sent, self._taxonomy)
        if change.break_glass is not None:
            editor.check("alert")
        if change.media:
            change = await self._pictures.resolved(change, request)
        version = await self._responses.expected_version(id, allowed)
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
        return await self._responses.of(committed, warnings=warnings)


def _checked(data: object) -> tuple[object, bool]:
    """Return the body of a change without its ``check``, and that. Raises Invalid."""
    if not isinstance(data, dict) or "check" not in data:
        return data, False
    check = validate(Check, {"check": data["check"]}).check
    return {name: value for name, value in data.items() if name != "check"}, check
