"""The server-rendered ``<news-ticker>`` element: its attributes, items, and state in JSON.

The element's script resumes from ``cursor`` with the items in the state. The first paint needs no
request, and no event between rendering and loading is missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

import orjson
from markupsafe import Markup

from ticker.domain.clock import parse_ms
from ticker.domain.cursor import Cursor
from ticker.domain.event import LaneEvent
from ticker.domain.filter import Filter
from ticker.domain.item import Item, Level
from ticker.site.item_views import ItemView, ItemViewFactory
from ticker.stream.replay import Lane
from ticker.translations import FALLBACK, Translation, translation_for

Layout = Literal["bar", "list", "toast", "crawl", "screen"]
Theme = Literal["auto", "light", "dark"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
THEMES: tuple[Theme, ...] = get_args(Theme)
OWN_LINK = "{link}"
"""Value of ``item_href`` with which headlines link to the items' own links."""
BREAKING = "urgent 20m"
"""Lowest level and largest age of breaking news, if an element has no ``breaking``."""
_CANDIDATES = 20
"""Newest items among which breaking news is found."""
_MAX_MINUTES = 10_080


@dataclass(frozen=True, slots=True)
class ElementOptions:
    """Options of an element. Equal options render the same."""

    filter: Filter
    layout: Layout = "list"
    count: int = 10
    theme: Theme = "auto"
    server: str = ""
    """Scheme and host of the newsroom, for pages on other sites."""
    item_href: str = ""
    """Address that headlines link to, with ``{id}``; by default the item's page."""
    breaking: str = ""
    """Lowest level and largest age of breaking news, such as ``urgent 20m``."""
    skip: str = ""
    """Ids of items that the page shows elsewhere: a bar leaves them out."""
    dismissible: bool = False
    lang: str = ""
    """Language of controls and labels, if it is not the edition's."""

    @property
    def texts_key(self) -> str:
        """Return the key of the element's texts in its state."""
        return self.lang or min(self.filter.editions, default=FALLBACK)

    def attributes(self, cursor: str) -> list[tuple[str, str]]:
        """Return the element's attributes; empty facets have none."""
        facets = (
            ("edition", self.filter.editions),
            ("section", self.filter.sections),
            ("region", self.filter.regions),
            ("tag", self.filter.tags),
            ("story", self.filter.stories),
        )
        level = Level(self.filter.level).name if self.filter.level else ""
        named = [
            ("server", self.server),
            *((name, ",".join(sorted(values))) for name, values in facets),
            ("level", level),
            ("count", str(self.count)),
            ("layout", self.layout),
            ("theme", self.theme),
            ("item-href", self.item_href),
            ("breaking", self.breaking),
            ("skip", self.skip),
            ("lang", self.lang),
            ("cursor", cursor),
        ]
        return [(name, value) for name, value in named if value]


@dataclass(frozen=True, slots=True)
class Element:
    """Values of the template ``ticker.html``."""

    attributes: Sequence[tuple[str, str]]
    items: Sequence[ItemView]
    state: Markup
    """JSON that is safe between script tags."""
    dismissible: bool
    silent: bool
    """Whether the items are hidden: a toast shows only new items."""
    translation: Translation
    breaking: bool
    """Whether the first item is breaking news."""


def element(lane: Lane, cursor: Cursor, options: ElementOptions, views: ItemViewFactory) -> Element:
    """Return the element with the items at ``cursor``, the position of the newest item event."""
    href = options.item_href or options.server + views.addresses.item("{id}")
    views = replace(views, href="" if href == OWN_LINK else href, language=options.lang)
    ordered = options.layout in ("bar", "crawl", "screen")
    found = lane.current_items.select(
        options.filter, max(options.count, _CANDIDATES if ordered else 0)
    )
    rendered = [(event, view) for event in found if (view := views.view_or_none(event)) is not None]
    if ordered:
        rendered = _breaking_first(rendered, options, views.today)
    rendered = rendered[: options.count]
    taxonomy = views.taxonomy
    edition = taxonomy.editions.get(options.texts_key)
    translation = translation_for(options.texts_key if edition is None else edition.language)
    state = b'{"cursor":"%s","items":[%s],"words":%s}' % (
        str(cursor).encode(),
        b",".join(event.item for event, _ in rendered),
        orjson.dumps({options.texts_key: translation.for_widget(taxonomy)}),
    )
    return Element(
        options.attributes(str(cursor)),
        [view for _, view in rendered],
        script_safe(state),
        options.dismissible,
        options.layout == "toast",
        translation,
        bool(rendered) and _is_breaking(rendered[0][1].item, options, views.today),
    )


def _is_breaking(item: Item, options: ElementOptions, now: datetime) -> bool:
    """Return whether ``item`` is breaking news at ``now``.

    An option that is not a level and minutes means that nothing is.
    """
    level, _, age = (options.breaking or BREAKING).partition(" ")
    minutes = age.removesuffix("m")
    if level not in Level.__members__ or not minutes.isdecimal():
        return False
    limit = timedelta(minutes=min(int(minutes), _MAX_MINUTES))
    published = datetime.fromtimestamp(parse_ms(item.published_at) / 1000, UTC)
    return Level[item.level] >= Level[level] and now - published < limit


def _breaking_first(
    rendered: list[tuple[LaneEvent, ItemView]], options: ElementOptions, now: datetime
) -> list[tuple[LaneEvent, ItemView]]:
    """Return breaking news first, the highest level before others; else in the given order."""

    def weight(row: tuple[LaneEvent, ItemView]) -> int:
        item = row[1].item
        return -Level[item.level] - 1 if _is_breaking(item, options, now) else 0

    shown = [row for row in rendered if row[1].item.id not in options.skip]
    return sorted(shown or rendered, key=weight)


def script_safe(json: bytes) -> Markup:
    """Return JSON in which no HTML parser finds the end of the script, or a comment.

    ``<`` occurs only inside strings, where its escape is equivalent (RFC 8259 §7).
    """
    return Markup(json.replace(b"<", b"\\u003c").decode())  # it contains no "<"
