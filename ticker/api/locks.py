"""Routes of locks: an editor tells colleagues who is at an item."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.auth import Auth
from ticker.api.bodies import BODY_PROBLEMS, read_optional_json
from ticker.api.headers import PRIVATE_HEADERS
from ticker.api.routing import Operation, json_response
from ticker.api.schema import EmptyBody, Schema, validate_empty
from ticker.domain.editor import Editor
from ticker.domain.errors import (
    Forbidden,
    NotFound,
    TickerError,
    Unauthorised,
    Unavailable,
    UnreadableItem,
)
from ticker.publishing.service import ItemService

_ASK: tuple[type[TickerError], ...] = (
    *(Unauthorised, Forbidden, NotFound, UnreadableItem, Unavailable),
)
_TEXT = (
    "The lock is a notice for colleagues and ends by itself after a minute, unless it is taken "
    "again. It refuses no change: `If-Match` tells whether somebody has changed the item. A "
    "colleague who has the lock keeps it, and the answer says who that is."
)


class ItemLock(Schema):
    """The editor who is at the item, for so many seconds more. ``yours``: that it is you."""

    by: str
    yours: bool
    seconds: float


class LockRoutes:
    """Handlers of the lock of an item."""

    def __init__(self, items: ItemService, auth: Auth, max_body: int) -> None:
        """``max_body`` is the largest request body in bytes."""
        self._locks = items.locks
        self._items = items
        self._auth = auth
        self._max_body = max_body

    def operations(self) -> list[Operation]:
        """Return the rows of the route table. The audit has no use for notices."""
        return [
            Operation(
                "PUT",
                "/v1/items/{id}/lock",
                "lock",
                "Tell colleagues that you are editing an item",
                self.take,
                "Editors",
                text=_TEXT,
                key="required",
                recorded=True,
                permission="draft",
                body=EmptyBody,
                body_required=False,
                response=ItemLock,
                problems=(*BODY_PROBLEMS, *_ASK),
            ),
            Operation(
                "DELETE",
                "/v1/items/{id}/lock",
                "unlock",
                "Tell colleagues that you are not editing an item any more",
                self.release,
                "Editors",
                key="required",
                recorded=True,
                permission="draft",
                status=204,
                problems=_ASK,
            ),
        ]

    async def take(self, request: Request) -> Response:
        """Handle ``PUT /v1/items/{id}/lock``."""
        editor = await self._auth.editor(request, "draft")
        validate_empty(await read_optional_json(request, self._max_body))
        lock = await self._locks.take(await self._item(request, editor), editor.name)
        return json_response(
            {"by": lock.by, "yours": lock.by == editor.name, "seconds": lock.left_ms / 1000},
            headers=PRIVATE_HEADERS,
        )

    async def release(self, request: Request) -> Response:
        """Handle ``DELETE /v1/items/{id}/lock``."""
        editor = await self._auth.editor(request, "draft")
        await self._locks.release(await self._item(request, editor), editor.name)
        return Response(status_code=204, headers=PRIVATE_HEADERS)

    async def _item(self, request: Request, editor: Editor) -> str:
        """Return the id of the item, which the editor may change. Raises NotFound, Forbidden."""
        item = await self._items.get(request.path_params["id"])
        editor.check_edition(item.edition)
        return item.id
