"""``GET /v1/embed``: the ticker as an HTML fragment with its cursor, for pages on any site.

It is for server-side includes, readers without JavaScript and search engines. The fragment also
loads the element's script, which takes over the items and resumes from their cursor.
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
from ticker.api.cached_responses import CachedResponses
from ticker.api.headers import not_modified
from ticker.api.live_items import LiveItems
from ticker.api.page_security import SECURE
from ticker.api.poll_routes import SHARED
from ticker.api.problem_documents import BadQuery
from ticker.api.public_address import base_of
from ticker.api.query import FILTER_PARAMS, filter_of, limit_of, query_of
from ticker.api.routing import Operation, Param, json_response
from ticker.api.static_files import TYPES
from ticker.api.widget_schemas import WidgetWords
from ticker.config import Settings
from ticker.domain.did_you_mean import guess
from ticker.domain.errors import BadFilter, Unavailable
from ticker.site.addresses import Addresses
from ticker.site.item_views import ItemViewFactory
from ticker.site.render import render
from ticker.site.ticker_element import LAYOUTS, THEMES, ElementOptions, element
from ticker.stream.replay import Lane
from ticker.translations import translation_for

WORDS_CACHE = "public, max-age=3600, stale-while-revalidate=86400"

COUNT_DEFAULT, COUNT_MAX = 10, 100
"""Items in a fragment. Rendering a hundred takes about eight ms, and delays live clients."""

_OPTIONS = (
    "layout",
    "count",
    "theme",
    "script",
    "dismissible",
    "item-href",
    "breaking",
    "lang",
    "frame",
)
_HREF = re.compile(r"\{link\}|(?:https?://[^\s/?#]+/|/(?!/))[^\s]{0,500}")
_BREAKING = re.compile(r"none|(?:ticker|urgent|bulletin|flash) \d{1,4}m")
_LANG = re.compile(r"[A-Za-z0-9-]{1,35}")
_YES_NO = ("yes", "no")
_Choice = TypeVar("_Choice", bound=str)


@dataclass(frozen=True, slots=True)
class Script:
    """Address and integrity of the widget's script."""

    src: str
    integrity: str


