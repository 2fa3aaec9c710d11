"""``POST /v1/import``: many drafts in one request, each accepted or refused on its own."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.auth import Auth
from ticker.api.bodies import NDJSON, NDJSON_TYPES, parse_json, read_body, require_type
from ticker.api.bulk_import_schemas import ImportLine, ImportReport
from ticker.api.current_lane import ReadView
from ticker.api.item_pictures import ItemPictures
from ticker.api.problem_documents import UnsupportedMedia, document
from ticker.api.routing import Operation, json_response
from ticker.api.warnings import Warnings
from ticker.domain.errors import (
    BadRequest,
    TickerError,
    TooLarge,
    Unauthorised,
    Unavailable,
)
from ticker.domain.taxonomy import Taxonomy
from ticker.publishing.delivery import wait_for_lane
from ticker.publishing.import_line import read_line
from ticker.publishing.import_record import Incoming
from ticker.publishing.import_result import Imported
from ticker.publishing.service import ItemService

LINES_MAX = 500
LINES_AT_ONCE = 50
"""Lines validated without a pause, which takes about a millisecond, so that an import does not
delay live events."""
WARNED_AT_ONCE = 10
"""Items compared with those that are live without a pause: about a millisecond too."""


class BulkImportRoutes:
    """Handler of bulk imports."""

    def __init__(
        self,
        items: ItemService,
        auth: Auth,
        read_view: ReadView,
        taxonomy: Taxonomy,
        max_body: int,
        max_line: int,
        pictures: ItemPictures,
    ) -> None:
        """``max_body`` and ``max_line`` are bytes of the whole request and of one line."""
        self._pictures = pictures
        self._warnings = Warnings(read_view)
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
                f"Publish or update up to {LINES_MAX} items, one JSON object a line",
                self.load,
                "Editors",
                text=(
                    "Each line is accepted or refused on its own; `results` has an entry for each, "
                    "in the order of the lines. Give each line a `key` that identifies it in its "
                    "source: a repeated import then publishes nothing, and a line that has changed "
                    "updates its item. A line with `status` `canceled` retracts the item of its "
                    "key. `published_at` keeps an item's original time. `delivered` of a line is "
                    "true if its event is in the lane, and `pending` while it waits; `pending` of "
                    "the report counts these. `warnings` of a line are reasons to look again, as "
                    "for a publication."
                ),
                key="required",
                permission="publish",
                recorded=True,
                body=ImportLine,
                body_type=NDJSON,
                response=ImportReport,
                problems=(BadRequest, Unauthorised, TooLarge, UnsupportedMedia, Unavailable),
            )
        ]

    async def load(self, request: Request) -> Response:
        """Handle ``POST /v1/import``."""
        editor = await self._auth.editor(request, "publish")
        require_type(request, NDJSON_TYPES)
        lines = list(_lines(await read_body(request, self._max_body)))
        if not lines:
            raise BadRequest("the body is empty; send one JSON object a line")
        if len(lines) > LINES_MAX:
            raise TooLarge(f"{len(lines):,} lines; send at most {LINES_MAX} in one request")
        delivered: dict[int, bool | None] = {}
        results: dict[int, Imported | TickerError] = {}
        entries: dict[int, Incoming] = {}
        for place, (number, line) in enumerate(lines):
            if place % LINES_AT_ONCE == LINES_AT_ONCE - 1:
                await asyncio.sleep(0)
            try:
                entry = self._read(line)
                if entry.draft is not None and entry.draft.media:
                    draft = await self._pictures.resolved(entry.draft, request)
                    entry = replace(entry, draft=draft)
                entries[number] = entry
            except TickerError as error:
                results[number] = error
        if entries:
            imported = await self._items.importer.run(
                list(entries.values()), by=editor.name, permit=editor.check_item
            )
            unavailable = [outcome for outcome in imported if isinstance(outcome, Unavailable)]
            if len(unavailable) == len(imported):
                raise unavailable[0]
            results |= zip(entries, imported, strict=True)
            written = {
                number: outcome
                for number, outcome in results.items()
                if isinstance(outcome, Imported)
            }
            found = await wait_for_lane(self._items, *written.values())
            delivered = dict(zip(written, found, strict=True))
        report = [_result(number, results[number], delivered.get(number)) for number, _ in lines]
        await self._warn(report, results)
        actions = Counter(result.get("action", "refused") for result in report)
        return json_response(
            {
                "results": report,
                "published": actions["published"],
                "updated": actions["updated"],
                "withdrawn": actions["withdrawn"],
                "repeated": actions["unchanged"],
                "refused": actions["refused"],
                "pending": sum(found is False for found in delivered.values()),
            },
            headers={"cache-control": "no-store"},
        )

    async def _warn(
        self, report: list[dict[str, Any]], results: Mapping[int, Imported | TickerError]
    ) -> None:
        """Add the warnings about published and updated items to their results."""
        for place, result in enumerate(report):
            outcome = results[result["line"]]
            if isinstance(outcome, Imported) and outcome.item is not None:
                if found := self._warnings.of(outcome.item):
                    result["warnings"] = found
                if place % WARNED_AT_ONCE == WARNED_AT_ONCE - 1:
                    await asyncio.sleep(0)

    def _read(self, line: bytes) -> Incoming:
        if len(line) > self._max_line:
            raise TooLarge(f"the line is larger than {self._max_line:,} bytes")
        return read_line(parse_json(line), self._taxonomy)


def _lines(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank, with their numbers from 1."""
    for number, line in enumerate(body.split(b"\n"), 1):
        if line and not line.isspace():
            yield number, line


def _result(number: int, outcome: Imported | TickerError, delivered: bool | None) -> dict[str, Any]:
    if isinstance(outcome, TickerError):
        return {"line": number} | document(outcome)
    result: dict[str, Any] = {
        "line": number,
        "status": 201 if outcome.action == "published" else 200,
        "action": outcome.action,
        "id": outcome.id,
        "state": outcome.state,
        "repeated": outcome.action == "unchanged",
        "delivered": "pending" if delivered is False else delivered,
    }
    return result if outcome.note is None else result | {"note": outcome.note}
