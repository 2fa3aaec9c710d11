"""Route of the search in the archive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.auth import Auth
from ticker.api.miss_budget import charge_miss
from ticker.api.older_items import OlderItems
from ticker.api.older_responses import headers_of, is_editor, item_of
from ticker.api.places import before_of
from ticker.api.problem_documents import BadQuery
from ticker.api.query import FILTER_PARAMS, filter_of, limit_of, query_of
from ticker.api.routing import Operation, Param, json_response
from ticker.api.search_schemas import SearchResults
from ticker.api.shown_now import Found
from ticker.archive.matching import highlights
from ticker.archive.query import TEXT_MAX, Query, parse, period
from ticker.domain.errors import BadFilter, NotFound, Unauthorised, Unavailable
from ticker.domain.taxonomy import Taxonomy

RESULTS_DEFAULT, RESULTS_MAX = 20, 100
_LIMIT = {
    "type": "integer",
    "minimum": 1,
    "maximum": RESULTS_MAX,
    "default": RESULTS_DEFAULT,
}
OWN = ("q", "from", "to", "before", "limit")


class SearchRoutes:
    """Handler of ``GET /v1/search``."""

    def __init__(self, older: OlderItems, auth: Auth, taxonomy: Taxonomy) -> None:
        self._older = older
        self._auth = auth
        self._taxonomy = taxonomy

    def operations(self) -> list[Operation]:
        """Return the rows of the route table; none without an archive."""
        return [
            Operation(
                "GET",
                "/v1/search",
                "search",
                "Search all items that were ever live",
                self.search,
                "Readers",
                text=(
                    'Words, `"phrases"`, `-exclusions`, beginnings of words (`harb*`), and facets '
                    "in the text: `section:`, `region:`, `tag:`, `story:`, `edition:`, `level:` (a "
                    "minimum), `from:` and `to:` (`2026-11-28`, `2026-11` or `2026`, in UTC). All "
                    "words must occur, in headline, summary, speaker, source, tags or correction. "
                    "Case, accents, Arabic vowel signs and the variants of Arabic letters do not "
                    "count. Newest first. 404 if the newsroom keeps no archive."
                ),
                key="optional",
                public=True,
                params=(
                    Param("q", "query", f"The search, at most {TEXT_MAX} characters."),
                    *FILTER_PARAMS,
                    Param("from", "query", "First day, month, year or moment."),
                    Param("to", "query", "Last day, month, year or moment."),
                    Param("before", "query", "The `next` of the last response."),
                    Param(
                        "limit",
                        "query",
                        "Maximum number of items.",
                        _LIMIT,
                    ),
                ),
                response=SearchResults,
                problems=(BadFilter, NotFound, Unauthorised, Unavailable),
            )
        ]

    async def search(self, request: Request) -> Response:
        """Handle ``GET /v1/search``."""
        for_editor = await is_editor(request, self._auth)
        pairs, own = query_of(request, OWN)
        query = query_in(pairs, own, self._taxonomy)
        if not query.selects:
            raise BadQuery("q", "q must have at least one word, facet or date")
        limit = limit_of(own.get("limit", []), RESULTS_DEFAULT, RESULTS_MAX)
        before = before_of(own["before"]) if any(own.get("before", [])) else None
        charge_miss()
        page = await self._older.search(query, before, limit)
        following = None if page.next is None else page.next.token
        results = [_result(query, one, for_editor) for one in page.items]
        return json_response(
            {"results": results, "next": following},
            headers=headers_of(request, following, for_editor=for_editor),
        )


def query_in(
    pairs: list[tuple[str, str]], own: Mapping[str, list[str]], taxonomy: Taxonomy
) -> Query:
    """Return the search that parameters ask for. Raises BadQuery that names the wrong one.

    What the text of ``q`` says counts before the parameter of the same name.
    """
    for name in ("q", "from", "to"):
        if len(own.get(name, ())) > 1:
            raise BadQuery(name, f"send {name} once")
    try:
        query = parse(_only(own, "q"), taxonomy)
    except BadFilter as error:
        raise BadQuery("q", error.detail) from None
    query = query.within(filter_of(pairs, taxonomy))
    try:
        since, until = _only(own, "from"), _only(own, "to")
        return query.between(
            period("from", since)[0] if since else None, period("to", until)[1] if until else None
        )
    except BadFilter as error:
        raise BadQuery(error.detail.partition(" ")[0], error.detail) from None


def _only(own: Mapping[str, list[str]], name: str) -> str:
    return (own.get(name) or [""])[0]


def _result(query: Query, found: Found, for_editor: bool) -> dict[str, Any]:
    item = item_of(found, for_editor=for_editor)
    marks = {name: highlights(query, item[name] or "") for name in ("headline", "summary")}
    return {"item": item, "marks": marks}
