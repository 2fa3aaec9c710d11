"""Routes for readership: read reports (the beacon), and the most-read items.

No request costs a Redis command. A report gets the same response whether it counted or not, so that
an abuser learns nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.bodies import BODY_PROBLEMS, JSON, parse_json, read_body, require_type
from ticker.api.cached_responses import CachedResponses
from ticker.api.live_items import LiveItems
from ticker.api.problem_documents import BadQuery
from ticker.api.query import FILTER_PARAMS, filter_of, limit_of, query_of
from ticker.api.ranking_cache import Ranking, RankingCache
from ticker.api.read_counter import ReadCounter
from ticker.api.readership_schemas import Beacon, MostRead
from ticker.api.routing import Operation, Param, client_of
from ticker.domain.did_you_mean import guess
from ticker.domain.errors import BadFilter, Unavailable
from ticker.domain.filter import Filter
from ticker.domain.taxonomy import Taxonomy
from ticker.domain.validation_messages import validate
from ticker.readership.scores import WINDOWS, Window
from ticker.stream.current_items import CurrentItems

BEACON_MAX = 256
"""Bytes of a read report."""
LIMIT_DEFAULT, LIMIT_MAX = 10, 50
WINDOW_DEFAULT: Window = "day"
CACHE = "public, max-age=15"


class ReadershipRoutes:
    """Handlers of read reports and rankings."""

    def __init__(
        self,
        live_items: LiveItems,
        read_counter: ReadCounter,
        ranking_cache: RankingCache,
        taxonomy: Taxonomy,
    ) -> None:
        self._live_items = live_items
        self._read_counter = read_counter
        self._ranking_cache = ranking_cache
        self._taxonomy = taxonomy
        self._responses = CachedResponses()

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "POST",
                "/v1/beacon",
                "beacon",
                "Report that a reader opened or shared an item",
                self.beacon,
                "Readers",
                text=(
                    "Responds 204 whether the read counts or not. The Content-Type may be "
                    "`application/json` or `text/plain`, so that `navigator.sendBeacon` works from "
                    "any site. No cookie is set or read, no address is stored, and with "
                    "`Sec-GPC: 1` nothing is counted."
                ),
                public=True,
                params=(Param("Sec-GPC", "header", "`1`: do not count this reader."),),
                body=Beacon,
                status=204,
                problems=BODY_PROBLEMS,
            ),
            Operation(
                "GET",
                "/v1/most-read",
                "most_read",
                "Get the most-read items, best first",
                self.most_read,
                "Readers",
                text=(
                    "Opens and shares count the same, and half as much after each quarter of the "
                    "window. `opens` and `shares` are totals since the item was published."
                ),
                public=True,
                params=(
                    *FILTER_PARAMS,
                    Param(
                        "window",
                        "query",
                        "The time window; older reads count less.",
                        {"type": "string", "enum": [*WINDOWS], "default": WINDOW_DEFAULT},
                    ),
                    Param(
                        "limit",
                        "query",
                        "Maximum number of items.",
                        {
                            "type": "integer",
                            "minimum": 1,
                            "maximum": LIMIT_MAX,
                            "default": LIMIT_DEFAULT,
                        },
                    ),
                    Param("If-None-Match", "header", "The ETag of the last response."),
                ),
                response=MostRead,
                problems=(BadFilter, Unavailable),
            ),
        ]

    async def beacon(self, request: Request) -> Response:
        """Handle ``POST /v1/beacon``."""
        require_type(request, (JSON, "text/plain"))
        beacon = validate(Beacon, parse_json(await read_body(request, BEACON_MAX)))
        if request.headers.get("sec-gpc", "").strip() == "1":
            self._read_counter.ignore("opted_out")
        elif beacon.id not in self._live_items:
            self._read_counter.ignore("unknown")
        else:
            self._read_counter.count(client_of(request), beacon.id, beacon.kind)
        return Response(status_code=204, headers={"cache-control": "no-store"})

    async def most_read(self, request: Request) -> Response:
        """Handle ``GET /v1/most-read``."""
        pairs, own = query_of(request, ("limit", "window"))
        filter = filter_of(pairs, self._taxonomy)
        limit = limit_of(own.get("limit", []), LIMIT_DEFAULT, LIMIT_MAX)
        window = _window(own.get("window", [WINDOW_DEFAULT]))
        ranking = await self._ranking_cache.ranking(window, self._live_items.whole().current_items)
        lane = self._live_items.lane()
        found = self._responses.get(
            lane,
            (window, filter, limit, ranking.number),
            lambda: (
                b'{"window":"%s","items":[%s]}'
                % (
                    window.encode(),
                    b",".join(_ranked_items(ranking, lane.current_items, filter, limit)),
                )
            ),
        )
        return found.respond(request, CACHE)


def _ranked_items(
    ranking: Ranking, items: CurrentItems, filter: Filter, limit: int
) -> Iterable[bytes]:
    remaining = limit
    for ranked in ranking.items:
        event = items.get(ranked.id)
        if event is None or event.facets is None or not filter.matches(event.facets):
            continue
        yield b'{"item":%s,"opens":%d,"shares":%d}' % (event.item, ranked.opens, ranked.shares)
        remaining -= 1
        if not remaining:
            break


def _window(values: list[str]) -> Window:
    for window in WINDOWS:
        if values == [window]:
            return window
    likely = guess(values, WINDOWS)
    raise BadQuery("window", f"window must be one of {', '.join(WINDOWS)}{likely}")
