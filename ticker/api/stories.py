"""Routes for stories and related items.

Both are served from memory; only an item that is not live needs Redis.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.cached_responses import CachedResponses
from ticker.api.live_items import LiveItems
from ticker.api.poll_routes import SHARED
from ticker.api.query import filter_of, limit_of, query_of
from ticker.api.routing import Operation, Param
from ticker.api.stories_schemas import Related, Story
from ticker.domain.errors import BadFilter, Gone, NotFound, Unavailable
from ticker.domain.event import LaneEvent
from ticker.domain.filter import Filter
from ticker.domain.taxonomy import Taxonomy
from ticker.stream.related import related
from ticker.stream.replay import Lane

STORY_DEFAULT = STORY_MAX = 200
RELATED_DEFAULT, RELATED_MAX = 6, 20

_TAG = Param("If-None-Match", "header", "The ETag of the last response.")


class StoryRoutes:
    """Handlers of stories and related items."""

    def __init__(self, live_items: LiveItems, taxonomy: Taxonomy) -> None:
        self._live_items = live_items
        self._taxonomy = taxonomy
        self._responses = CachedResponses()

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "GET",
                "/v1/stories/{story}",
                "story",
                "Get the developments of a story, oldest first",
                self.story,
                "Readers",
                text=(
                    "The newest `limit` live items of the story, in order of publication. "
                    "`editions` lists every edition that has live items of the story, also those "
                    "that the filter excludes. To stay current, subscribe with `story` and the "
                    "`cursor`. 404 if the story has no live items."
                ),
                public=True,
                params=(
                    Param("edition", "query", "Editions to include. Default: all.", many=True),
                    _limit("items", STORY_DEFAULT, STORY_MAX),
                    _TAG,
                ),
                response=Story,
                problems=(BadFilter, NotFound, Unavailable),
            ),
            Operation(
                "GET",
                "/v1/items/{id}/related",
                "related",
                "Get related items, best first",
                self.related,
                "Readers",
                text=(
                    "First items of the same story, newest first, the item's own edition before "
                    "others; then items of its edition on the same subject: they share rare "
                    "tags, the speaker or words of the headline. Items that share only a section "
                    "or region are not related."
                ),
                public=True,
                params=(_limit("items", RELATED_DEFAULT, RELATED_MAX), _TAG),
                response=Related,
                problems=(BadFilter, NotFound, Gone, Unavailable),
            ),
        ]

    async def story(self, request: Request) -> Response:
        """Handle ``GET /v1/stories/{story}``."""
        pairs, own = query_of(request, ("limit",))
        filter = filter_of(pairs, self._taxonomy, ("edition",))
        limit = limit_of(own.get("limit", []), STORY_DEFAULT, STORY_MAX)
        name: str = request.path_params["story"]
        lane = self._live_items.lane()
        found = self._responses.get(
            lane, ("story", name, filter, limit), lambda: self._story(lane, name, filter, limit)
        )
        return found.respond(request, SHARED)

    async def related(self, request: Request) -> Response:
        """Handle ``GET /v1/items/{id}/related``."""
        _, own = query_of(request, ("limit",))
        limit = limit_of(own.get("limit", []), RELATED_DEFAULT, RELATED_MAX)
        event = await self._live_items.item(request.path_params["id"])
        lane = self._live_items.lane()
        found = self._responses.get(
            lane,
            ("related", event.item_id, limit),
            lambda: b'{"items":[%s]}' % _items(related(lane.current_items, event, limit)),
        )
        return found.respond(request, SHARED)

    def _story(self, lane: Lane, name: str, filter: Filter, limit: int) -> bytes:
        events = lane.current_items.story(name)
        if not events:
            raise NotFound("the story has no live items")
        editions = sorted({event.edition for event in events})
        shown = [e for e in events if e.facets is not None and filter.matches(e.facets)]
        # The name of a story with live items needs no escaping in JSON.
        return b'{"story":"%s","cursor":"%s","editions":[%s],"items":[%s]}' % (
            name.encode(),
            str(self._responses.settled).encode(),
            b",".join(b'"%s"' % edition.encode() for edition in editions),
            _items(shown[-limit:]),
        )


def _items(events: list[LaneEvent]) -> bytes:
    return b",".join(event.item for event in events)


def _limit(things: str, default: int, most: int) -> Param:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return Param("limit", "query", f"Maximum number of {things}.", schema)
