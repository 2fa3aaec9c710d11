"""The pages: which items each shows, under which address, in which editions it is too.

A page is made once an edition and item event and shared, as a poll's answer is. Nothing here asks
Redis but the permalink of an item that is not out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from ticker.api.browser_bundles import BrowserBundles
from ticker.api.cached_answers import CachedAnswers
from ticker.api.headers import not_modified
from ticker.api.live_items import LiveItems
from ticker.api.problems import MethodNotAllowed
from ticker.api.public_address import base_of
from ticker.api.query import filter_of, query_of
from ticker.api.reading import SHARED
from ticker.api.resource import Handler
from ticker.api.static_files import SECURE, TYPES
from ticker.config import Settings
from ticker.domain.errors import NotFound
from ticker.domain.event import LaneEvent
from ticker.domain.filter import Filter
from ticker.domain.item import Level
from ticker.feeds.formats import liveblog
from ticker.feeds.formats.channel import read_item
from ticker.site import content
from ticker.site.addresses import Addresses, Kind
from ticker.site.element import Choice, Element, Layout, element
from ticker.site.errors import Errors
from ticker.site.item_views import ItemViewFactory
from ticker.site.negotiate import edition_for
from ticker.site.page_frame import About, Frame
from ticker.site.render import render
from ticker.stream.replay import Lane
from ticker.words import words_for

BAR_LINES = 8
FRONT_LINES = 20
TOPIC_LINES = 40
STORY_LINES = 50
DESCRIPTION_MAX = 200


class Pages:
    """Handlers of the pages."""

    def __init__(
        self,
        live_items: LiveItems,
        settings: Settings,
        bundles: BrowserBundles,
        addresses: Addresses,
        elsewhere: Handler,
        vapid_public_key: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``elsewhere`` answers for what is no edition; ``clock`` gives seconds since 1970."""
        self._live_items = live_items
        self._settings = settings
        self._taxonomy = settings.taxonomy
        self._vapid_public_key = vapid_public_key
        self._bundles = bundles
        self._addresses = addresses
        self._elsewhere = elsewhere
        self._clock = clock
        self.answers = CachedAnswers()
        self.errors = Errors(settings, self.frame)

    async def root(self, request: Request) -> Response:
        """Answer ``GET /``: the front page of the edition that the reader's languages ask for."""
        edition = edition_for(request, self._taxonomy)
        return self._front(request, edition, {"vary": "Accept-Language"})

    async def front(self, request: Request) -> Response:
        """Answer ``GET /{edition}``; a name that is no edition may be that of a file."""
        edition: str = request.path_params["edition"]
        if edition not in self._taxonomy.editions:
            return await self._elsewhere(request)
        if request.method not in ("GET", "HEAD"):
            raise MethodNotAllowed(request.method, "GET, HEAD, OPTIONS")
        return self._front(request, edition, {})

    async def section(self, request: Request) -> Response:
        """Answer ``GET /{edition}/section/{slug}``."""
        return self._topic(request, "section", self._taxonomy.sections)

    async def region(self, request: Request) -> Response:
        """Answer ``GET /{edition}/region/{slug}``."""
        return self._topic(request, "region", self._taxonomy.regions)

    async def story(self, request: Request) -> Response:
        """Answer ``GET /story/{story}?edition=``: without one, the reader's languages choose."""
        name: str = request.path_params["story"]
        # What else stands in the address, networks and mailings put there when it was shared.
        _, own = query_of(request, ("edition",))
        pairs = [("edition", value) for value in own.get("edition", [])]
        asked = filter_of(pairs, self._taxonomy).editions
        lane = self._live_items.lane()
        members = content.story(lane.current_items, name)
        out = {event.edition for event in members}
        editions = [e for e in self._taxonomy.editions if e in out and (not asked or e in asked)]
        if not editions:
            raise NotFound("nothing of this story is out")
        edition = edition_for(request, self._taxonomy, editions)
        vary = {} if len(asked) == 1 else {"vary": "Accept-Language"}
        base = base_of(request, self._settings)
        today = self.today()
        wanted = ("story", name, edition, base, today.date())
        return self._answer(
            request, edition, lane, wanted, lambda: self._story(lane, name, edition, base), vary
        )

    async def item(self, request: Request) -> Response:
        """Answer ``GET /item/{id}``. Raises Gone for what was retracted."""
        event = await self._live_items.item(request.path_params["id"])
        lane = self._live_items.lane()
        base = base_of(request, self._settings)
        wanted = ("item", event.item_id, base, self.today().date())
        return self._answer(
            request, event.edition, lane, wanted, lambda: self._item(lane, event, base), {}
        )

    async def embedding(self, request: Request) -> Response:
        """Answer ``GET /embed``: what another site copies into its page."""
        pairs, _ = query_of(request)
        asked = filter_of(pairs, self._taxonomy, ("edition",)).editions
        editions = [e for e in self._taxonomy.editions if e in asked] or None
        edition = edition_for(request, self._taxonomy, editions)
        base = base_of(request, self._settings)
        wanted = ("embed", edition, base, self.today().date())
        return self._answer(
            request,
            edition,
            self._live_items.lane(),
            wanted,
            lambda: self._embedding(edition, base),
            {"vary": "Accept-Language"},
        )

    def _embedding(self, edition: str, base: str) -> bytes:
        words = words_for(self._taxonomy.editions[edition].language)
        about = About(
            words.say("embed"),
            words.say("embedText"),
            f"/embed?{urlencode({'edition': edition})}",
            {e: f"/embed?{urlencode({'edition': e})}" for e in self._taxonomy.editions},
            "/embed",
        )
        return render(
            "embedding.html",
            frame=self.frame(edition, base, about),
            base=base,
            socket=base.replace("http", "ws", 1),
            pinned=base + self._bundles.widget_path,
            integrity=self._bundles.widget.integrity,
        )

    def today(self) -> datetime:
        """Return the moment, in UTC. Pages depend on its day alone."""
        return datetime.fromtimestamp(self._clock(), UTC)

    def frame(self, edition: str, base: str, about: About) -> Frame:
        """Return what stands around a page of ``edition``."""
        return Frame(
            self._settings,
            self._bundles,
            self._addresses,
            edition,
            base,
            self.today(),
            about,
            self._vapid_public_key,
        )

    def typesetter(self) -> ItemViewFactory:
        """Return what makes lines today."""
        return ItemViewFactory(self._taxonomy, self._addresses, self.today())

    def _front(self, request: Request, edition: str, headers: Mapping[str, str]) -> Response:
        lane = self._live_items.lane()
        base = base_of(request, self._settings)
        wanted = ("front", edition, base, self.today().date())
        return self._answer(
            request, edition, lane, wanted, lambda: self._front_page(lane, edition, base), headers
        )

    def _front_page(self, lane: Lane, edition: str, base: str) -> bytes:
        words = words_for(self._taxonomy.editions[edition].language)
        set = self.typesetter()
        found = content.front(lane.current_items, edition, self._taxonomy.sections)
        lead = None if found.lead is None else set.line(found.lead)
        about = About(
            words.say("title"),
            self._described(edition),
            self._addresses.front(edition),
            {name: self._addresses.front(name) for name in self._taxonomy.editions},
            "/",
            image=lead.picture.href if lead is not None and lead.picture is not None else "",
        )
        return render(
            "front.html",
            frame=self.frame(edition, base, about),
            bar=self._bar(lane, edition),
            toast=self._element(lane, {"edition": edition}, "toast", 3, Level.urgent),
            lead=lead,
            thread=set.lines(found.thread),
            beside=set.lines(found.beside),
            latest=self._element(lane, {"edition": edition}, "list", FRONT_LINES),
            digests=[(section, set.lines(events)) for section, events in found.digests],
        )

    def _topic(self, request: Request, kind: Kind, known: Iterable[str]) -> Response:
        edition: str = request.path_params["edition"]
        slug: str = request.path_params["slug"]
        if edition not in self._taxonomy.editions or slug not in known:
            raise NotFound(f"nothing is at {request.scope['path']}")
        lane = self._live_items.lane()
        base = base_of(request, self._settings)
        wanted = (kind, edition, slug, base, self.today().date())
        return self._answer(
            request,
            edition,
            lane,
            wanted,
            lambda: self._listed(lane, edition, kind, slug, base),
            {},
        )

    def _listed(self, lane: Lane, edition: str, kind: Kind, slug: str, base: str) -> bytes:
        words = words_for(self._taxonomy.editions[edition].language)
        about = About(
            words.topic(slug),
            self._described(edition),
            self._addresses.topic(edition, kind, slug),
            {e: self._addresses.topic(e, kind, slug) for e in self._taxonomy.editions},
            self._addresses.topic(next(iter(self._taxonomy.editions)), kind, slug),
            {kind: slug},
        )
        facets = {"edition": edition, kind: slug}
        return render(
            "topic.html",
            frame=self.frame(edition, base, about),
            bar=self._bar(lane, edition),
            latest=self._element(lane, facets, "list", TOPIC_LINES),
        )

    def _story(self, lane: Lane, name: str, edition: str, base: str) -> bytes:
        members = content.story(lane.current_items, name)
        ours = [event for event in members if event.edition == edition]
        set = self.typesetter()
        newest = set.line(ours[-1])
        others = {event.edition for event in members}
        about = About(
            newest.title,
            _cut(newest.item.summary or newest.title),
            self._addresses.story(name, edition),
            {e: self._addresses.story(name, e) for e in self._taxonomy.editions if e in others},
            self._addresses.story(name, edition).partition("?")[0],
            {"story": name},
            "article",
            newest.picture.href if newest.picture is not None else "",
        )
        frame = self.frame(edition, base, about)
        developments = [read_item(event) for event in ours[-STORY_LINES:]]
        blog = liveblog.live_blog(base, frame.name, name, developments)
        return render(
            "story.html",
            frame=frame,
            bar=self._bar(lane, edition),
            newest=newest,
            count=len(ours),
            latest=self._element(lane, {"edition": edition, "story": name}, "list", STORY_LINES),
            related=set.lines(content.around(lane.current_items, ours)),
            # ``script_text`` has escaped what could end the script.
            jsonld=Markup(liveblog.script_text(blog)),
        )

    def _item(self, lane: Lane, event: LaneEvent, base: str) -> bytes:
        set = self.typesetter()
        line = set.line(event)
        about = About(
            line.title,
            _cut(line.item.summary or line.title),
            line.path,
            facets={"story": line.item.story} if line.item.story else {},
            kind="article",
            image=line.picture.href if line.picture is not None else "",
        )
        return render(
            "item.html",
            frame=self.frame(event.edition, base, about),
            bar=self._bar(lane, event.edition),
            line=line,
            related=set.lines(content.related(lane.current_items, event)),
        )

    def _bar(self, lane: Lane, edition: str) -> Element:
        return self._element(lane, {"edition": edition}, "bar", BAR_LINES)

    def _element(
        self, lane: Lane, facets: Mapping[str, str], layout: Layout, count: int, level: int = 0
    ) -> Element:
        def values(facet: str) -> frozenset[str]:
            return frozenset((facets[facet],)) if facet in facets else frozenset()

        chosen = Filter(
            editions=values("edition"),
            sections=values("section"),
            regions=values("region"),
            level=level,
            stories=values("story"),
        )
        choice = Choice(chosen, layout, count, item_href=self._addresses.item("{id}"))
        return element(lane, self.answers.settled, choice, self.typesetter())

    def _described(self, edition: str) -> str:
        known = self._taxonomy.editions[edition]
        words = words_for(known.language)
        return words.say("description", site=self._settings.site_name, edition=known.label)

    def _answer(
        self,
        request: Request,
        edition: str,
        lane: Lane,
        wanted: tuple[object, ...],
        make: Callable[[], bytes],
        headers: Mapping[str, str],
    ) -> Response:
        found = self.answers.answer(lane, wanted, make)
        sent = {"etag": found.etag, "cache-control": SHARED, **headers}
        if not_modified(request, found.etag):
            return Response(status_code=304, headers=sent)
        language = self._taxonomy.editions[edition].language
        sent |= SECURE | {"content-type": TYPES[".html"], "content-language": language}
        return Response(found.body, headers=sent)


def _cut(text: str) -> str:
    """Return ``text`` as short as a description may be, cut between words."""
    if len(text) <= DESCRIPTION_MAX:
        return text
    return text[: DESCRIPTION_MAX - 1].rsplit(" ", 1)[0] + "…"
