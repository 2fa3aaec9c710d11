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
from ticker.api.request_rights import readable_part
from ticker.api.routing import Operation, Param
from ticker.domain.cursor import Cursor
from ticker.domain.errors import BadFilter, NotFound, Unauthorised, Unavailable
from ticker.domain.filter import Filter
from ticker.domain.taxonomy import Taxonomy
from ticker.stream.replay import Ahead, Lane, Replay, Reset, UpToDate

OWN = ("limit", "after", "lasteventid", "page", "all", "state", "before", "at")
ELSEWHERE = ("all", "before", "at")
"""Parameters with which the web process answers, from Redis and the archive."""
SHARED = "public, max-age=1, stale-while-revalidate=1"
"""A CDN may serve one response for a second. A retracted text is gone from shared caches within six
seconds; the cursor ensures that every client gets the retraction itself."""

OtherLists: TypeAlias = Callable[
    [Request, list[tuple[str, str]], Mapping[str, list[str]]], Awaitable[Response]
]


class PollRoutes:
    """Handler of the poll. With a parameter of ``ELSEWHERE`` another one handles the request."""

    def __init__(self, lane: CurrentLane, taxonomy: Taxonomy) -> None:
        self._lane = lane
        self._taxonomy = taxonomy
        self._responses = PollResponses()
        self._other_lists: OtherLists | None = None

    def operation(self, other_lists: OtherLists | None = None) -> Operation:
        """Return the row of the route table. ``other_lists`` handles ``ELSEWHERE``."""
        self._other_lists = other_lists
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
                "and a key: the newest items in every state, page by page (`before`). "
                "With the `next` of a response as `before`: the items that were published before, "
                "live ones and those of the archive, newest first. With `at`: the board as it was "
                "at that time, without what was retracted since. With a key, the items of both "
                "have their `state`."
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
                Param(
                    "state",
                    "query",
                    "With `all`: `scheduled` for the scheduled items, the next one first; `draft` "
                    "for the drafts, the one that was changed last first; `retracted` or `test` "
                    "for such items, the newest first.",
                    {"type": "string", "enum": ["draft", "scheduled", "retracted", "test"]},
                ),
                Param(
                    "before",
                    "query",
                    "Older items: the `next` of the last response, an item's id, or a time.",
                ),
                Param(
                    "at",
                    "query",
                    "A time in the past, in RFC 3339.",
                    {"type": "string", "format": "date-time"},
                ),
                Param("If-None-Match", "header", "The ETag of the last response."),
            ),
            response=Poll,
            problems=(BadFilter, NotFound, Unauthorised, Unavailable),
        )

    async def poll(self, request: Request) -> Response:
        """Handle ``GET /v1/items``."""
        pairs, parameters = _query(request)
        asked = [name for name in ELSEWHERE if name in parameters]
        if "all" in asked and "before" in asked:
            asked.remove("before")  # a page of the item list
        if asked:
            others = [name for name in (*asked, "after") if name in parameters]
            if len(others) > 1:
                raise BadQuery(others[0], f"send one of {' and '.join(others)}")
            if self._other_lists is None:
                raise NotFound("the gateway has only live items; the web service has the others")
            return await self._other_lists(request, pairs, parameters)
        filter = readable_part(filter_of(pairs, self._taxonomy))
        response = (await self._answer(filter, parameters)).respond(request, SHARED)
        charge_answer(len(response.body))
        return response

    async def _answer(self, filter: Filter, parameters: Mapping[str, list[str]]) -> CachedResponse:
        lane = self._lane.whole()
        limits = parameters.get("limit", [])
        after = parameters.get("after")
        if "page" in parameters:
            return await self._page(lane, filter, limits, parameters["page"][-1])
        if after is None:
            limit = limit_of(limits, poll.ITEMS_DEFAULT, poll.ITEMS_MAX)
            return await self._from(lane, self._responses.snapshot(lane, filter, limit))
        cursor = Cursor.read(after[-1])
        limit = limit_of(limits, poll.EVENTS_DEFAULT, poll.EVENTS_MAX)
        outcome = lane.resume(cursor)
        if isinstance(outcome, Ahead):
            await self._lane.reach(cursor)
            lane = self._lane.whole()
            outcome = lane.resume(cursor)
        match outcome:
            case UpToDate() | Replay():
                return await self._from(
                    lane, self._responses.events(lane, filter, limit, cursor.id)
                )
            case Ahead():
                return await self._reset(lane, filter, limits, Reset("ahead"))
            case Reset():
                return await self._reset(lane, filter, limits, outcome)
            case _:
                assert_never(outcome)

    async def _page(
        self, lane: Lane, filter: Filter, limits: list[str], text: str
    ) -> CachedResponse:
        page = Page.read(text)
        if page is None:
            return await self._reset(lane, filter, limits, Reset("unreadable"))
        outcome = lane.resume(page.cursor)
        if isinstance(outcome, Reset):
            return await self._reset(lane, filter, limits, outcome)
        limit = limit_of(limits, poll.ITEMS_DEFAULT, poll.ITEMS_MAX)
        if isinstance(outcome, Ahead):
            raise Unavailable("another server is ahead of this one; try again", 1)
        return await self._from(lane, self._responses.page(lane, filter, limit, page))

    async def _reset(
        self, lane: Lane, filter: Filter, limits: list[str], reset: Reset
    ) -> CachedResponse:
        # A limit on events may be larger than a snapshot can be.
        limit = limit_of(limits, poll.ITEMS_DEFAULT, poll.EVENTS_MAX)
        return await self._from(
            lane, self._responses.snapshot(lane, filter, min(limit, poll.ITEMS_MAX), reset.reason)
        )

    async def _from(self, lane: Lane, answer: Awaitable[CachedResponse]) -> CachedResponse:
        """Return the answer made from ``lane``. Raises Unavailable if another one was loaded."""
        response = await answer
        if lane is not self._lane.whole():  # what was retracted since is missing in the old one
            raise Unavailable("the lane was reloaded during the request; try again", 1)
        return response


def _query(request: Request) -> tuple[list[tuple[str, str]], dict[str, list[str]]]:
    """Return the filter as pairs, and the other parameters by name; ``all`` only if it is true."""
    facets, other = query_of(request, OWN)
    other["after"] = [
        value for value in (*other.pop("after", []), *other.pop("lasteventid", [])) if value
    ]  # an empty value counts as none
    if not other["after"]:
        del other["after"]
    for name in ("before", "at"):
        values = [value for value in other.pop(name, []) if value]
        if values:
            other[name] = values
    for value in other.pop("all", []):
        if value not in ("true", "false"):
            raise BadQuery("all", "all must be true or false")
        if value == "true":
            other["all"] = [value]
    return facets, other
