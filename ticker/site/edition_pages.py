"""Render the pages of an edition: front, topics, following, corrections, displays, embedding."""

from __future__ import annotations

from urllib.parse import urlencode

from ticker.domain.cursor import Cursor
from ticker.domain.event import LaneEvent
from ticker.site import content
from ticker.site.addresses import Kind
from ticker.site.corrections import corrections
from ticker.site.item_views import ItemView, ItemViewFactory
from ticker.site.page_frame import PageMetadata, PreviewImage
from ticker.site.page_parts import PageParts
from ticker.site.render import render
from ticker.stream.replay import Lane

SCREEN_ITEMS = 12
KNOWN_ITEMS = 30
"""Newest items that a front page gives the browser, to compose the page again at each event."""
TOPIC_ITEMS = 40


class EditionPages:
    """Render pages as HTML. ``base`` is the newsroom's address without a trailing slash.

    ``cursor`` is the position of the newest item event: live elements resume from it.
    """

    def __init__(self, parts: PageParts) -> None:
        self._parts = parts

    def front(self, lane: Lane, cursor: Cursor, edition: str, base: str) -> bytes:
        """Return the front page of ``edition``."""
        views = self._parts.views()
        page, lead = self._front(lane, edition, views)
        facets = {"edition": edition}
        newest = self._parts.select(lane, facets, KNOWN_ITEMS)
        in_sections = [event for _, events in page.section_items for event in events]
        shown = [*newest, *page.developments, *page.top_items, *page.latest, *in_sections]
        metadata = PageMetadata(
            self._parts.translation(edition).text("title"),
            self._parts.description(edition),
            self._parts.addresses.front(edition),
            {name: self._parts.addresses.front(name) for name in self._parts.taxonomy.editions},
            "/",
            image=_picture(lead),
        )
        return render(
            "front.html",
            frame=self._parts.frame(edition, base, metadata),
            bar=self._parts.bar(lane, cursor, edition, lead.item.id if lead is not None else ""),
            toast=self._parts.toast(lane, cursor, edition),
            lead=lead,
            developments=views.views(page.developments),
            top_items=views.views(page.top_items),
            latest=views.views(page.latest),
            # With the lead alone, the bar has nothing to say.
            bar_hidden=all(one is page.lead for one in newest),
            state=self._parts.state(
                cursor,
                facets,
                shown if page.lead is None else [page.lead, *shown],
                front={
                    "sections": self._parts.taxonomy.sections,
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
                self._parts.taxonomy.sections,
                self._parts.faults,
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
        editions = self._parts.taxonomy.editions
        metadata = PageMetadata(
            self._parts.translation(edition).topic(slug),
            self._parts.description(edition),
            self._parts.addresses.topic(edition, kind, slug),
            {name: self._parts.addresses.topic(name, kind, slug) for name in editions},
            self._parts.addresses.topic(next(iter(editions)), kind, slug),
            {kind: slug},
        )
        facets = {"edition": edition, kind: slug}
        events = self._parts.select(lane, facets, TOPIC_ITEMS)
        return render(
            "topic.html",
            frame=self._parts.frame(edition, base, metadata),
            bar=self._parts.bar(lane, cursor, edition),
            toast=self._parts.toast(lane, cursor, edition),
            latest=self._parts.views().views(events),
            state=self._parts.state(cursor, facets, events, rows=TOPIC_ITEMS),
        )

    def following(self, lane: Lane, cursor: Cursor, edition: str, base: str) -> bytes:
        """Return the page of what the reader follows, with the newest items to choose from."""
        facets = {"edition": edition}
        metadata = PageMetadata(
            self._parts.translation(edition).text("following"),
            "",
            self._parts.addresses.following(edition),
            {name: self._parts.addresses.following(name) for name in self._parts.taxonomy.editions},
            index=False,
        )
        return render(
            "following.html",
            frame=self._parts.frame(edition, base, metadata),
            bar=self._parts.bar(lane, cursor, edition),
            state=self._parts.state(
                cursor,
                facets,
                self._parts.select(lane, facets, KNOWN_ITEMS),
                rows=TOPIC_ITEMS,
                following=True,
            ),
        )

    def corrections(self, lane: Lane, cursor: Cursor, edition: str, base: str) -> bytes:
        """Return the page of the corrections and withdrawals of ``edition``."""
        translation = self._parts.translation(edition)
        editions = self._parts.taxonomy.editions
        metadata = PageMetadata(
            translation.text("corrections"),
            translation.text("correctionsText"),
            self._parts.addresses.corrections(edition),
            {name: self._parts.addresses.corrections(name) for name in editions},
            self._parts.addresses.corrections(next(iter(editions))),
        )
        views = self._parts.views()
        entries = corrections(lane, edition)
        return render(
            "corrections.html",
            frame=self._parts.frame(edition, base, metadata),
            bar=self._parts.bar(lane, cursor, edition),
            entries=[
                (one, views.time(one.at, translation), one.event and views.view_or_none(one.event))
                for one in entries
            ],
            state=self._parts.state(
                cursor, {"edition": edition}, [one.event for one in entries if one.event]
            ),
        )

    def screen(self, lane: Lane, cursor: Cursor, edition: str, base: str) -> bytes:
        """Return the page of ``edition`` for displays: the ticker alone, as large as they are."""
        metadata = PageMetadata(
            self._parts.translation(edition).text("title"),
            self._parts.description(edition),
            self._parts.addresses.front(edition) + "/screen",
            index=False,
        )
        return render(
            "screen.html",
            frame=self._parts.frame(edition, base, metadata),
            screen=self._parts.element(lane, cursor, {"edition": edition}, "screen", SCREEN_ITEMS),
        )

    def embedding(self, edition: str, base: str) -> bytes:
        """Return the guide to embedding the ticker."""
        translation = self._parts.translation(edition)
        metadata = PageMetadata(
            translation.text("embed"),
            translation.text("embedText"),
            f"/embed?{urlencode({'edition': edition})}",
            {e: f"/embed?{urlencode({'edition': e})}" for e in self._parts.taxonomy.editions},
            "/embed",
        )
        return render(
            "embedding.html",
            frame=self._parts.frame(edition, base, metadata),
            base=base,
            socket=base.replace("http", "ws", 1),
            pinned=base + self._parts.bundles.widget_path,
            integrity=self._parts.bundles.widget.integrity,
        )


def _may_have_picture(event: LaneEvent) -> bool:
    """Return False if the item of ``event`` has no media: most have none."""
    return b'"media":[]' not in event.item


def _has_picture(view: ItemView | None) -> bool:
    return view is not None and view.picture is not None


def _picture(view: ItemView | None) -> PreviewImage | None:
    if view is None or view.picture is None:
        return None
    return PreviewImage(view.picture.href, view.picture.alt)