class EmbedRoutes:
    """Handlers of the fragment, and of the widget's texts. Responses are cached like a poll's."""

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
        self.responses = CachedResponses()

    def operations(self) -> list[Operation]:
        """Return the row of the route table."""
        return [
            Operation(
                "GET",
                "/v1/embed",
                "embed",
                "Get the ticker as an HTML fragment for a page",
                self.embed,
                "Readers",
                text=(
                    "A `<news-ticker>` element with the live items, their cursor, and the script "
                    "that updates them, with its integrity. Readers without JavaScript and search "
                    "engines get the items as a list. Set `public_url` if another host includes "
                    "the fragment; by default the fragment contains the host of the request."
                ),
                public=True,
                params=(
                    *FILTER_PARAMS,
                    _one_of("layout", "The layout.", LAYOUTS, "list"),
                    Param(
                        "count",
                        "query",
                        "Maximum number of items.",
                        {
                            "type": "integer",
                            "minimum": 1,
                            "maximum": COUNT_MAX,
                            "default": COUNT_DEFAULT,
                        },
                    ),
                    _one_of(
                        "theme",
                        "Light, dark, or the setting of the reader's system.",
                        THEMES,
                        "auto",
                    ),
                    Param(
                        "item-href",
                        "query",
                        "Address that headlines link to, with `{id}`; `{link}` is each item's own "
                        "link. Default: the newsroom's page of the item.",
                    ),
                    Param(
                        "breaking",
                        "query",
                        "Lowest level and largest age of breaking news; `none`: nothing is. "
                        "Default: `urgent 20m`.",
                    ),
                    _one_of("dismissible", "Whether readers can close it.", _YES_NO, "no"),
                    Param("lang", "query", "Language of the labels. Default: the edition's."),
                    _one_of("script", "`no` omits the script.", _YES_NO, "yes"),
                    _one_of("frame", "`yes`: a whole page, for an `iframe`.", _YES_NO, "no"),
                    Param("If-None-Match", "header", "The ETag of the last response."),
                ),
                response_type=TYPES[".html"],
                problems=(BadFilter, Unavailable),
            ),
            Operation(
                "GET",
                "/v1/words/{name}",
                "words",
                "Get the widget's texts in a language",
                self.words,
                "Readers",
                text="`name` is an edition or a language. English if there is no translation.",
                public=True,
                params=(Param("name", "path", "An edition or a BCP 47 language tag."),),
                response=WidgetWords,
            ),
        ]

    async def embed(self, request: Request) -> Response:
        """Handle ``GET /v1/embed``."""
        pairs, parameters = query_of(request, _OPTIONS)
        options = ElementOptions(
            filter_of(pairs, self._taxonomy),
            _option(parameters, "layout", LAYOUTS, "list"),
            limit_of(parameters.get("count", []), COUNT_DEFAULT, COUNT_MAX, "count"),
            _option(parameters, "theme", THEMES, "auto"),
            base_of(request, self._settings),
            _text(
                parameters, "item-href", _HREF, "an address that begins with / or http, or {link}"
            ),
            _text(parameters, "breaking", _BREAKING, "a level and minutes, such as urgent 20m"),
            dismissible=_option(parameters, "dismissible", _YES_NO, "no") == "yes",
            lang=_text(parameters, "lang", _LANG, "a language tag"),
        )
        script = _option(parameters, "script", _YES_NO, "yes") == "yes"
        framed = _option(parameters, "frame", _YES_NO, "no") == "yes"
        lane = self._live_items.lane()
        now = datetime.fromtimestamp(self._clock(), UTC)
        found = self.responses.get(
            lane,
            (options, script, framed, now.date()),
            lambda: self._render(lane, options, script, framed, now),
        )
        # Cached as long as a poll: both show the live items, and the element resumes from the
        # fragment's cursor.
        headers = {"etag": found.etag, "cache-control": SHARED}
        if not_modified(request, found.etag):
            return Response(status_code=304, headers=headers)
        # Opened directly, it is a page of this server.
        headers |= SECURE | {"content-type": TYPES[".html"]}
        if framed:
            policy = SECURE["content-security-policy"]
            headers["content-security-policy"] = policy.replace(
                "frame-ancestors 'self'", "frame-ancestors *"
            )
        return Response(found.body, headers=headers)

    async def words(self, request: Request) -> Response:
        """Handle ``GET /v1/words/{name}``."""
        name: str = request.path_params["name"]
        edition = self._taxonomy.editions.get(name)
        translation = translation_for(name if edition is None else edition.language)
        body = orjson.dumps(translation.for_widget(self._taxonomy))
        etag = f'"{blake2b(body, digest_size=9).hexdigest()}"'
        headers = {"etag": etag, "cache-control": WORDS_CACHE}
        if not_modified(request, etag):
            return Response(status_code=304, headers=headers)
        return json_response(body, headers=headers)

    def _render(
        self, lane: Lane, options: ElementOptions, script: bool, framed: bool, now: datetime
    ) -> bytes:
        views = ItemViewFactory(
            self._taxonomy, self._addresses, now, faults=self._live_items.faults
        )
        src = options.server + self._bundles.widget_path
        return render(
            "embed_frame.html" if framed else "embed.html",
            element=element(lane, self.responses.settled, options, views),
            script=Script(src, self._bundles.widget.integrity) if script else None,
        )


def _option(
    parameters: Mapping[str, list[str]],
    name: str,
    choices: tuple[_Choice, ...],
    default: _Choice,
) -> _Choice:
    values = parameters.get(name, [])
    if not values:
        return default
    for one in choices:
        if values == [one]:
            return one
    likely = guess(values, choices)
    raise BadQuery(name, f"{name} must be one of {', '.join(choices)}{likely}")


def _text(
    parameters: Mapping[str, list[str]], name: str, pattern: re.Pattern[str], description: str
) -> str:
    values = parameters.get(name, [])
    if not values:
        return ""
    if len(values) > 1 or pattern.fullmatch(values[0]) is None:
        raise BadQuery(name, f"{name} must be {description}")
    return values[0]


def _one_of(name: str, text: str, choices: tuple[str, ...], default: str) -> Param:
    schema = {"type": "string", "enum": list(choices), "default": default}
    return Param(name, "query", text, schema)
