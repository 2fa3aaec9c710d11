"""The route of the poll. It is served from memory, and needs nothing but the lane."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias, assert_never

from starlette.requests import Request
from starlette.responses import Response

from ticker.api import poll
from ticker.api.cached_responses import CachedResponse
from ticker.api.current_lane import CurrentLane
from ticker.api.item_schemas import CURSOR, Poll
from ticker.api.miss_budget import charge_answer
from ticker.api.poll import Page, PollResponses
from ticker.api.problem_documents import BadQuery
from ticker.api.query import FILTER_PARAMS, filter_of, limit_of, query_of
from ticker.api.routing import Operation, Param
from ticker.domain.cursor import Cursor
from ticker.domain.errors import BadFilter, NotFound, Unauthorised, Unavailable
from ticker.domain.filter import Filter
from ticker.domain.taxonomy import Taxonomy
from ticker.stream.replay import Ahead, Lane, Replay, Reset, UpToDate

OWN = ("limit", "after", "lasteventid", "page", "all")
SHARED = "public, max-age=1, stale-while-revalidate=1"
"""A CDN may serve one response for a second. A retracted text is gone from shared caches within six
seconds; the cursor ensures that every client gets the retraction itself."""

ItemList: TypeAlias = Callable[
    [Request, list[tuple[str, str]], Mapping[str, list[str]]], Awaitable[Response]
]


class PollRoutes:
    """Handler of the poll. ``GET /v1/items?all=true`` is the item list, which another has."""

    def __init__(self, lane: CurrentLane, taxonomy: Taxonomy) -> None:
        self._lane = lane
        self._taxonomy = taxonomy
        self._responses = PollResponses()
        self._item_list: ItemList | None = None

    def operation(self, item_list: ItemList | None = None) -> Operation:
        """Return the row of the route table. ``item_list`` handles the list for editors."""
        self._item_list = item_list
        return Operation(
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
                "is new. A snapshot with a `page` has more items than `limit`. With `all=true` "
                "and a key: the newest items, also scheduled ones."
            ),
            key="optional",
            public=True,
            params=(
                *FILTER_PARAMS,
                Param(
                    "after",
                    "query",
                    "The cursor of the last response. An unreadable one gets a reset.",
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
                    "page",
                    "query",
                    "The `page` of the last snapshot: the items that follow. Read all pages, then "
                    "ask for the events after their common `cursor`.",
                ),
                Param(
                    "all",
                    "query",
                    "`true`: the item list for editors; needs a key.",
                    {"type": "boolean"},
                ),
                Param("If-None-Match", "header", "The ETag of the last response."),
            ),
            response=Poll,
            problems=(BadFilter, NotFound, Unauthorised, Unavailable),
        )

    async def poll(self, request: Request) -> Response:
        """Handle ``GET /v1/items``."""
        pairs, parameters = _query(request)
        if parameters.get("all"):
            if self._item_list is None:
                raise NotFound("the gateway has no item list; the web service does")
            return await self._item_list(request, pairs, parameters)
        filter = filter_of(pairs, self._taxonomy)
        response = (await self._answer(filter, parameters)).respond(request, SHARED)
        charge_answer(len(response.body))
        return response

    async def _answer(self, filter: Filter, parameters: Mapping[str, list[str]]) -> CachedResponse:
        lane = self._lane.lane()
        limits = parameters.get("limit", [])
        after = parameters.get("after")
        if "page" in parameters:
            return self._page(lane, filter, limits, parameters["page"][-1])
        if after is None:
            limit = limit_of(limits, poll.ITEMS_DEFAULT, poll.ITEMS_MAX)
            return self._responses.snapshot(lane, filter, limit)
        cursor = Cursor.read(after[-1])
        limit = limit_of(limits, poll.EVENTS_DEFAULT, poll.EVENTS_MAX)
        outcome = lane.resume(cursor)
        if isinstance(outcome, Ahead):
            await self._lane.reach(cursor)
            lane = self._lane.lane()
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

    def _page(self, lane: Lane, filter: Filter, limits: list[str], text: str) -> CachedResponse:
        page = Page.read(text)
        if page is None:
            return self._reset(lane, filter, limits, Reset("unreadable"))
        outcome = lane.resume(page.cursor)
        if isinstance(outcome, Reset):
            return self._reset(lane, filter, limits, outcome)
        limit = limit_of(limits, poll.ITEMS_DEFAULT, poll.ITEMS_MAX)
        if isinstance(outcome, Ahead):
            raise Unavailable("another server is ahead of this one; try again", 1)
        return self._responses.page(lane, filter, limit, page)

    def _reset(self, lane: Lane, filter: Filter, limits: list[str], reset: Reset) -> CachedResponse:
        # A limit on events may be larger than a snapshot can be.
        limit = limit_of(limits, poll.ITEMS_DEFAULT, poll.EVENTS_MAX)
        return self._responses.snapshot(lane, filter, min(limit, poll.ITEMS_MAX), reset.reason)


def _query(request: Request) -> tuple[list[tuple[str, str]], dict[str, list[str]]]:
    """Return the filter as pairs, and the other parameters by name; ``all`` only if it is true."""
    facets, other = query_of(request, OWN)
    other["after"] = [
        value for value in (*other.pop("after", []), *other.pop("lasteventid", [])) if value
    ]  # an empty value counts as none
    if not other["after"]:
        del other["after"]
    for value in other.pop("all", []):
        if value not in ("true", "false"):
            raise BadQuery("all", "all must be true or false")
        if value == "true":
            other["all"] = [value]
    return facets, other
