"""Handlers of the pages. A page is rendered once for each item event and day, and then shared.

Only the page of an item that is not live needs Redis.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.browser_bundles import BrowserBundles
from ticker.api.cached_responses import CachedResponses
from ticker.api.headers import accepts_gzip, not_modified
from ticker.api.live_items import UNKNOWN, LiveItems
from ticker.api.older_items import OlderItems
from ticker.api.page_security import SECURE
from ticker.api.poll_routes import SHARED
from ticker.api.problem_documents import MethodNotAllowed
from ticker.api.public_address import base_of
from ticker.api.query import filter_of, query_of
from ticker.api.request_rights import current, require_editions
from ticker.api.routing import Handler
from ticker.api.static_files import TYPES
from ticker.api.story_text_cache import StoryTextCache
from ticker.config import Settings
from ticker.domain.cursor import Cursor
from ticker.domain.errors import Gone, NotFound, TickerError, Unavailable
from ticker.domain.event import LaneEvent
from ticker.domain.readable import may_read
from ticker.site import content
from ticker.site.addresses import Addresses, Kind
from ticker.site.archive_pages import ArchivePages
from ticker.site.article_pages import ArticlePages
from ticker.site.assets import SiteAssets
from ticker.site.edition_pages import EditionPages
from ticker.site.error_pages import ErrorPages
from ticker.site.negotiate import edition_for
from ticker.site.page_parts import PageParts
from ticker.stream.replay import Lane


class Pages:
    """Handlers of the front page, topics, stories, items and the embedding guide."""

    def __init__(
        self,
        live_items: LiveItems,
        older: OlderItems,
        story_texts: StoryTextCache,
        settings: Settings,
        bundles: BrowserBundles,
        assets: SiteAssets,
        addresses: Addresses,
        static_file: Handler,
        vapid_public_key: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``static_file`` handles a path that is no edition; ``clock`` is seconds since 1970."""
        self._live_items = live_items
        self._older = older
        self._story_texts = story_texts
        self._settings = settings
        self._taxonomy = settings.taxonomy
        self._static_file = static_file
        parts = PageParts(
            settings, bundles, assets, addresses, vapid_public_key, clock, live_items.faults
        )
        self._today = parts.today
        self._edition_pages = EditionPages(parts)
        self._article_pages = ArticlePages(parts)
        self.archive = ArchivePages(live_items, older, settings, parts, clock)
        self.responses = CachedResponses()
        self.error_pages = ErrorPages(settings, parts.frame)

    async def root(self, request: Request) -> Response:
        """Handle ``GET /``: the front page of the edition that matches the client's languages."""
        # In an edition that the reader may read, if there is any.
        readable = [one for one in self._taxonomy.editions if may_read(one, current().readable)]
        edition = edition_for(request, self._taxonomy, readable or None)
        require_editions((edition,))
        return self._front(request, edition, ("Accept-Language",))

    async def front(self, request: Request) -> Response:
        """Handle ``GET /{edition}``. A name that is no edition may be a static file's."""
        edition: str = request.path_params["edition"]
        if edition not in self._taxonomy.editions:
            return await self._static_file(request)
        if request.method not in ("GET", "HEAD"):
            raise MethodNotAllowed(request.method, "GET, HEAD, OPTIONS")
        return self._front(request, edition)

    async def section(self, request: Request) -> Response:
        """Handle ``GET /{edition}/section/{slug}``."""
        return self._topic(request, "section", self._taxonomy.sections)

    async def region(self, request: Request) -> Response:
        """Handle ``GET /{edition}/region/{slug}``."""
        return self._topic(request, "region", self._taxonomy.regions)

    async def corrections(self, request: Request) -> Response:
        """Handle ``GET /{edition}/corrections``."""
        return self._of_edition(request, "corrections", self._edition_pages.corrections)

    async def following(self, request: Request) -> Response:
        """Handle ``GET /{edition}/following``: the same page for all readers."""
        return self._of_edition(request, "following", self._edition_pages.following)

    async def story(self, request: Request) -> Response:
        """Handle ``GET /story/{story}?edition=``; by default the client's languages decide."""
        name: str = request.path_params["story"]
        # Social networks and mailings add other parameters to the address: ignore them.
        _, parameters = query_of(request, ("edition",))
        pairs = [("edition", value) for value in parameters.get("edition", [])]
        wanted = filter_of(pairs, self._taxonomy).editions
        lane = self._live_items.lane()
        live = {event.edition for event in content.story(lane.current_items, name)}
        editions = [e for e in self._taxonomy.editions if e in live and (not wanted or e in wanted)]
        if not editions:
            raise NotFound("the story has no live items")
        edition = edition_for(request, self._taxonomy, editions)
        base = base_of(request, self._settings)
        text = self._story_texts.of(name).text(edition)
        return self._respond(
            request,
            edition,
            lane,
            ("story", name, edition, base, self._story_texts.changes),
            lambda cursor: self._article_pages.story(lane, cursor, name, edition, base, text),
            () if len(wanted) == 1 else ("Accept-Language",),
        )

    async def item(self, request: Request) -> Response:
        """Handle ``GET /item/{id}``, live or expired. Raises Gone if the item was retracted."""
        id: str = request.path_params["id"]
        try:
            event = await self._live_items.item(id)
        except NotFound as missing:  # the lookup was charged, unless it was in memory
            event = await self._older_item(id, missing)
        except Gone as gone:
            raise await self._in_archive(gone) from None
        lane = self._live_items.lane()
        base = base_of(request, self._settings)
        # An item may be of an edition that the newsroom has given up since.
        editions = self._taxonomy.editions
        edition = event.edition if event.edition in editions else next(iter(editions))
        return self._respond(
            request,
            edition,
            lane,
            ("item", event.item_id, base),
            lambda cursor: self._article_pages.item(lane, cursor, event, edition, base),
        )

    async def _in_archive(self, gone: Gone) -> Gone:
        """Return ``gone``, with a successor that has expired only if the archive has its page."""
        successor = gone.successor
        if successor is not None and successor.expired:
            gone.successor = None
            with suppress(TickerError):
                if await self._older.item(successor.id) is not None:
                    gone.successor = successor
        return gone

    async def _older_item(self, id: str, missing: NotFound) -> LaneEvent:
        """Return an item that has expired. Raises ``missing`` if there is none.

        While the archive cannot answer, that is the answer for an id that nobody knows; it raises
        Unavailable for an item of which Redis says that it has expired. The caller renders the page
        without awaiting anything: what is in the lane until then has been compared.
        """
        try:
            found = await self._older.item(id)
        except Unavailable:
            if missing.detail == UNKNOWN:
                raise missing from None
            raise
        if found is None:
            raise missing
        return found.event()

    async def screen(self, request: Request) -> Response:
        """Handle ``GET /{edition}/screen``: a page for displays in studios and lobbies."""
        return self._of_edition(request, "screen", self._edition_pages.screen)

    async def embedding(self, request: Request) -> Response:
        """Handle ``GET /embed``: the guide to embedding the ticker on another site."""
        pairs, _ = query_of(request)
        wanted = filter_of(pairs, self._taxonomy, ("edition",)).editions
        editions = [
            one
            for one in self._taxonomy.editions
            if (not wanted or one in wanted) and may_read(one, current().readable)
        ] or None
        edition = edition_for(request, self._taxonomy, editions)
        base = base_of(request, self._settings)
        return self._respond(
            request,
            edition,
            self._live_items.lane(),
            ("embed", edition, base),
            lambda cursor: self._edition_pages.embedding(edition, base),
            ("Accept-Language",),
        )

    def _front(self, request: Request, edition: str, vary: Iterable[str] = ()) -> Response:
        return self._whole(request, "front", edition, self._edition_pages.front, vary)

    def _of_edition(
        self, request: Request, name: str, render: Callable[[Lane, Cursor, str, str], bytes]
    ) -> Response:
        """Return the page ``name`` of the edition in the request's path. Raises NotFound."""
        edition: str = request.path_params["edition"]
        if edition not in self._taxonomy.editions:
            raise NotFound(f"no resource at {request.scope['path']}")
        return self._whole(request, name, edition, render)

    def _whole(
        self,
        request: Request,
        name: str,
        edition: str,
        render: Callable[[Lane, Cursor, str, str], bytes],
        vary: Iterable[str] = (),
    ) -> Response:
        """Return the page ``name`` of a whole edition."""
        lane = self._live_items.lane()
        base = base_of(request, self._settings)
        return self._respond(
            request,
            edition,
            lane,
            (name, edition, base),
            lambda cursor: render(lane, cursor, edition, base),
            vary,
        )

    def _topic(self, request: Request, kind: Kind, slugs: Iterable[str]) -> Response:
        edition: str = request.path_params["edition"]
        slug: str = request.path_params["slug"]
        if edition not in self._taxonomy.editions or slug not in slugs:
            raise NotFound(f"no resource at {request.scope['path']}")
        lane = self._live_items.lane()
        base = base_of(request, self._settings)
        return self._respond(
            request,
            edition,
            lane,
            (kind, edition, slug, base),
            lambda cursor: self._edition_pages.topic(lane, cursor, edition, kind, slug, base),
        )

    def _respond(
        self,
        request: Request,
        edition: str,
        lane: Lane,
        key: tuple[object, ...],
        render: Callable[[Cursor], bytes],
        vary: Iterable[str] = (),
    ) -> Response:
        """Return the page cached under ``key`` and the day, or render it; or 304.

        ``vary`` are the request headers that it depends on, besides ``Accept-Encoding``.
        """
        dated = (*key, self._today().date())
        found = self.responses.get(lane, dated, lambda: render(self.responses.settled))
        packed = accepts_gzip(request)
        if packed:
            found = self.responses.packed(lane, dated, found)
        varies = ", ".join(("Accept-Encoding", *vary))
        sent = {"etag": found.etag, "cache-control": SHARED, "vary": varies}
        if not_modified(request, found.etag):
            return Response(status_code=304, headers=sent)
        language = self._taxonomy.editions[edition].language
        sent |= SECURE | {"content-type": TYPES[".html"], "content-language": language}
        if packed:
            sent["content-encoding"] = "gzip"
        return Response(found.body, headers=sent)
