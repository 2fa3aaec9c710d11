"""Routes for search engines and syndication: an item as ninjs, a story as JSON-LD, the news
sitemap, and robots.txt. They are served from memory.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.cached_responses import CachedResponses
from ticker.api.feeds import BYTES_MAX, CONDITIONS, conditional, last_modified
from ticker.api.live_items import LiveItems
from ticker.api.public_address import base_of
from ticker.api.query import filter_of, query_of
from ticker.api.routing import Operation, Param
from ticker.config import Settings
from ticker.domain.errors import BadFilter, Gone, NotFound, Unavailable
from ticker.domain.event import LaneEvent
from ticker.domain.filter import Filter
from ticker.feeds.formats import liveblog, ninjs, sitemap
from ticker.feeds.formats.channel import Channel, read_item
from ticker.translations import feed_texts

STORY_MAX = 200
"""Newest developments in a story's JSON-LD."""
SITEMAP_STEP_MS = 60_000
"""Milliseconds after which a sitemap is rendered again because time has passed."""
ROBOTS_CACHE = "public, max-age=3600"


class SearchEngineRoutes:
    """Handlers for crawlers. ``clock`` returns seconds since 1970."""

    def __init__(
        self,
        live_items: LiveItems,
        settings: Settings,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._live_items = live_items
        self._settings = settings
        self._taxonomy = settings.taxonomy
        self._texts = feed_texts(self._taxonomy.editions)
        self.responses = CachedResponses(bytes_max=BYTES_MAX)
        self._clock = clock

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "GET",
                "/v1/items/{id}/ninjs",
                "item_ninjs",
                "Get one item as ninjs 3.1",
                self.item_ninjs,
                "Feeds",
                public=True,
                params=CONDITIONS,
                response_type=ninjs.MEDIA_TYPE,
                problems=(NotFound, Gone, Unavailable),
            ),
            Operation(
                "GET",
                "/v1/stories/{story}/jsonld",
                "story_jsonld",
                "Get a story as a schema.org LiveBlogPosting",
                self.story_jsonld,
                "Feeds",
                text="All live developments, or those of one edition.",
                public=True,
                params=(
                    Param("edition", "query", "Editions to include. Default: all.", many=True),
                    *CONDITIONS,
                ),
                response_type=liveblog.MEDIA_TYPE,
                problems=(BadFilter, NotFound, Unavailable),
            ),
            Operation(
                "GET",
                "/sitemap-news.xml",
                "sitemap_news",
                "Get the news sitemap of the last two days",
                self.sitemap_news,
                "Feeds",
                public=True,
                params=(CONDITIONS[0],),
                response_type=sitemap.MEDIA_TYPE,
                problems=(Unavailable,),
            ),
            Operation(
                "GET",
                "/robots.txt",
                "robots",
                "Get the rules for crawlers, and the sitemap's address",
                self.robots,
                "Feeds",
                public=True,
                response_type="text/plain; charset=utf-8",
            ),
        ]

    async def item_ninjs(self, request: Request) -> Response:
        """Handle ``GET /v1/items/{id}/ninjs``. Raises Gone if it was retracted, NotFound."""
        id: str = request.path_params["id"]
        event = await self._live_items.item(id)
        lane = self._live_items.lane()
        base = base_of(request, self._settings)
        site = self._settings.site_name
        channel = Channel(base, site, site, f"{base}/", request.url.path, texts=self._texts)

        def make() -> bytes:
            rendered = self._live_items.faults.one(
                event, lambda event: ninjs.item(channel, read_item(event))
            )
            if rendered is None:
                raise NotFound("the item cannot be shown")  # raised here: nothing is cached
            return rendered

        found = self.responses.get(lane, ("ninjs", base, id), make)
        return conditional(request, found.body, found.etag, last_modified(lane), ninjs.MEDIA_TYPE)

    async def story_jsonld(self, request: Request) -> Response:
        """Handle ``GET /v1/stories/{story}/jsonld``. Raises NotFound without live items."""
        lane = self._live_items.lane()
        pairs, _ = query_of(request)
        filter = filter_of(pairs, self._taxonomy, ("edition",))
        story: str = request.path_params["story"]
        base = base_of(request, self._settings)

        def make() -> bytes:
            events = [event for event in lane.current_items.story(story) if _within(event, filter)]
            if not events:
                raise NotFound(
                    "the story has no live items"
                )  # raised here, so that nothing is cached
            name = self._settings.site_name
            return self._live_items.faults.together(
                newest(events, STORY_MAX),
                lambda some: liveblog.render(
                    liveblog.live_blog(base, name, story, list(map(read_item, some)))
                ),
            )

        found = self.responses.get(lane, ("jsonld", base, story, filter.editions), make)
        return conditional(
            request, found.body, found.etag, last_modified(lane), liveblog.MEDIA_TYPE
        )

    async def sitemap_news(self, request: Request) -> Response:
        """Handle ``GET /sitemap-news.xml``. Its items expire by the clock, so it has no date."""
        lane = self._live_items.lane()
        base = base_of(request, self._settings)
        step = int(self._clock() * 1000) // SITEMAP_STEP_MS
        since = step * SITEMAP_STEP_MS - sitemap.AGE_MS

        def make() -> bytes:
            found = lane.current_items.newest(sitemap.URLS_MAX)
            name = self._settings.site_name
            return self._live_items.faults.together(
                [event for event in found if event.published_ms >= since],
                lambda events: sitemap.render(base, name, map(read_item, events)),
            )

        found = self.responses.get(lane, ("sitemap", base, step), make)
        return conditional(request, found.body, found.etag, None, sitemap.MEDIA_TYPE)

    async def robots(self, request: Request) -> Response:
        """Handle ``GET /robots.txt``."""
        return Response(
            sitemap.robots(base_of(request, self._settings)),
            headers={"cache-control": ROBOTS_CACHE},
            media_type="text/plain",
        )


def newest(events: Iterable[LaneEvent], limit: int) -> list[LaneEvent]:
    """Return the ``limit`` newest of ``events``, newest first; pins do not count."""
    return sorted(events, key=lambda one: (one.published_ms, one.item_id), reverse=True)[:limit]


def _within(event: LaneEvent, filter: Filter) -> bool:
    return not filter.editions or event.edition in filter.editions
