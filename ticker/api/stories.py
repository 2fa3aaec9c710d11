"""The readers' routes around one item: the developments of a story, and what is related.

Both are answered from memory; only the id of an item that is not out costs Redis a look.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.cached_answers import CachedAnswers
from ticker.api.live_items import LiveItems
from ticker.api.query import filter_of, limit_of, query_of
from ticker.api.reading import SHARED
from ticker.api.resource import Operation, Param
from ticker.api.story_schemas import Related, Story
from ticker.domain.errors import BadFilter, Gone, NotFound, Unavailable
from ticker.domain.event import LaneEvent
from ticker.domain.filter import Filter
from ticker.domain.taxonomy import Taxonomy
from ticker.stream.related import related
from ticker.stream.replay import Lane

STORY_DEFAULT = STORY_MAX = 200
RELATED_DEFAULT, RELATED_MAX = 6, 20

_TAG = Param("If-None-Match", "header", "The ETag of the last answer.")


class StoryRoutes:
    """Handlers of stories and of what is related."""

    def __init__(self, live_items: LiveItems, taxonomy: Taxonomy) -> None:
        self._live_items = live_items
        self._taxonomy = taxonomy
        self._answers = CachedAnswers()

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "GET",
                "/v1/stories/{story}",
                "story",
                "The developments of one story, oldest first",
                self.story,
                "Readers",
                text=(
                    "The newest `limit` items of the story that are out, in the order in which "
                    "they were published. `editions` names every edition that has some, whatever "
                    "was asked for. A page that stays live subscribes with `story` and the "
                    "`cursor` given. 404 when nothing of the story is out."
                ),
                public=True,
                params=(
                    Param("edition", "query", "Only of these editions.", many=True),
                    _limit("items", STORY_DEFAULT, STORY_MAX),
                    _TAG,
                ),
                answer=Story,
                problems=(BadFilter, NotFound, Unavailable),
            ),
            Operation(
                "GET",
                "/v1/items/{id}/related",
                "related",
                "What else a reader of the item may want, best first",
                self.related,
                "Readers",
                text=(
                    "First the item's story, newest first, its own edition before others; then "
                    "what shares tags in its edition; then what shares sections and regions."
                ),
                public=True,
                params=(_limit("items", RELATED_DEFAULT, RELATED_MAX), _TAG),
                answer=Related,
                problems=(BadFilter, NotFound, Gone, Unavailable),
            ),
        ]

    async def story(self, request: Request) -> Response:
        """Answer ``GET /v1/stories/{story}``."""
        pairs, own = query_of(request, ("limit",))
        chosen = filter_of(pairs, self._taxonomy, ("edition",))
        limit = limit_of(own.get("limit", []), STORY_DEFAULT, STORY_MAX)
        name: str = request.path_params["story"]
        lane = self._live_items.lane()
        found = self._answers.answer(
            lane, ("story", name, chosen, limit), lambda: self._story(lane, name, chosen, limit)
        )
        return found.respond(request, SHARED)

    async def related(self, request: Request) -> Response:
        """Answer ``GET /v1/items/{id}/related``."""
        pairs, own = query_of(request, ("limit",))
        filter_of(pairs, self._taxonomy, ())
        limit = limit_of(own.get("limit", []), RELATED_DEFAULT, RELATED_MAX)
        event = await self._live_items.item(request.path_params["id"])
        lane = self._live_items.lane()
        found = self._answers.answer(
            lane,
            ("related", event.item_id, limit),
            lambda: b'{"items":[%s]}' % _items(related(lane.current_items, event, limit)),
        )
        return found.respond(request, SHARED)

    def _story(self, lane: Lane, name: str, chosen: Filter, limit: int) -> bytes:
        events = lane.current_items.story(name)
        if not events:
            raise NotFound("nothing of this story is out")
        editions = sorted({event.edition for event in events})
        shown = [e for e in events if e.facets is not None and chosen.matches(e.facets)]
        # What has a member on the board is a name that needs no escaping in JSON.
        return b'{"story":"%s","cursor":"%s","editions":[%s],"items":[%s]}' % (
            name.encode(),
            str(self._answers.settled).encode(),
            b",".join(b'"%s"' % edition.encode() for edition in editions),
            _items(shown[-limit:]),
        )


def _items(events: list[LaneEvent]) -> bytes:
    return b",".join(event.item for event in events)


def _limit(what: str, default: int, most: int) -> Param:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return Param("limit", "query", f"At most so many {what}.", schema)
