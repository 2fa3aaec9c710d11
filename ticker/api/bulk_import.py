"""``POST /v1/import``: many drafts in one request, each accepted or refused on its own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.auth import Auth
from ticker.api.bodies import NDJSON, NDJSON_TYPES, parse_json, read_body, require_type
from ticker.api.bulk_import_schemas import ImportLine, ImportReport
from ticker.api.problem_documents import UnsupportedMedia, document
from ticker.api.routing import Operation, json_response
from ticker.domain.errors import (
    BadRequest,
    FieldError,
    Invalid,
    TickerError,
    TooLarge,
    Unauthorised,
    Unavailable,
)
from ticker.domain.item import Draft, read_draft
from ticker.domain.taxonomy import Taxonomy
from ticker.publishing.service import Committed, ItemService

LINES_MAX = 500
LINES_AT_ONCE = 50
"""Lines validated without a pause, which takes about a millisecond, so that an import does not
delay live events."""

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class BulkImportRoutes:
    """Handler of bulk imports."""

    def __init__(
        self, items: ItemService, auth: Auth, taxonomy: Taxonomy, max_body: int, max_line: int
    ) -> None:
        """``max_body`` and ``max_line`` are bytes of the whole request and of one line."""
        self._items = items
        self._auth = auth
        self._taxonomy = taxonomy
        self._max_body = max_body
        self._max_line = max_line

    def operations(self) -> list[Operation]:
        """Return the row of the route table."""
        return [
            Operation(
                "POST",
                "/v1/import",
                "import",
                f"Publish up to {LINES_MAX} drafts, one JSON object a line",
                self.load,
                "Editors",
                text=(
                    "Each line is accepted or refused on its own; `results` has an entry for each, "
                    "in the order of the lines. Give each line a `key` to make a repeated import "
                    "safe. `published_at` keeps an item's original time. `delivered` of a line is "
                    "true if its event is in the lane, and `pending` while it waits; `pending` of "
                    "the report counts these."
                ),
                key="required",
                body=ImportLine,
                body_type=NDJSON,
                response=ImportReport,
                problems=(BadRequest, Unauthorised, TooLarge, UnsupportedMedia, Unavailable),
            )
        ]

    async def load(self, request: Request) -> Response:
        """Handle ``POST /v1/import``."""
        by = await self._auth.editor(request)
        require_type(request, NDJSON_TYPES)
        lines = list(_lines(await read_body(request, self._max_body)))
        if not lines:
            raise BadRequest("the body is empty; send one JSON object a line")
        if len(lines) > LINES_MAX:
            raise TooLarge(f"{len(lines):,} lines; send at most {LINES_MAX} in one request")
        outcomes: list[Draft | TickerError | Committed] = []
        delivered: dict[int, bool | None] = {}
        drafts: list[tuple[Draft, str | None]] = []
        places: list[int] = []
        for place, (_, line) in enumerate(lines):
            if place % LINES_AT_ONCE == LINES_AT_ONCE - 1:
                await asyncio.sleep(0)
            try:
                draft, key = self._read(line)
            except TickerError as error:
                outcomes.append(error)
                continue
            outcomes.append(draft)
            drafts.append((draft, key))
            places.append(place)
        if drafts:
            committed = await self._items.publish_many(drafts, by=by)
            unavailable = [outcome for outcome in committed if isinstance(outcome, Unavailable)]
            if len(unavailable) == len(committed):
                raise unavailable[0]
            for place, outcome in zip(places, committed, strict=True):
                outcomes[place] = outcome
            written = {
                place: outcome
                for place, outcome in enumerate(outcomes)
                if isinstance(outcome, Committed)
            }
            found = await self._items.delivered(*written.values())
            delivered = dict(zip(written, found, strict=True))
        results = [
            _result(number, outcome, delivered.get(place))
            for place, ((number, _), outcome) in enumerate(zip(lines, outcomes, strict=True))
            if not isinstance(outcome, Draft)
        ]
        refused = sum(result["status"] >= 400 for result in results)
        repeated = sum(result.get("repeated", False) for result in results)
        return json_response(
            {
                "results": results,
                "published": len(results) - refused - repeated,
                "repeated": repeated,
                "refused": refused,
                "pending": sum(found is False for found in delivered.values()),
            },
            headers={"cache-control": "no-store"},
        )

    def _read(self, line: bytes) -> tuple[Draft, str | None]:
        if len(line) > self._max_line:
            raise TooLarge(f"the line is larger than {self._max_line:,} bytes")
        data = parse_json(line)
        key = data.pop("key", None) if isinstance(data, dict) else None
        if key is not None and not (isinstance(key, str) and _KEY.fullmatch(key)):
            raise Invalid([FieldError("key", "must be 1 to 255 visible ASCII characters")])
        return read_draft(data, self._taxonomy), key


def _lines(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank, with their numbers from 1."""
    for number, line in enumerate(body.split(b"\n"), 1):
        if line and not line.isspace():
            yield number, line


def _result(
    number: int, outcome: Committed | TickerError, delivered: bool | None
) -> dict[str, Any]:
    if isinstance(outcome, TickerError):
        return {"line": number} | document(outcome)
    return {
        "line": number,
        "status": 201,
        "id": outcome.item.id,
        "state": outcome.item.state,
        "repeated": outcome.repeated,
        "delivered": "pending" if delivered is False else delivered,
    }
