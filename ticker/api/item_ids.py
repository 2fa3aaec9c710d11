"""Route of short ids: the items whose id begins or ends with some characters."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.auth import Auth
from ticker.api.commit_responses import item_json
from ticker.api.item_schemas import ItemsWithPart
from ticker.api.miss_budget import charge_miss
from ticker.api.older_items import OlderItems
from ticker.api.older_responses import headers_of, is_editor, item_of
from ticker.api.routing import Operation, Param, json_response
from ticker.archive.store import PART_MIN
from ticker.domain.errors import NotFound, Unauthorised, Unavailable
from ticker.publishing.service import ItemService

ITEMS_MAX = 20
"""Items of one answer: who asks with so few characters has to write more of them."""
_PART = re.compile(f"[0-9a-z]{{{PART_MIN},26}}", re.ASCII)


class IdRoutes:
    """Handler of ``GET /v1/ids/{part}``."""

    def __init__(self, older: OlderItems, items: ItemService, auth: Auth) -> None:
        self._older = older
        self._items = items
        self._auth = auth

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "GET",
                "/v1/ids/{part}",
                "find-ids",
                "Find items by the beginning or the end of their id",
                self.find,
                "Readers",
                text=(
                    f"At most {ITEMS_MAX} live and archived items, newest first. With a key, also "
                    "scheduled, retracted and test items, with their `state`."
                ),
                key="optional",
                public=True,
                params=(Param("part", "path", f"{PART_MIN} to 26 characters of an id."),),
                response=ItemsWithPart,
                problems=(NotFound, Unauthorised, Unavailable),
            )
        ]

    async def find(self, request: Request) -> Response:
        """Handle ``GET /v1/ids/{part}``."""
        for_editor = await is_editor(request, self._auth)
        part: str = request.path_params["part"].lower()
        if _PART.fullmatch(part) is None:
            raise NotFound(f"a part of an id has {PART_MIN} to 26 of the characters 0-9 and a-z")
        charge_miss()
        ids = await self._older.ids(part, ITEMS_MAX)
        private: dict[str, dict[str, Any]] = {}
        if for_editor:
            known = dict.fromkeys([*ids, *await self._items.ids_with(part)])
            kept = await self._items.with_ids(list(known)[:ITEMS_MAX])
            private = {item.id: item_json(item) for item in kept}
        found = await self._older.with_part(part, ids)
        public = {one.place.id: item_of(one, for_editor=for_editor) for one in found}
        items = sorted((public | private).items(), reverse=True)[:ITEMS_MAX]
        return json_response(
            {"items": [item for _, item in items]},
            headers=headers_of(request, None, for_editor=for_editor),
        )
