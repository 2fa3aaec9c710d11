"""Render the pages that a link leads to: an item, and a story with its developments."""

from __future__ import annotations

from markupsafe import Markup

from ticker.domain.cursor import Cursor
from ticker.domain.errors import NotFound
from ticker.domain.event import LaneEvent
from ticker.domain.story_text import StoryText
from ticker.feeds.formats import liveblog
from ticker.feeds.formats.channel import read_item
from ticker.feeds.formats.news_article import image_object, news_article
from ticker.site import content
from ticker.site.cards import drawing
from ticker.site.item_history import changes
from ticker.site.item_views import ItemView
from ticker.site.page_frame import PageMetadata, PreviewImage
from ticker.site.page_parts import PageParts
from ticker.site.render import render
from ticker.site.timeline import days, labels
from ticker.stream.replay import Lane

STORY_ITEMS = 50
DESCRIPTION_MAX = 200
"""Characters of a page's description for search engines."""


class ArticlePages:
    """Render pages as HTML. ``base`` is the newsroom's address without a trailing slash.

    ``cursor`` is the position of the newest item event: live elements resume from it.
    """

    def __init__(self, parts: PageParts) -> None:
        self._parts = parts

    def story(
        self, lane: Lane, cursor: Cursor, story: str, edition: str, base: str, text: StoryText
    ) -> bytes:
        """Return the page of a story in ``edition``, which must have live items of it.

        ``text`` is what editors wrote about it; without, the newest item's headline is the title.

        Raises NotFound if none of them can be shown.
        """
        members = content.story(lane.current_items, story)
        editions = {event.edition for event in members}
        views = self._parts.views()
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
            self._parts.addresses.story(story, edition),
            {
                name: self._parts.addresses.story(story, name)
                for name in self._parts.taxonomy.editions
                if name in editions
            },
            self._parts.addresses.story(story, edition).partition("?")[0],
            {"story": story},
            "article",
            self._card(newest, base),
        )
        frame = self._parts.frame(edition, base, metadata)
        jsonld = self._parts.faults.together(
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
            bar=self._parts.bar(lane, cursor, edition, newest.item.id),
            newest=newest,
            count=len(own),
            text=text,
            labels=labels(frame.translation),
            days=days([view for _, view in reversed(shown[-STORY_ITEMS:])], frame.translation),
            related=views.views(related),
            state=self._parts.state(
                cursor, {"edition": edition}, [*reversed(own[-STORY_ITEMS:]), *related]
            ),
            jsonld=Markup(jsonld),  # ``script_text`` escapes the end of a script
        )

    def item(self, lane: Lane, cursor: Cursor, event: LaneEvent, edition: str, base: str) -> bytes:
        """Return the page of the item in ``event``, in the frame of ``edition``.

        Raises NotFound if the item cannot be shown.
        """
        views = self._parts.views()
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
        frame = self._parts.frame(edition, base, metadata)
        related = content.related(lane.current_items, event)
        return render(
            "item.html",
            frame=frame,
            jsonld=self._article(event, view, base, card),
            history=[
                (change, views.time(change.at, frame.translation))
                for change in changes(_events(lane, event.item_id))
            ],
            bar=self._parts.bar(lane, cursor, edition, view.item.id),
            view=view,
            related=views.views(related),
            state=self._parts.state(cursor, {"edition": edition}, [event, *related]),
        )

    def _translations(self, lane: Lane, event: LaneEvent) -> dict[str, str]:
        """Return the pages of the same item in every edition; empty without translations."""
        found = content.translations(lane.current_items, event)
        return {
            name: self._parts.addresses.item(found[name].item_id)
            for name in self._parts.taxonomy.editions
            if name in found
        }

    def _card(self, view: ItemView, base: str) -> PreviewImage:
        """Return the preview picture of an item, which its headline is on."""
        path = self._parts.addresses.card(view.item.id, view.item.version)
        return PreviewImage(base + path, view.title, drawing.WIDTH, drawing.HEIGHT)

    def _article(
        self, event: LaneEvent, view: ItemView, base: str, card: PreviewImage | None
    ) -> Markup:
        article = news_article(
            base,
            self._parts.settings.site_name,
            read_item(event),
            card=None if card is None else image_object(card.href, card.width, card.height),
            sections=view.topics,
        )
        return Markup(liveblog.script_text(article))  # which escapes the end of a script


def _events(lane: Lane, item_id: str) -> list[LaneEvent]:
    """Return the events of an item that are in memory, oldest first."""
    return [event for event in lane.window if event.item_id == item_id]


def _shorten(text: str) -> str:
    """Return ``text`` cut between words to the length of a description."""
    if len(text) <= DESCRIPTION_MAX:
        return text
    return text[: DESCRIPTION_MAX - 1].rsplit(" ", 1)[0] + "…"
