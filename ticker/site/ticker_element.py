"""The server-rendered ``<news-ticker>`` element: its attributes, items, and state in JSON.

The element's script resumes from ``cursor`` with the items in the state. The first paint needs no
request, and no event between rendering and loading is missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import orjson
from markupsafe import Markup

from ticker.domain.cursor import Cursor
from ticker.domain.filter import Filter
from ticker.domain.item import Level
from ticker.site.item_views import ItemView, ItemViewFactory
from ticker.stream.replay import Lane
from ticker.translations import FALLBACK, Translation, translation_for

Layout = Literal["bar", "list", "toast"]
Theme = Literal["auto", "light", "dark"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
THEMES: tuple[Theme, ...] = get_args(Theme)


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
    """Address that headlines link to, with ``{id}``."""
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


def element(lane: Lane, cursor: Cursor, options: ElementOptions, views: ItemViewFactory) -> Element:
    """Return the element with the items at ``cursor``, the position of the newest item event."""
    views = replace(views, href=options.item_href, language=options.lang)
    rendered = [
        (event, view)
        for event in lane.current_items.select(options.filter, options.count)
        if (view := views.view_or_none(event)) is not None
    ]
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
    )


def script_safe(json: bytes) -> Markup:
    """Return JSON in which no HTML parser finds the end of the script, or a comment.

    ``<`` occurs only inside strings, where its escape is equivalent (RFC 8259 §7).
    """
    return Markup(json.replace(b"<", b"\\u003c").decode())  # it contains no "<"
