"""Render the pages: their items, metadata and addresses, from the lane in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

from markupsafe import Markup

from ticker.api.browser_bundles import BrowserBundles
from ticker.api.render_faults import RenderFaults
from ticker.config import Settings
from ticker.domain.cursor import Cursor
from ticker.domain.errors import NotFound
from ticker.domain.event import LaneEvent
from ticker.domain.filter import Filter
from ticker.domain.item import Level
from ticker.domain.story_text import StoryText
from ticker.feeds.formats import liveblog
from ticker.feeds.formats.channel import read_item
from ticker.feeds.formats.news_article import image_object, news_article
from ticker.site import content
from ticker.site.addresses import Addresses, Kind
from ticker.site.assets import SiteAssets
from ticker.site.cards import drawing
from ticker.site.corrections import corrections
from ticker.site.item_history import changes
from ticker.site.item_views import ItemView, ItemViewFactory
from ticker.site.page_frame import Frame, PageMetadata, PreviewImage
from ticker.site.page_state import page_state
from ticker.site.render import render
from ticker.site.ticker_element import Element, ElementOptions, Layout, element
from ticker.site.timeline import days, labels
from ticker.stream.replay import Lane
from ticker.translations import Translation, translation_for

BAR_ITEMS = 8
TOAST_ITEMS = 3
SCREEN_ITEMS = 12
KNOWN_ITEMS = 30
"""Newest items that a front page gives the browser, to compose the page again at each event."""
TOPIC_ITEMS = 40
STORY_ITEMS = 50
DESCRIPTION_MAX = 200
"""Characters of a page's description for search engines."""


