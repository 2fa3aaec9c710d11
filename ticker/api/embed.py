"""``GET /v1/embed``: the ticker as HTML, with the cursor in it, for a page on any site.

For server-side includes, readers without JavaScript and search engines. The element that the
fragment also loads takes over the lines where they stand and goes on from their cursor.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.address import base_of
from ticker.api.answers import Answers
from ticker.api.bundles import Bundles
from ticker.api.headers import limit_of, not_modified
from ticker.api.poll import ITEMS_MAX
from ticker.api.problems import BadQuery
from ticker.api.reading import FILTER_PARAMS, SHARED
from ticker.api.resource import Operation, Param
from ticker.api.services import Services
from ticker.api.site.addresses import Addresses
from ticker.api.site.element import LAYOUTS, THEMES, Choice, element
from ticker.api.site.lines import Typesetter
from ticker.api.site.render import render
from ticker.api.static import SECURE, TYPES
from ticker.api.view import View, filter_of, query_of
from ticker.core.errors import BadFilter, Unavailable
from ticker.core.lane import Lane

COUNT_DEFAULT, COUNT_MAX = 10, ITEMS_MAX

_OWN = ("layout", "count", "theme", "script")
_ANSWERS = ("yes", "no")
_One = TypeVar("_One", bound=str)


@dataclass(frozen=True, slots=True)
class Script:
    """Where the widget is, and what it must be."""

    src: str
    integrity: str


class Embed:
    """Serves the fragment. It is made once a question and item event, like a poll's answer."""

    def __init__(
        self,
        services: Services,
        bundles: Bundles,
        addresses: Addresses,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``clock`` gives seconds since 1970."""
        self._settings = services.settings
        self._taxonomy = services.settings.taxonomy
        self._view = View(services)
        self._bundles = bundles
        self._addresses = addresses
        self._clock = clock
        self.answers = Answers()

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
                    _one_of("script", "`no` leaves the script out.", _ANSWERS, "yes"),
                    Param("If-None-Match", "header", "The ETag of the last answer."),
                ),
                answer_type=TYPES[".html"],
                problems=(BadFilter, Unavailable),
            )
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
        )
        script = _chosen(own, "script", _ANSWERS, "yes") == "yes"
        lane = self._view.lane()
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

    def _made(self, lane: Lane, choice: Choice, script: bool, now: datetime) -> bytes:
        typesetter = Typesetter(self._taxonomy, self._addresses, now)
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


def _one_of(name: str, text: str, known: tuple[str, ...], default: str) -> Param:
    schema = {"type": "string", "enum": list(known), "default": default}
    return Param(name, "query", text, schema)
