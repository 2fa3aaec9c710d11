"""The readers' routes: the poll, one item, and the desk's list.

The poll never asks Redis (DESIGN invariant 6). One item asks only if it is not out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from starlette.requests import Request
from starlette.responses import Response

from ticker.api import poll
from ticker.api.auth import Auth
from ticker.api.cached_answers import CachedAnswer
from ticker.api.editing import item_json
from ticker.api.headers import not_modified
from ticker.api.item_schemas import CURSOR, OneItem, Poll
from ticker.api.live_items import LiveItems
from ticker.api.poll import PollAnswers
from ticker.api.problems import BadAfter, BadQuery
from ticker.api.query import FILTER_PARAMS, IGNORED, filter_of, limit_of, query_of
from ticker.api.resource import Operation, Param, answer
from ticker.domain.cursor import Cursor
from ticker.domain.errors import BadCursor, BadFilter, Gone, NotFound, Unauthorised, Unavailable
from ticker.domain.filter import EVERYTHING, Facets, Filter
from ticker.domain.taxonomy import Taxonomy
from ticker.publishing.service import ItemService
from ticker.stream.replay import Ahead, Lane, Replay, Reset, UpToDate

SHARED = "public, max-age=1, stale-while-revalidate=1"
"""A CDN may answer a second's polls with one answer. A retracted text is thus gone from shared
caches within six seconds; the cursor makes sure that no poller misses the retraction itself."""
PRIVATE = "private, no-store"


class ReadingRoutes:
    """Handlers of what readers ask."""

    def __init__(
        self, live_items: LiveItems, items: ItemService, auth: Auth, taxonomy: Taxonomy
    ) -> None:
        self._live_items = live_items
        self._items = items
        self._auth = auth
        self._taxonomy = taxonomy
        self._answers = PollAnswers()

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "GET",
                "/v1/items",
                "poll",
                "What is out now, or what happened since",
                self.poll,
                "Readers",
                text=(
                    "Without `after`: a snapshot in display order, with a cursor. With the cursor "
                    "as `after`: every event in your view since then, oldest first; `more` says "
                    "that there are further ones behind the `cursor` given. If the gap cannot be "
                    "closed the answer is a snapshot with `reset: true` and the `reason`. Send the "
                    "`ETag` back as `If-None-Match` and nothing new costs a 304. With `all=true` "
                    "and a key: the desk's latest items, scheduled ones included."
                ),
                key="optional",
                public=True,
                params=(
                    *FILTER_PARAMS,
                    Param(
                        "after",
                        "query",
                        "The cursor of the last answer.",
                        CURSOR,
                    ),
                    Param(
                        "limit",
                        "query",
                        f"At most so many items (1 to {poll.ITEMS_MAX}, else "
                        f"{poll.ITEMS_DEFAULT}) or events (1 to {poll.EVENTS_MAX}, else "
                        f"{poll.EVENTS_DEFAULT}).",
                        {"type": "integer", "minimum": 1, "maximum": poll.EVENTS_MAX},
                    ),
                    Param(
                        "all",
                        "query",
                        "`true`: from the desk's list, with a key.",
                        {"type": "boolean"},
                    ),
                    Param(IGNORED, "query", "Ignored; for getting around caches."),
                    Param("If-None-Match", "header", "The ETag of the last answer."),
                ),
                answer=Poll,
                problems=(BadCursor, BadFilter, Unauthorised, Unavailable),
            ),
            Operation(
                "GET",
                "/v1/items/{id}",
                "show",
                "One item",
                self.show,
                "Readers",
                text="With a key also what only the desk sees, and the history.",
                key="optional",
                public=True,
                params=(Param("If-None-Match", "header", "The ETag of the last answer."),),
                answer=OneItem,
                problems=(Unauthorised, NotFound, Gone, Unavailable),
            ),
        ]

    async def poll(self, request: Request) -> Response:
        """Answer ``GET /v1/items``."""
        pairs, wanted = _query(request)
        if wanted.get("all"):
            return await self._desk_list(request, pairs, wanted)
        chosen = filter_of(pairs, self._taxonomy)
        return (await self._answer(chosen, wanted)).respond(request, SHARED)

    async def show(self, request: Request) -> Response:
        """Answer ``GET /v1/items/{id}``."""
        id: str = request.path_params["id"]
        if "authorization" in request.headers:
            return await self._desk_show(request, id)
        event = await self._live_items.item(id)
        etag = f'"{event.version}"'
        headers = {"etag": etag, "cache-control": SHARED, "vary": "Authorization"}
        if not_modified(request, etag):
            return Response(status_code=304, headers=headers)
        return answer(event.item, headers=headers)

    async def _answer(self, chosen: Filter, wanted: Mapping[str, list[str]]) -> CachedAnswer:
        lane = self._live_items.lane()
        limits = wanted.get("limit", [])
        after = wanted.get("after")
        if after is None:
            limit = limit_of(limits, poll.ITEMS_DEFAULT, poll.ITEMS_MAX)
            return self._answers.snapshot(lane, chosen, limit)
        if len(after) > 1:
            raise BadAfter("one cursor is enough; send the last one")
        cursor = _cursor(after[0])
        limit = limit_of(limits, poll.EVENTS_DEFAULT, poll.EVENTS_MAX)
        outcome = lane.resume(cursor)
        if isinstance(outcome, Ahead):
            reached = await self._live_items.reach(cursor)
            lane = self._live_items.lane()
            outcome = lane.resume(cursor) if reached else Reset("ahead")
        match outcome:
            case UpToDate() | Replay():
                return self._answers.events(lane, chosen, limit, cursor.id)
            case Ahead():
                return self._reset(lane, chosen, limits, Reset("ahead"))
            case Reset():
                return self._reset(lane, chosen, limits, outcome)
            case _:
                assert_never(outcome)

    def _reset(self, lane: Lane, chosen: Filter, limits: list[str], reset: Reset) -> CachedAnswer:
        # A limit on events says nothing of items beyond what a snapshot may hold.
        limit = limit_of(limits, poll.ITEMS_DEFAULT, poll.EVENTS_MAX)
        return self._answers.snapshot(lane, chosen, min(limit, poll.ITEMS_MAX), reset.reason)

    async def _desk_list(
        self, request: Request, pairs: list[tuple[str, str]], wanted: Mapping[str, list[str]]
    ) -> Response:
        await self._auth.editor(request)
        if "after" in wanted:
            raise BadQuery("after", "the desk's list has no cursor; leave after or all out")
        chosen = filter_of(pairs, self._taxonomy)
        limit = limit_of(wanted.get("limit", []), poll.ITEMS_DEFAULT, poll.ITEMS_MAX)
        latest = await self._items.latest(limit if chosen == EVERYTHING else poll.ITEMS_MAX)
        found = [item for item in latest if chosen.matches(Facets.of(item))][:limit]
        return answer(
            {"items": [item_json(item) for item in found]}, headers={"cache-control": PRIVATE}
        )

    async def _desk_show(self, request: Request, id: str) -> Response:
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
        return answer(body, headers=headers)


def _cursor(text: str) -> Cursor:
    try:
        return Cursor.parse(text)
    except BadCursor as error:
        raise BadAfter(error.detail) from None


def _query(request: Request) -> tuple[list[tuple[str, str]], dict[str, list[str]]]:
    """Return the facets as pairs, and the other parameters by name. ``all`` is there if true."""
    facets, other = query_of(request, ("limit", "after", "all"))
    other["after"] = [value for value in other.pop("after", []) if value]  # empty: none
    if not other["after"]:
        del other["after"]
    for value in other.pop("all", []):
        if value not in ("true", "false"):
            raise BadQuery("all", "all must be true or false")
        if value == "true":
            other["all"] = [value]
    return facets, other
