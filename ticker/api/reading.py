"""Routes for reading: the poll, one item, and the item list for editors.

One item needs Redis only if it is not live.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from ticker.api import poll
from ticker.api.auth import Auth
from ticker.api.commit_responses import item_json
from ticker.api.headers import PRIVATE, PRIVATE_HEADERS, not_modified
from ticker.api.item_schemas import OneItem
from ticker.api.live_items import LiveItems
from ticker.api.miss_budget import charge_miss
from ticker.api.older_items import OlderItems
from ticker.api.older_responses import headers_of, is_editor, item_of
from ticker.api.places import before_of, past_time
from ticker.api.poll_routes import SHARED, PollRoutes
from ticker.api.problem_documents import BadQuery
from ticker.api.query import filter_of, limit_of
from ticker.api.request_rights import has_editor_key
from ticker.api.routing import Operation, Param, json_response
from ticker.domain.clock import rfc3339
from ticker.domain.errors import Gone, NotFound, Unauthorised, Unavailable, UnreadableItem
from ticker.domain.filter import EVERYTHING, Facets
from ticker.domain.taxonomy import Taxonomy
from ticker.publishing.repository import LatestPage
from ticker.publishing.service import ItemService

OF_LATEST = ("retracted", "test")
"""States for which the list of the newest items in every state is searched."""


class ReadingRoutes:
    """Handlers of the poll, of one item, and of the item list for editors."""

    def __init__(
        self,
        live_items: LiveItems,
        items: ItemService,
        older: OlderItems,
        auth: Auth,
        taxonomy: Taxonomy,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``clock`` is seconds since 1970."""
        self._live_items = live_items
        self._items = items
        self._auth = auth
        self._taxonomy = taxonomy
        self._older = older
        self._clock = clock
        self._poll = PollRoutes(live_items, taxonomy)

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            self._poll.operation(self._other_lists),
            Operation(
                "GET",
                "/v1/items/{id}",
                "show",
                "Get one item",
                self.show,
                "Readers",
                text=(
                    "With a key, the response includes internal fields and the history. The 410 of "
                    "an item that was withdrawn by mistake has `replaced_by`, the id of the item "
                    "that publishes it again, while that is live."
                ),
                key="optional",
                public=True,
                params=(Param("If-None-Match", "header", "The ETag of the last response."),),
                response=OneItem,
                problems=(Unauthorised, NotFound, Gone, UnreadableItem, Unavailable),
            ),
        ]

    async def show(self, request: Request) -> Response:
        """Handle ``GET /v1/items/{id}``."""
        id: str = request.path_params["id"]
        if has_editor_key(request):
            return await self._item_for_editors(request, id)
        event = await self._live_items.item(id)
        etag = f'"{event.version}"'
        headers = {"etag": etag, "cache-control": SHARED, "vary": "Authorization"}
        if not_modified(request, etag):
            return Response(status_code=304, headers=headers)
        return json_response(event.item, headers=headers)

    async def _other_lists(
        self, request: Request, pairs: list[tuple[str, str]], parameters: Mapping[str, list[str]]
    ) -> Response:
        if "all" in parameters:
            return await self._item_list(request, pairs, parameters)
        if "before" in parameters:
            return await self._older_page(request, pairs, parameters)
        return await self._board(request, pairs, parameters)

    async def _older_page(
        self, request: Request, pairs: list[tuple[str, str]], parameters: Mapping[str, list[str]]
    ) -> Response:
        for_editor = await is_editor(request, self._auth)
        before = before_of(parameters["before"])
        filter = filter_of(pairs, self._taxonomy)
        limit = limit_of(parameters.get("limit", []), poll.ITEMS_DEFAULT, poll.ITEMS_MAX)
        charge_miss()
        page = await self._older.after_snapshot(filter, before, limit)
        following = None if page.next is None else page.next.token
        items = [item_of(one, for_editor=for_editor) for one in page.items]
        return json_response(
            {"mode": "page", "items": items, "next": following},
            headers=headers_of(request, following, for_editor=for_editor),
        )

    async def _board(
        self, request: Request, pairs: list[tuple[str, str]], parameters: Mapping[str, list[str]]
    ) -> Response:
        for_editor = await is_editor(request, self._auth)
        at = past_time(parameters["at"], self._clock())
        filter = filter_of(pairs, self._taxonomy)
        limit = limit_of(parameters.get("limit", []), poll.ITEMS_DEFAULT, poll.ITEMS_MAX)
        charge_miss()
        found = await self._older.board(at, filter, limit)
        items = [item_of(one, for_editor=for_editor) for one in found]
        return json_response(
            {"mode": "board", "at": rfc3339(at), "items": items},
            headers=headers_of(request, None, for_editor=for_editor),
        )

    async def _item_list(
        self, request: Request, pairs: list[tuple[str, str]], parameters: Mapping[str, list[str]]
    ) -> Response:
        await self._auth.editor(request, "read")
        if "after" in parameters:
            raise BadQuery("after", "the item list has no cursor; omit after or all")
        filter = filter_of(pairs, self._taxonomy, refuse_unknown=("limit", "all", "state"))
        limit = limit_of(parameters.get("limit", []), poll.ITEMS_DEFAULT, poll.ITEMS_MAX)
        states = parameters.get("state", [""])
        state = states[0] if len(states) == 1 else "several"
        before = parameters.get("before")
        most = limit if filter == EVERYTHING and state not in OF_LATEST else poll.ITEMS_MAX
        if state in ("", *OF_LATEST):
            place = None if before is None else before_of(before).place
            page = await self._items.latest_page(most, place)
        elif state in ("scheduled", "draft"):
            if before is not None:
                raise BadQuery("before", f"the list of {state} items has no pages")
            read = self._items.scheduled if state == "scheduled" else self._items.drafts
            page = LatestPage(await read(most), None)
        else:
            known = ", ".join(("draft", "scheduled", *OF_LATEST))
            text = f"state must be one of {known}, or left out for items in every state"
            raise BadQuery("state", text)
        found = [
            item
            for item in page.items
            if filter.matches(Facets.of(item)) and (item.state == state or state not in OF_LATEST)
        ]
        following, since = page.next, page.since_ms
        if len(found) > limit:
            following, since = found[limit - 1].id, None
        body = {
            "items": [item_json(item) for item in found[:limit]],
            "next": following,
            "since": None if since is None else rfc3339(since),
        }
        return json_response(body, headers=PRIVATE_HEADERS)

    async def _item_for_editors(self, request: Request, id: str) -> Response:
        await self._auth.editor(request, "read")
        item = await self._items.get(id)
        history = await self._items.history(id)
        body = item_json(item) | {
            "history": [
                {
                    "wire_id": None if entry.wire_id is None else str(entry.wire_id),
                    "action": entry.action,
                    "version": entry.version,
                    "at": entry.at,
                    "by": entry.by,
                    "note": entry.note,
                    "changes": {
                        name: {"before": before, "after": after}
                        for name, (before, after) in entry.changes.items()
                    },
                }
                for entry in history
            ]
        }
        headers = {"etag": f'"{item.version}"', "cache-control": PRIVATE, "vary": "Authorization"}
        return json_response(body, headers=headers)
