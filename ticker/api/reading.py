"""Routes for reading: the poll, one item, and the item list for editors.

A poll is served from memory. One item needs Redis only if it is not live.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from starlette.requests import Request
from starlette.responses import Response

from ticker.api import poll
from ticker.api.auth import Auth
from ticker.api.cached_responses import CachedResponse
from ticker.api.editing import item_json
from ticker.api.headers import not_modified
from ticker.api.item_schemas import CURSOR, OneItem, Poll
from ticker.api.live_items import LiveItems
from ticker.api.poll import PollResponses
from ticker.api.problem_documents import BadAfter, BadQuery
from ticker.api.query import FILTER_PARAMS, IGNORED, filter_of, limit_of, query_of
from ticker.api.routing import Operation, Param, json_response
from ticker.domain.cursor import Cursor
from ticker.domain.errors import BadCursor, BadFilter, Gone, NotFound, Unauthorised, Unavailable
from ticker.domain.filter import EVERYTHING, Facets, Filter
from ticker.domain.taxonomy import Taxonomy
from ticker.publishing.service import ItemService
from ticker.stream.replay import Ahead, Lane, Replay, Reset, UpToDate

SHARED = "public, max-age=1, stale-while-revalidate=1"
"""A CDN may serve one response for a second. A retracted text is gone from shared caches within six
seconds; the cursor ensures that every client gets the retraction itself."""
PRIVATE = "private, no-store"


class ReadingRoutes:
    """Handlers of the poll, of one item, and of the item list for editors."""

    def __init__(
        self, live_items: LiveItems, items: ItemService, auth: Auth, taxonomy: Taxonomy
    ) -> None:
        self._live_items = live_items
        self._items = items
        self._auth = auth
        self._taxonomy = taxonomy
        self._responses = PollResponses()

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "GET",
                "/v1/items",
                "poll",
                "Get the live items, or the events after a cursor",
                self.poll,
                "Readers",
                text=(
                    "Without `after`: the live items in display order, with a cursor. "
                    "With that cursor as `after`: every matching event since then, oldest first; "
                    "if `more` is true, there are further events after the returned `cursor`. If "
                    "the events cannot be replayed, the response is a snapshot with `reset: true` "
                    "and the `reason`. Send the `ETag` as `If-None-Match` to get 304 if nothing "
                    "is new. With `all=true` and a key: the newest items, also scheduled ones."
                ),
                key="optional",
                public=True,
                params=(
                    *FILTER_PARAMS,
                    Param(
                        "after",
                        "query",
                        "The cursor of the last response.",
                        CURSOR,
                    ),
                    Param(
                        "limit",
                        "query",
                        f"Maximum number of items (1 to {poll.ITEMS_MAX}, default "
                        f"{poll.ITEMS_DEFAULT}) or events (1 to {poll.EVENTS_MAX}, default "
                        f"{poll.EVENTS_DEFAULT}).",
                        {"type": "integer", "minimum": 1, "maximum": poll.EVENTS_MAX},
                    ),
                    Param(
                        "all",
                        "query",
                        "`true`: the item list for editors; needs a key.",
                        {"type": "boolean"},
                    ),
                    Param(IGNORED, "query", "Ignored; use it to bypass caches."),
                    Param("If-None-Match", "header", "The ETag of the last response."),
                ),
                response=Poll,
                problems=(BadCursor, BadFilter, Unauthorised, Unavailable),
            ),
            Operation(
                "GET",
                "/v1/items/{id}",
                "show",
                "Get one item",
                self.show,
                "Readers",
                text="With a key, the response includes internal fields and the history.",
                key="optional",
                public=True,
                params=(Param("If-None-Match", "header", "The ETag of the last response."),),
                response=OneItem,
                problems=(Unauthorised, NotFound, Gone, Unavailable),
            ),
        ]

    async def poll(self, request: Request) -> Response:
        """Handle ``GET /v1/items``."""
        pairs, parameters = _query(request)
        if parameters.get("all"):
            return await self._item_list(request, pairs, parameters)
        filter = filter_of(pairs, self._taxonomy)
        return (await self._answer(filter, parameters)).respond(request, SHARED)

    async def show(self, request: Request) -> Response:
        """Handle ``GET /v1/items/{id}``."""
        id: str = request.path_params["id"]
        if "authorization" in request.headers:
            return await self._item_for_editors(request, id)
        event = await self._live_items.item(id)
        etag = f'"{event.version}"'
        headers = {"etag": etag, "cache-control": SHARED, "vary": "Authorization"}
        if not_modified(request, etag):
            return Response(status_code=304, headers=headers)
        return json_response(event.item, headers=headers)

    async def _answer(self, filter: Filter, parameters: Mapping[str, list[str]]) -> CachedResponse:
        lane = self._live_items.lane()
        limits = parameters.get("limit", [])
        after = parameters.get("after")
        if after is None:
            limit = limit_of(limits, poll.ITEMS_DEFAULT, poll.ITEMS_MAX)
            return self._responses.snapshot(lane, filter, limit)
        if len(after) > 1:
            raise BadAfter("send after once, with the newest cursor")
        cursor = _cursor(after[0])
        limit = limit_of(limits, poll.EVENTS_DEFAULT, poll.EVENTS_MAX)
        outcome = lane.resume(cursor)
        if isinstance(outcome, Ahead):
            await self._live_items.reach(cursor)
            lane = self._live_items.lane()
            outcome = lane.resume(cursor)
        match outcome:
            case UpToDate() | Replay():
                return self._responses.events(lane, filter, limit, cursor.id)
            case Ahead():
                return self._reset(lane, filter, limits, Reset("ahead"))
            case Reset():
                return self._reset(lane, filter, limits, outcome)
            case _:
                assert_never(outcome)

    def _reset(self, lane: Lane, filter: Filter, limits: list[str], reset: Reset) -> CachedResponse:
        # A limit on events may be larger than a snapshot can be.
        limit = limit_of(limits, poll.ITEMS_DEFAULT, poll.EVENTS_MAX)
        return self._responses.snapshot(lane, filter, min(limit, poll.ITEMS_MAX), reset.reason)

    async def _item_list(
        self, request: Request, pairs: list[tuple[str, str]], parameters: Mapping[str, list[str]]
    ) -> Response:
        await self._auth.editor(request)
        if "after" in parameters:
            raise BadQuery("after", "the item list has no cursor; omit after or all")
        filter = filter_of(pairs, self._taxonomy)
        limit = limit_of(parameters.get("limit", []), poll.ITEMS_DEFAULT, poll.ITEMS_MAX)
        latest = await self._items.latest(limit if filter == EVERYTHING else poll.ITEMS_MAX)
        found = [item for item in latest if filter.matches(Facets.of(item))][:limit]
        return json_response(
            {"items": [item_json(item) for item in found]}, headers={"cache-control": PRIVATE}
        )

    async def _item_for_editors(self, request: Request, id: str) -> Response:
        await self._auth.editor(request)
        item = await self._items.get(id)
        history = await self._items.history(id)
        body = item_json(item) | {
            "history": [
                {
                    "wire_id": None if entry.wire_id is None else str(entry.wire_id),
                    "action": entry.action,
                    "version": entry.version,
                    "at": entry.at,
                    "by": entry.by,
                    "note": entry.note,
                }
                for entry in history
            ]
        }
        headers = {"etag": f'"{item.version}"', "cache-control": PRIVATE, "vary": "Authorization"}
        return json_response(body, headers=headers)


def _cursor(text: str) -> Cursor:
    try:
        return Cursor.parse(text)
    except BadCursor as error:
        raise BadAfter(error.detail) from None


def _query(request: Request) -> tuple[list[tuple[str, str]], dict[str, list[str]]]:
    """Return the filter as pairs, and the other parameters by name; ``all`` only if it is true."""
    facets, other = query_of(request, ("limit", "after", "all"))
    other["after"] = [
        value for value in other.pop("after", []) if value
    ]  # an empty value counts as none
    if not other["after"]:
        del other["after"]
    for value in other.pop("all", []):
        if value not in ("true", "false"):
            raise BadQuery("all", "all must be true or false")
        if value == "true":
            other["all"] = [value]
    return facets, other