class PageRenderer:
    """Render pages as HTML. ``base`` is the newsroom's address without a trailing slash.

    ``cursor`` is the position of the newest item event: live elements resume from it.
    """

    def __init__(
        self,
        settings: Settings,
        bundles: BrowserBundles,
        assets: SiteAssets,
        addresses: Addresses,
        vapid_public_key: str,
        clock: Callable[[], float],
        faults: RenderFaults,
    ) -> None:
        """``clock`` is seconds since 1970; an empty ``vapid_public_key`` turns alerts off."""
        self._settings = settings
        self._taxonomy = settings.taxonomy
        self._bundles = bundles
        self._assets = assets
        self._addresses = addresses
        self._vapid_public_key = vapid_public_key
        self._clock = clock
        self._faults = faults

    @property
    def addresses(self) -> Addresses:
        """The addresses of the pages."""
        return self._addresses

    @property
    def settings(self) -> Settings:
        """The newsroom's settings."""
        return self._settings

    def view_of(self, event: LaneEvent) -> ItemView | None:
        """Return the view of an event, or None if the item cannot be shown."""
        return self._views().view_or_none(event)

    def today(self) -> datetime:
        """Return the current time in UTC. Pages depend only on its day."""
        return datetime.fromtimestamp(self._clock(), UTC)

    def frame(self, edition: str, base: str, metadata: PageMetadata) -> Frame:
        """Return the frame of a page of ``edition``."""
        return Frame(
            self._settings,
            self._bundles,
            self._assets,
            self._addresses,
            edition,
            base,
            self.today(),
            metadata,
            self._vapid_public_key,
        )

    def front(self, lane: Lane, cursor: Cursor, edition: str, base: str) -> bytes:
        """Return the front page of ``edition``."""
        views = self._views()
        page, lead = self._front(lane, edition, views)
        facets = {"edition": edition}
        newest = self._select(lane, facets, KNOWN_ITEMS)
        in_sections = [event for _, events in page.section_items for event in events]
        shown = [*newest, *page.developments, *page.top_items, *page.latest, *in_sections]
        metadata = PageMetadata(
            self._translation(edition).text("title"),
            self._description(edition),
            self._addresses.front(edition),
            {name: self._addresses.front(name) for name in self._taxonomy.editions},
            "/",
            image=_picture(lead),
        )
        return render(
            "front.html",
            frame=self.frame(edition, base, metadata),
            bar=self._bar(lane, cursor, edition, lead.item.id if lead is not None else ""),
            toast=self._element(lane, cursor, facets, "toast", TOAST_ITEMS, Level.urgent),
            lead=lead,
            developments=views.views(page.developments),
            top_items=views.views(page.top_items),
            latest=views.views(page.latest),
            # With the lead alone, the bar has nothing to say.
            bar_hidden=all(one is page.lead for one in newest),
            state=self.state(
                cursor,
                facets,
                shown if page.lead is None else [page.lead, *shown],
                front={
                    "sections": self._taxonomy.sections,
                    "fresh": content.FRESH_MS,
                    "top": content.TOP_ITEMS,
                    "latest": content.LATEST_ITEMS,
                    "inSection": content.SECTION_ITEMS,
                    "developments": content.DEVELOPMENTS,
                },
                rows=content.LATEST_ITEMS,
                more=len(newest) == KNOWN_ITEMS,
            ),
            section_items=[(name, views.views(events)) for name, events in page.section_items],
        )

    def _front(
        self, lane: Lane, edition: str, views: ItemViewFactory
    ) -> tuple[content.FrontPage, ItemView | None]:
        """Return the items of the front page, and its lead: the best item that can be shown."""
        while True:
            page = content.front(
                lane.current_items,
                edition,
                self._taxonomy.sections,
                self._faults,
                lambda event: _may_have_picture(event) and _has_picture(views.view_or_none(event)),
            )
            if page.lead is None:
                return page, None
            if (lead := views.view_or_none(page.lead)) is not None:
                return page, lead

    def topic(
        self, lane: Lane, cursor: Cursor, edition: str, kind: Kind, slug: str, base: str
    ) -> bytes:
        """Return the page of a section or region."""
        editions = self._taxonomy.editions
        metadata = PageMetadata(
            self._translation(edition).topic(slug),
            self._description(edition),
            self._addresses.topic(edition, kind, slug),
            {name: self._addresses.topic(name, kind, slug) for name in editions},
            self._addresses.topic(next(iter(editions)), kind, slug),
            {kind: slug},
        )
        facets = {"edition": edition, kind: slug}
        events = self._select(lane, facets, TOPIC_ITEMS)
        return render(
            "topic.html",
            frame=self.frame(edition, base, metadata),
            bar=self._bar(lane, cursor, edition),
            toast=self._element(
                lane, cursor, {"edition": edition}, "toast", TOAST_ITEMS, Level.urgent
            ),
            latest=self._views().views(events),
            state=self.state(cursor, facets, events, rows=TOPIC_ITEMS),
        )

    def following(self, lane: Lane, cursor: Cursor, edition: str, base: str) -> bytes:
        """Return the page of what the reader follows, with the newest items to choose from."""
        facets = {"edition": edition}
        metadata = PageMetadata(
            self._translation(edition).text("following"),
            "",
            self._addresses.following(edition),
            {name: self._addresses.following(name) for name in self._taxonomy.editions},
            index=False,
        )
        return render(
            "following.html",
            frame=self.frame(edition, base, metadata),
            bar=self._bar(lane, cursor, edition),
            state=self.state(
                cursor,
                facets,
                self._select(lane, facets, KNOWN_ITEMS),
                rows=TOPIC_ITEMS,
                following=True,
            ),
        )

    def corrections(self, lane: Lane, cursor: Cursor, edition: str, base: str) -> bytes:
        """Return the page of the corrections and withdrawals of ``edition``."""
        translation = self._translation(edition)
        editions = self._taxonomy.editions
        metadata = PageMetadata(
            translation.text("corrections"),
            translation.text("correctionsText"),
            self._addresses.corrections(edition),
            {name: self._addresses.corrections(name) for name in editions},
            self._addresses.corrections(next(iter(editions))),
        )
        views = self._views()
        entries = corrections(lane, edition)
        return render(
            "corrections.html",
            frame=self.frame(edition, base, metadata),
            bar=self._bar(lane, cursor, edition),
            entries=[
                (one, views.time(one.at, translation), one.event and views.view_or_none(one.event))
                for one in entries
            ],
            state=self.state(
                cursor, {"edition": edition}, [one.event for one in entries if one.event]
            ),
        )

    def story(
        self, lane: Lane, cursor: Cursor, story: str, edition: str, base: str, text: StoryText
    ) -> bytes:
        """Return the page of a story in ``edition``, which must have live items of it.

        ``text`` is what editors wrote about it; without, the newest item's headline is the title.

        Raises NotFound if none of them can be shown.
        """
        members = content.story(lane.current_items, story)
        editions = {event.edition for event in members}
        views = self._views()
        shown = [
            (event, view)
            for event in members
            if event.edition == edition and (view := views.view_or_none(event)) is not None
        ]
        if not shown:
            raise NotFound("the story has no items that can be shown")
        own, newest = [event for event, _ in shown], shown[-1][1]
        title = text.title or newest.title
        metadata = PageMetadata(
            title,
            _shorten(text.summary or newest.item.summary or title),
            self._addresses.story(story, edition),
            {
                name: self._addresses.story(story, name)
                for name in self._taxonomy.editions
                if name in editions
            },
            self._addresses.story(story, edition).partition("?")[0],
            {"story": story},
            "article",
            self._card(newest, base),
        )
        frame = self.frame(edition, base, metadata)
        jsonld = self._faults.together(
            own[-STORY_ITEMS:],
            lambda events: liveblog.script_text(
                liveblog.live_blog(
                    base,
                    frame.name,
                    story,
                    list(map(read_item, events)),
                    title=text.title or "",
                    description=text.summary or "",
                )
            ),
        )
        related = content.related_to_story(lane.current_items, own)
        return render(
            "story.html",
            frame=frame,
            bar=self._bar(lane, cursor, edition, newest.item.id),
            newest=newest,
            count=len(own),
            text=text,
            labels=labels(frame.translation),
            days=days([view for _, view in reversed(shown[-STORY_ITEMS:])], frame.translation),
            related=views.views(related),
            state=self.state(
                cursor, {"edition": edition}, [*reversed(own[-STORY_ITEMS:]), *related]
            ),
            jsonld=Markup(jsonld),  # ``script_text`` escapes the end of a script
        )

    def item(self, lane: Lane, cursor: Cursor, event: LaneEvent, edition: str, base: str) -> bytes:
        """Return the page of the item in ``event``, in the frame of ``edition``.

        Raises NotFound if the item cannot be shown.
        """
        views = self._views()
        view = views.view_or_none(event)
        if view is None:
            raise NotFound("the item cannot be shown")
        # Only live items have a preview picture.
        card = self._card(view, base) if event.item_id in lane.current_items else None
        metadata = PageMetadata(
            view.title,
            _shorten(view.item.summary or view.title),
            view.path,
            self._translations(lane, event),
            facets={"story": view.item.story} if view.item.story else {},
            kind="article",
            image=card,
        )
        frame = self.frame(edition, base, metadata)
        related = content.related(lane.current_items, event)
        return render(
            "item.html",
            frame=frame,
            jsonld=self._article(event, view, base, card),
            history=[
                (change, views.time(change.at, frame.translation))
                for change in changes(_events(lane, event.item_id))
            ],
            bar=self._bar(lane, cursor, edition, view.item.id),
            view=view,
            related=views.views(related),
            state=self.state(cursor, {"edition": edition}, [event, *related]),
        )

    def screen(self, lane: Lane, cursor: Cursor, edition: str, base: str) -> bytes:
        """Return the page of ``edition`` for displays: the ticker alone, as large as they are."""
        metadata = PageMetadata(
            self._translation(edition).text("title"),
            self._description(edition),
            self._addresses.front(edition) + "/screen",
            index=False,
        )
        return render(
            "screen.html",
            frame=self.frame(edition, base, metadata),
            screen=self._element(lane, cursor, {"edition": edition}, "screen", SCREEN_ITEMS),
        )

    def embedding(self, edition: str, base: str) -> bytes:
        """Return the guide to embedding the ticker."""
        translation = self._translation(edition)
        metadata = PageMetadata(
            translation.text("embed"),
            translation.text("embedText"),
            f"/embed?{urlencode({'edition': edition})}",
            {e: f"/embed?{urlencode({'edition': e})}" for e in self._taxonomy.editions},
            "/embed",
        )
        return render(
            "embedding.html",
            frame=self.frame(edition, base, metadata),
            base=base,
            socket=base.replace("http", "ws", 1),
            pinned=base + self._bundles.widget_path,
            integrity=self._bundles.widget.integrity,
        )

    def _translations(self, lane: Lane, event: LaneEvent) -> dict[str, str]:
        """Return the pages of the same item in every edition; empty without translations."""
        found = content.translations(lane.current_items, event)
        return {
            name: self._addresses.item(found[name].item_id)
            for name in self._taxonomy.editions
            if name in found
        }

    def _card(self, view: ItemView, base: str) -> PreviewImage:
        """Return the preview picture of an item, which its headline is on."""
        path = self._addresses.card(view.item.id, view.item.version)
        return PreviewImage(base + path, view.title, drawing.WIDTH, drawing.HEIGHT)

    def _article(
        self, event: LaneEvent, view: ItemView, base: str, card: PreviewImage | None
    ) -> Markup:
        article = news_article(
            base,
            self._settings.site_name,
            read_item(event),
            card=None if card is None else image_object(card.href, card.width, card.height),
            sections=view.topics,
        )
        return Markup(liveblog.script_text(article))  # which escapes the end of a script

    def _select(self, lane: Lane, facets: Mapping[str, str], count: int) -> list[LaneEvent]:
        return lane.current_items.select(_filter(facets), count)

    def state(
        self, cursor: Cursor, facets: Mapping[str, str], events: Iterable[LaneEvent], **more: object
    ) -> Markup:
        """Return the state of a page with the items of ``events``, for the browser."""
        translation = self._translation(facets["edition"])
        topics = (*self._taxonomy.sections, *self._taxonomy.regions)
        front = self._addresses.front(facets["edition"])
        badge = self._settings.favicon_badge
        return page_state(
            cursor, facets, events, translation, topics, home=front, badge=badge, **more
        )

    def _views(self) -> ItemViewFactory:
        return ItemViewFactory(self._taxonomy, self._addresses, self.today(), faults=self._faults)

    def _bar(self, lane: Lane, cursor: Cursor, edition: str, skip: str = "") -> Element:
        facets = {"edition": edition}
        return self._element(lane, cursor, facets, "bar", BAR_ITEMS, skip=skip)

    def _element(
        self,
        lane: Lane,
        cursor: Cursor,
        facets: Mapping[str, str],
        layout: Layout,
        count: int,
        level: int = 0,
        skip: str = "",
    ) -> Element:
        filter = _filter(facets, level)
        options = ElementOptions(
            filter, layout, count, item_href=self._addresses.item("{id}"), skip=skip
        )
        return element(lane, cursor, options, self._views())

    def _translation(self, edition: str) -> Translation:
        return translation_for(self._taxonomy.editions[edition].language)

    def _description(self, edition: str) -> str:
        label = self._taxonomy.editions[edition].label
        site = self._settings.site_name
        return self._translation(edition).text("description", site=site, edition=label)


def _events(lane: Lane, item_id: str) -> list[LaneEvent]:
    """Return the events of an item that are in memory, oldest first."""
    return [event for event in lane.window if event.item_id == item_id]


def _may_have_picture(event: LaneEvent) -> bool:
    """Return False if the item of ``event`` has no media: most have none."""
    return b'"media":[]' not in event.item


def _has_picture(view: ItemView | None) -> bool:
    return view is not None and view.picture is not None


def _picture(view: ItemView | None) -> PreviewImage | None:
    if view is None or view.picture is None:
        return None
    return PreviewImage(view.picture.href, view.picture.alt)


def _filter(facets: Mapping[str, str], level: int = 0) -> Filter:
    def values(facet: str) -> frozenset[str]:
        return frozenset((facets[facet],)) if facet in facets else frozenset()

    return Filter(
        editions=values("edition"),
        sections=values("section"),
        regions=values("region"),
        level=level,
        stories=values("story"),
    )


def _shorten(text: str) -> str:
    """Return ``text`` cut between words to the length of a description."""
    if len(text) <= DESCRIPTION_MAX:
        return text
    return text[: DESCRIPTION_MAX - 1].rsplit(" ", 1)[0] + "…"
