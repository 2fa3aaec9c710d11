"""Responses of editorial operations: the committed item, its position, and what is delivered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from ticker.api.current_lane import ReadView
from ticker.api.item_schemas import (
    EDITOR_FIELDS,
)
from ticker.api.problem_documents import UnsupportedMedia
from ticker.api.routing import json_response
from ticker.domain.errors import (
    BadRequest,
    Conflict,
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
from ticker.publishing.attempts import Committed
from ticker.publishing.delivery import wait_for_lane
from ticker.publishing.service import ItemService

CHANGE_PROBLEMS: tuple[type[TickerError], ...] = (
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
"""Problems of every operation on an item."""


def item_json(item: Item) -> dict[str, Any]:
    """Return ``item`` as editors see it: public and internal fields."""
    return item.model_dump(include=EDITOR_FIELDS)


class CommitResponses:
    """Makes the responses, and tells which version a request is about."""

    def __init__(self, items: ItemService, read_view: ReadView) -> None:
        self._items = items
        self._read_view = read_view

    async def expected_version(self, id: str, allowed: frozenset[int] | None) -> int | None:
        """Return the version that the item must have; None is any. Raises Stale without a match."""
        if allowed is None or len(allowed) == 1:
            return None if allowed is None else next(iter(allowed))
        current = (await self._items.get(id)).version
        if current not in allowed:
            raise Stale(current)
        return current

    async def of(
        self,
        committed: Committed,
        status: int = 200,
        warnings: Sequence[Mapping[str, Any]] = (),
    ) -> Response:
        """Return the response to an operation that made ``committed``, or changed nothing."""
        item = committed.item
        headers = {"etag": f'"{item.version}"', "cache-control": "no-store"}
        if status == 201:
            headers["location"] = f"/v1/items/{item.id}"
        [delivered] = await wait_for_lane(self._items, committed)
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
