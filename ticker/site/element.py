"""The ``<news-ticker>`` element as the server writes it: attributes, lines, and the state in JSON.

The element resumes from ``cursor`` with the items it finds in the state, so that the first paint
costs no request and nothing between the page's making and its arrival is missed.
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
from ticker.words import FALLBACK, Words, words_for

Layout = Literal["bar", "list", "toast"]
Theme = Literal["auto", "light", "dark"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
THEMES: tuple[Theme, ...] = get_args(Theme)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a page asks of the element. Equal choices look the same."""

    filter: Filter
    layout: Layout = "list"
    count: int = 10
    theme: Theme = "auto"
    server: str = ""
    """Scheme and host of the newsroom, for pages elsewhere."""
    item_href: str = ""
    """Where lines lead, with ``{id}``."""
    dismissible: bool = False
    lang: str = ""
    """The language of controls and labels, if not the edition's."""

    @property
    def speaks(self) -> str:
        """Return the name under which the element looks for its words, as its script does."""
        return self.lang or min(self.filter.editions, default=FALLBACK)

    def attributes(self, cursor: str) -> list[tuple[str, str]]:
        """Return the element's attributes; a facet that is not narrowed has none."""
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
    """What the template ``ticker.html`` needs."""

    attributes: Sequence[tuple[str, str]]
    lines: Sequence[ItemView]
    state: Markup
    """JSON that may stand between script tags."""
    dismissible: bool
    silent: bool
    """A toast says what comes; its lines are for programs."""
    words: Words


def element(lane: Lane, cursor: Cursor, choice: Choice, typesetter: ItemViewFactory) -> Element:
    """Return the element for ``choice`` as it stands at ``cursor``, where ``lane`` has settled."""
    events = lane.current_items.select(choice.filter, choice.count)
    taxonomy = typesetter.taxonomy
    edition = taxonomy.editions.get(choice.speaks)
    words = words_for(choice.speaks if edition is None else edition.language)
    state = b'{"cursor":"%s","items":[%s],"words":%s}' % (
        str(cursor).encode(),
        b",".join(event.item for event in events),
        orjson.dumps({choice.speaks: words.for_widget(taxonomy)}),
    )
    lines = replace(typesetter, href=choice.item_href, language=choice.lang).lines(events)
    return Element(
        choice.attributes(str(cursor)),
        lines,
        script_safe(state),
        choice.dismissible,
        choice.layout == "toast",
        words,
    )


def script_safe(json: bytes) -> Markup:
    """Return JSON that no HTML parser takes for the end of its script, or for a comment.

    ``<`` stands only inside strings, where its escape means the same (RFC 8259 §7).
    """
    return Markup(json.replace(b"<", b"\\u003c").decode())  # it holds no "<"
