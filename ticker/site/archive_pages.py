"""Pages of the archive: older items, the search, and the board as it was at a time.

They work without a script. What they show is asked anew for each request, because another process
writes the archive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from ticker.api.cached_responses import settled_cursor
from ticker.api.live_items import LiveItems
from ticker.api.miss_budget import charge_miss
from ticker.api.older_items import OlderItems
from ticker.api.page_security import CSP, SECURE
from ticker.api.places import before_of, past_time
from ticker.api.poll_routes import SHARED
from ticker.api.problem_documents import BadQuery
from ticker.api.public_address import base_of
from ticker.api.query import filter_of, query_of
from ticker.api.search import OWN, query_in
from ticker.api.shown_now import Found
from ticker.api.static_files import TYPES
from ticker.archive.matching import highlights
from ticker.archive.query import TEXT_MAX, Query
from ticker.config import Settings
from ticker.domain.clock import rfc3339
from ticker.domain.cursor import Cursor
from ticker.domain.errors import BadFilter, NotFound
from ticker.domain.filter import Filter
from ticker.site.item_views import ItemView
from ticker.site.page_frame import PageMetadata
from ticker.site.page_parts import PageParts
from ticker.site.render import render
from ticker.translations import translation_for

PAGE_ITEMS = 30
BOARD_ITEMS = 50
HEADERS = SECURE | {
    "content-security-policy": CSP.replace("form-action 'none'", "form-action 'self'"),
    "content-type": TYPES[".html"],
    "cache-control": SHARED,
}

_ANOTHER_YEAR = datetime.fromtimestamp(0, UTC)
"""Seen from there, each time has its whole date."""

Part = tuple[str, bool]
"""A piece of a text, and whether the search matches it."""


@dataclass(frozen=True, slots=True)
class Result:
    """An item of a page, with its texts in parts."""

    view: ItemView
    headline: Sequence[Part]
    summary: Sequence[Part]


class ArchivePages:
    """Handlers of the pages of the archive."""

    def __init__(
        self,
        live_items: LiveItems,
        older: OlderItems,
        settings: Settings,
        parts: PageParts,
        clock: Callable[[], float],
    ) -> None:
        """``clock`` is seconds since 1970."""
        self._live_items = live_items
        self._older = older
        self._taxonomy = settings.taxonomy
        self._parts = parts
        self._clock = clock

    async def archive(self, request: Request) -> Response:
        """Handle ``GET /{edition}/archive``: all items of the edition, newest first."""
        edition = self._edition(request)
        _, own = query_of(request, ("before",))
        before = before_of(own["before"]) if any(own.get("before", [])) else None
        cursor = self._cursor()
        charge_miss()
        page = await self._older.in_order(_of(edition), before, PAGE_ITEMS)
        path = f"{self._parts.addresses.front(edition)}/archive"
        return self._respond(
            request,
            "archive.html",
            edition,
            translation_for(self._taxonomy.editions[edition].language).text("archive"),
            path,
            self._state(cursor, edition, page.items),
            results=self._results(page.items, Query()),
            first=path if before is not None else "",
            following=_address(path, {"before": page.next.token}) if page.next else "",
        )

    async def search(self, request: Request) -> Response:
        """Handle ``GET /{edition}/search``. A search that cannot be understood is explained."""
        edition = self._edition(request)
        pairs, own = query_of(request, OWN)
        path = f"{self._parts.addresses.front(edition)}/search"
        asked = {name: (own.get(name) or [""])[-1][:TEXT_MAX] for name in ("q", "from", "to")}
        sections = [value for name, value in pairs if name == "section"]
        section = sections[-1] if sections and sections[-1] in self._taxonomy.sections else ""
        wrong, found, results, following = "", [], [], ""
        cursor = self._cursor()
        try:
            chosen = [("edition", edition)] + ([("section", section)] if section else [])
            given = query_in([], {name: [text] for name, text in asked.items()}, self._taxonomy)
            if given.selects or section:
                query = given.within(filter_of(chosen, self._taxonomy))
                before = before_of(own["before"]) if any(own.get("before", [])) else None
                charge_miss()
                page = await self._older.search(query, before, PAGE_ITEMS)
                found = list(page.items)
                results = self._results(found, query)
                if page.next is not None:
                    following = _address(
                        path, asked | {"section": section, "before": page.next.token}
                    )
        except BadQuery as error:
            wrong = error.detail
        asks = bool(section or any(asked.values()))
        return self._respond(
            request,
            "search.html",
            edition,
            translation_for(self._taxonomy.editions[edition].language).text("search"),
            path,
            self._state(cursor, edition, found),
            asked=asked | {"section": section},
            asks=asks,
            sections=self._taxonomy.sections,
            text_max=TEXT_MAX,
            wrong=wrong,
            results=results,
            following=following,
        )

    async def board(self, request: Request) -> Response:
        """Handle ``GET /{edition}/at/{time}`` and ``…/at?at=``. Without a zone it is UTC.

        A wrong time is not found as a path; in the form it is explained.
        """
        edition = self._edition(request)
        _, own = query_of(request, ("at",))
        in_path = request.path_params.get("time", "")
        text = in_path or (own.get("at") or [""])[-1]
        path = f"{self._parts.addresses.front(edition)}/at"
        at, found, wrong = None, [], False
        cursor = self._cursor()
        if text:
            try:
                at = past_time([_with_zone(text)], self._clock())
            except BadFilter:
                if in_path:
                    raise NotFound("there is no front page of this time") from None
                wrong = True
        if at is not None:
            charge_miss()
            found = await self._older.board(at, _of(edition), BOARD_ITEMS)
        translation = translation_for(self._taxonomy.editions[edition].language)
        shown = "" if at is None else translation.time(rfc3339(at), _ANOTHER_YEAR)
        title = translation.text("boardAt", time=shown) if shown else translation.text("boardLink")
        return self._respond(
            request,
            "board.html",
            edition,
            title,
            path,
            self._state(cursor, edition, found),
            at="" if at is None else rfc3339(at),
            wrong=wrong,
            results=self._results(found, Query()),
        )

    def _edition(self, request: Request) -> str:
        edition: str = request.path_params["edition"]
        if edition not in self._taxonomy.editions or not self._older.has_archive:
            raise NotFound(f"no resource at {request.scope['path']}")
        return edition

    def _cursor(self) -> Cursor:
        """Return the position of the lane; taken before a question, its answer is not older."""
        return settled_cursor(self._live_items.lane())

    def _state(self, cursor: Cursor, edition: str, found: Sequence[Found]) -> Markup:
        events = [one.event() for one in found]
        return self._parts.state(cursor, {"edition": edition}, events)

    def _results(self, found: Sequence[Found], query: Query) -> list[Result]:
        results = []
        for one in found:
            view = self._parts.view_of(one.event())
            if view is not None:
                summary = view.item.summary or ""
                results.append(
                    Result(view, _parts(query, view.item.headline), _parts(query, summary))
                )
        return results

    def _respond(
        self,
        request: Request,
        template: str,
        edition: str,
        title: str,
        path: str,
        state: Markup,
        **values: Any,
    ) -> Response:
        editions = self._taxonomy.editions
        metadata = PageMetadata(title, title, path)
        # A search is of one person, and a board of the past is a page of today's items once more.
        metadata = replace(metadata, index=template == "archive.html")
        frame = self._parts.frame(edition, base_of(request, self._parts.settings), metadata)
        body = render(template, frame=frame, path=path, state=state, **values)
        language = editions[edition].language
        return Response(body, headers=HEADERS | {"content-language": language})


def _of(edition: str) -> Filter:
    return Filter(editions=frozenset((edition,)))


def _address(path: str, parameters: Mapping[str, str]) -> str:
    return f"{path}?{urlencode({name: value for name, value in parameters.items() if value})}"


def _with_zone(text: str) -> str:
    """Return a time with ``Z`` if it has no zone."""
    clock = text.partition("T")[2]
    return text if any(mark in clock for mark in "Zz+- ") else f"{text}Z"


def _parts(query: Query, text: str) -> list[Part]:
    parts: list[Part] = []
    end = 0
    for start, stop in highlights(query, text):
        parts += [(text[end:start], False), (text[start:stop], True)]
        end = stop
    return [part for part in (*parts, (text[end:], False)) if part[0]]
