"""``GET /v1/embed``: the ticker as HTML, with the cursor in it, for a page on any site.

For server-side includes, readers without JavaScript and search engines. The element that the
fragment also loads takes over the lines where they stand and goes on from their cursor.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import Response

from ticker.api.browser_bundles import BrowserBundles
from ticker.api.cached_answers import CachedAnswers
from ticker.api.headers import not_modified
from ticker.api.live_items import LiveItems
from ticker.api.problems import BadQuery
from ticker.api.public_address import base_of
from ticker.api.query import FILTER_PARAMS, filter_of, limit_of, query_of
from ticker.api.reading import SHARED
from ticker.api.resource import Operation, Param, answer
from ticker.api.static_files import SECURE, TYPES
from ticker.api.widget_schemas import WidgetWords
from ticker.config import Settings
from ticker.domain.errors import BadFilter, Unavailable
from ticker.site.addresses import Addresses
from ticker.site.element import LAYOUTS, THEMES, Choice, element
from ticker.site.item_views import ItemViewFactory
from ticker.site.render import render
from ticker.stream.replay import Lane
from ticker.words import words_for

WORDS_CACHE = "public, max-age=3600, stale-while-revalidate=86400"

COUNT_DEFAULT, COUNT_MAX = 10, 100
"""Lines. A hundred take the loop about eight milliseconds, and live readers wait meanwhile."""

_OWN = ("layout", "count", "theme", "script", "dismissible", "item-href", "lang")
_HREF = re.compile(r"(?:https?://[^\s/?#]+/|/(?!/))[^\s]{0,500}")
_LANG = re.compile(r"[A-Za-z0-9-]{1,35}")
_ANSWERS = ("yes", "no")
_One = TypeVar("_One", bound=str)


@dataclass(frozen=True, slots=True)
class Script:
    """Where the widget is, and what it must be."""

    src: str
    integrity: str


class EmbedRoutes:
    """Serves the fragment. It is made once a question and item event, like a poll's answer."""

    def __init__(
        self,
        live_items: LiveItems,
        settings: Settings,
        bundles: BrowserBundles,
        addresses: Addresses,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``clock`` gives seconds since 1970."""
        self._live_items = live_items
        self._settings = settings
        self._taxonomy = settings.taxonomy
        self._bundles = bundles
        self._addresses = addresses
        self._clock = clock
        self.answers = CachedAnswers()

    def operations(self) -> list[Operation]:
        """Return the row of the route table."""
        return [
            Operation(
                "GET",
                "/v1/embed",
                "embed",
                "The ticker as HTML, ready to be put into a page",
                self.embed,
                "Readers",
                text=(
                    "A `<news-ticker>` element with the lines that are out now, the cursor they "
                    "stand at, and the script that keeps them live, with its integrity. Readers "
                    "without JavaScript and search engines get the lines as a list. Set "
                    "`public_url` where another host includes the fragment: it names the "
                    "newsroom by it, else by the request."
                ),
                public=True,
                params=(
                    *FILTER_PARAMS,
                    _one_of("layout", "How it looks.", LAYOUTS, "list"),
                    Param(
                        "count",
                        "query",
                        "At most so many lines.",
                        {
                            "type": "integer",
                            "minimum": 1,
                            "maximum": COUNT_MAX,
                            "default": COUNT_DEFAULT,
                        },
                    ),
                    _one_of("theme", "Light, dark, or as the reader's system.", THEMES, "auto"),
                    Param("item-href", "query", "Where lines lead, with `{id}`; else to links."),
                    _one_of("dismissible", "Whether readers may close it.", _ANSWERS, "no"),
                    Param("lang", "query", "The language of the labels; else the edition's."),
                    _one_of("script", "`no` leaves the script out.", _ANSWERS, "yes"),
                    Param("If-None-Match", "header", "The ETag of the last answer."),
                ),
                answer_type=TYPES[".html"],
                problems=(BadFilter, Unavailable),
            ),
            Operation(
                "GET",
                "/v1/words/{name}",
                "words",
                "What the widget says in a language",
                self.words,
                "Readers",
                text="`name` is an edition or a language; English where that has no words.",
                public=True,
                params=(Param("name", "path", "An edition or a BCP 47 language tag."),),
                answer=WidgetWords,
            ),
        ]

    async def embed(self, request: Request) -> Response:
        """Answer ``GET /v1/embed``."""
        pairs, own = query_of(request, _OWN)
        choice = Choice(
            filter_of(pairs, self._taxonomy),
            _chosen(own, "layout", LAYOUTS, "list"),
            limit_of(own.get("count", []), COUNT_DEFAULT, COUNT_MAX, "count"),
            _chosen(own, "theme", THEMES, "auto"),
            base_of(request, self._settings),
            _text(own, "item-href", _HREF, "an address that begins with / or http"),
            _chosen(own, "dismissible", _ANSWERS, "no") == "yes",
            _text(own, "lang", _LANG, "a language tag"),
        )
        script = _chosen(own, "script", _ANSWERS, "yes") == "yes"
        lane = self._live_items.lane()
        now = datetime.fromtimestamp(self._clock(), UTC)
        found = self.answers.answer(
            lane, (choice, script, now.date()), lambda: self._made(lane, choice, script, now)
        )
        # As good for as long as a poll: both show what is out, and the element takes the fragment's
        # cursor to where the polls are.
        headers = {"etag": found.etag, "cache-control": SHARED}
        if not_modified(request, found.etag):
            return Response(status_code=304, headers=headers)
        # Opened by itself it is a page of this server.
        headers |= SECURE | {"content-type": TYPES[".html"]}
        return Response(found.body, headers=headers)

    async def words(self, request: Request) -> Response:
        """Answer ``GET /v1/words/{name}``."""
        name: str = request.path_params["name"]
        edition = self._taxonomy.editions.get(name)
        words = words_for(name if edition is None else edition.language)
        body = orjson.dumps(words.for_widget(self._taxonomy))
        etag = f'"{blake2b(body, digest_size=9).hexdigest()}"'
        headers = {"etag": etag, "cache-control": WORDS_CACHE}
        if not_modified(request, etag):
            return Response(status_code=304, headers=headers)
        return answer(body, headers=headers)

    def _made(self, lane: Lane, choice: Choice, script: bool, now: datetime) -> bytes:
        typesetter = ItemViewFactory(self._taxonomy, self._addresses, now)
        src = choice.server + self._bundles.widget_path
        return render(
            "embed.html",
            element=element(lane, self.answers.settled, choice, typesetter),
            script=Script(src, self._bundles.widget.integrity) if script else None,
        )


def _chosen(
    own: Mapping[str, list[str]], name: str, known: tuple[_One, ...], default: _One
) -> _One:
    values = own.get(name, [])
    if not values:
        return default
    for one in known:
        if values == [one]:
            return one
    raise BadQuery(name, f"{name} must be one of {', '.join(known)}")


def _text(own: Mapping[str, list[str]], name: str, form: re.Pattern[str], what: str) -> str:
    values = own.get(name, [])
    if not values:
        return ""
    if len(values) > 1 or form.fullmatch(values[0]) is None:
        raise BadQuery(name, f"{name} must be {what}")
    return values[0]


def _one_of(name: str, text: str, known: tuple[str, ...], default: str) -> Param:
    schema = {"type": "string", "enum": list(known), "default": default}
    return Param(name, "query", text, schema)
