"""Routes for acts on an item: approve, retract, pin, unpin, release and expire.

Each makes one atomic change and returns the committed item. A repeated request with the same
``Idempotency-Key`` gets the first result.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from ticker.api.auth import Auth
from ticker.api.bodies import read_optional_json
from ticker.api.change_headers import IDEMPOTENCY, IF_MATCH
from ticker.api.commit_responses import CHANGE_PROBLEMS, CommitResponses
from ticker.api.current_lane import ReadView
from ticker.api.headers import idempotency_key, if_match
from ticker.api.item_pictures import ItemPictures
from ticker.api.item_schemas import Approval, Check, CommitResult, Retraction
from ticker.api.problem_documents import PreconditionRequired
from ticker.api.routing import Operation
from ticker.api.schema import EmptyBody, validate_empty
from ticker.api.warnings import Warnings
from ticker.domain.draft import Change
from ticker.domain.editor import Editor, Permission
from ticker.domain.errors import Duplicate, TickerError
from ticker.domain.messages import said
from ticker.domain.validation_messages import validate
from ticker.publishing.attempts import Committed
from ticker.publishing.service import ItemService


class ItemActRoutes:
    """Handlers of acts on an item."""

    def __init__(
        self,
        items: ItemService,
        auth: Auth,
        read_view: ReadView,
        max_body: int,
        pictures: ItemPictures,
    ) -> None:
        """``max_body`` is the largest request body in bytes."""
        self._pictures = pictures
        self._warnings = Warnings(read_view)
        self._items = items
        self._auth = auth
        self._read_view = read_view
        self._max_body = max_body
        self._responses = CommitResponses(items, read_view)

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
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
            problems=(*CHANGE_PROBLEMS, *more_problems),
        )

    async def retract(self, request: Request) -> Response:
        """Handle ``POST /v1/items/{id}/retract``."""
        editor, key, id, allowed = await self._asked(request, "draft")
        reason = validate(Retraction, await read_optional_json(request, self._max_body)).reason
        version = await self._responses.expected_version(id, allowed)
        committed = await self._items.retract(
            id, reason, by=editor.name, if_match=version, key=key, permit=editor.check_item
        )
        await self._read_view.look()  # its pages here are gone before the editor looks at them
        return await self._responses.of(committed)

    async def approve(self, request: Request) -> Response:
        """Handle ``POST /v1/items/{id}/approve``."""
        editor, key, id, allowed = await self._asked(request, "publish")
        if allowed is None:
            raise PreconditionRequired(UNSEEN)
        approval = validate(Approval, await read_optional_json(request, self._max_body))
        if approval.break_glass is not None:
            editor.check("alert")
        await self._check_pictures(id)
        committed = await self._items.approve(
            id,
            by=editor.name,
            if_match=await self._responses.expected_version(id, allowed),
            key=None if approval.check else key,
            check=approval.check,
            force=approval.force,
            break_glass=approval.break_glass,
            editor=editor,
            permit=editor.check_item,
        )
        return await self._responses.of(committed, warnings=self._warnings.of(committed.item))

    async def pin(self, request: Request) -> Response:
        """Handle ``POST /v1/items/{id}/pin``."""
        return await self._act(request, partial(self._items.pin, pinned=True))

    async def unpin(self, request: Request) -> Response:
        """Handle ``POST /v1/items/{id}/unpin``."""
        return await self._act(request, partial(self._items.pin, pinned=False))

    async def release(self, request: Request) -> Response:
        """Handle ``POST /v1/items/{id}/release``."""
        editor, key, id, allowed = await self._asked(request, "publish")
        check = validate(Check, await read_optional_json(request, self._max_body)).check
        await self._check_pictures(id)
        committed = await self._items.release(
            id,
            by=editor.name,
            if_match=await self._responses.expected_version(id, allowed),
            key=None if check else key,
            check=check,
            permit=editor.check_item,
        )
        return await self._responses.of(committed)

    async def expire(self, request: Request) -> Response:
        """Handle ``POST /v1/items/{id}/expire``."""
        response = await self._act(request, self._items.expire)
        await self._read_view.look()  # as after a retraction
        return response

    async def _act(self, request: Request, act: Callable[..., Awaitable[Committed]]) -> Response:
        """Do ``act`` to the item of a request without a body, and return the response."""
        editor, key, id, allowed = await self._asked(request, "publish")
        validate_empty(await read_optional_json(request, self._max_body))
        version = await self._responses.expected_version(id, allowed)
        committed = await act(
            id, by=editor.name, if_match=version, key=key, permit=editor.check_item
        )
        return await self._responses.of(committed)

    async def _asked(
        self, request: Request, permission: Permission
    ) -> tuple[Editor, str | None, str, frozenset[int] | None]:
        """Return the editor, the key of the request, the item's id and the versions it allows."""
        editor = await self._auth.editor(request, permission)
        return editor, idempotency_key(request), request.path_params["id"], if_match(request)

    async def _check_pictures(self, id: str) -> None:
        """Raise Conflict if what is to go out has a picture that was removed."""
        item = await self._items.get(id)
        if item.state in ("draft", "scheduled"):
            await self._pictures.check(item.media)
        elif item.state == "live" and item.proposed is not None:
            media = Change.model_validate(item.proposed.change).media
            await self._pictures.check(media or ())


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
