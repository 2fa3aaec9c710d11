"""Routes of the wire desk: feeds that a worker watches, and the drafts that came from them.

Drafts are approved and dismissed like every item: ``approve`` and ``retract`` of its routes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from ticker.api.auth import Auth
from ticker.api.bodies import BODY_PROBLEMS, read_json, read_optional_json
from ticker.api.commit_responses import item_json
from ticker.api.query import limit_of
from ticker.api.routing import Handler, Operation, Param, json_response
from ticker.api.schema import EmptyBody, validate_empty
from ticker.api.wire_view import WireView
from ticker.api.wires_schemas import (
    Wire,
    WireChange,
    WireDraft,
    WireDrafts,
    WireList,
    wire_json,
)
from ticker.domain.clock import rfc3339
from ticker.domain.editor import PERMISSIONS, Editor, Permission
from ticker.domain.errors import (
    BadFilter,
    Conflict,
    FieldError,
    Invalid,
    NotFound,
    TickerError,
    Unauthorised,
    Unavailable,
)
from ticker.domain.messages import said
from ticker.domain.taxonomy import Taxonomy
from ticker.domain.validation_messages import validate
from ticker.net.ssrf_guard import Network
from ticker.publishing.service import ItemService
from ticker.webhooks.endpoint_url import unreachable
from ticker.wires.feed import FEEDS_MAX, Feed, FeedState
from ticker.wires.store import Wires

DRAFTS_MAX = 200
DRAFTS = 50
"""Drafts in an answer: at most, and if the query has no ``limit``."""
_ASK: tuple[type[TickerError], ...] = (Unauthorised, Unavailable)
_ONE = (Param("name", "path", "The feed's name."),)
_QUERY = (
    Param("wire", "query", "Drafts of this feed."),
    Param("desk", "query", "Drafts of the feeds of this desk."),
    Param("edition", "query", "Drafts of this edition."),
    Param(
        "limit",
        "query",
        f"Most drafts in the answer; {DRAFTS} if absent.",
        {"type": "integer", "minimum": 1, "maximum": DRAFTS_MAX},
    ),
)


class WireRoutes:
    """Handlers of the wire desk. Chiefs set feeds; everybody with a key sees what comes."""

    def __init__(
        self,
        wires: Wires,
        items: ItemService,
        auth: Auth,
        taxonomy: Taxonomy,
        max_body: int,
        allowed_networks: Collection[Network],
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        """``max_body`` is the largest request body in bytes; ``allowed_networks`` are private
        networks that feeds may be in.
        """
        self._wires = wires
        self._view = WireView(wires, items)
        self._items = items
        self._auth = auth
        self._taxonomy = taxonomy
        self._max_body = max_body
        self._allowed_networks = allowed_networks
        self._now_ms = now_ms

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        rows = [
            _row("GET", "", "list_wires", "List the feeds of the wire desk", self.list, WireList),
            _row(
                *("POST", "", "add_wire", "Watch a feed", self.add),
                *(Wire, (*BODY_PROBLEMS, Conflict)),
                permission="operate",
                body=WireDraft,
                status=201,
                text=(
                    "A worker looks at it every `every` seconds. New entries become drafts, and "
                    "a change of an entry changes its draft. What an editor has approved or "
                    "changed stays as it is; `notes` of the list say what the source did to it. "
                    f"At the first look, only the newest entries. At most {FEEDS_MAX} feeds."
                ),
            ),
            _row(
                *("PATCH", "/{name}", "change_wire", "Change a feed", self.change),
                *(Wire, (*BODY_PROBLEMS, NotFound)),
                permission="operate",
                body=WireChange,
                text="It is looked at again at once.",
            ),
            _row(
                *("DELETE", "/{name}", "remove_wire", "Stop watching a feed", self.remove),
                *(None, (NotFound,)),
                permission="operate",
                status=204,
                text="Drafts that came from it stay.",
            ),
            _row(
                *("POST", "/{name}/check", "check_wire", "Look at a feed now", self.check),
                *(Wire, (*BODY_PROBLEMS, NotFound)),
                permission="draft",
                recorded=True,  # it changes nothing, so the audit has nothing to say
                body=EmptyBody,
                text=(
                    "The answer is the state before the look; `looked_at` changes when a worker "
                    "has looked."
                ),
            ),
        ]
        drafts = Operation(
            "GET",
            "/v1/wire-drafts",
            "list_wire_drafts",
            "List the drafts that wait on the wire desk",
            self.drafts,
            "Editors",
            text="A draft that nobody approves or changes is deleted after two days.",
            key="required",
            params=_QUERY,
            response=WireDrafts,
            problems=(*_ASK, BadFilter),
        )
        return [*rows, drafts]

    async def list(self, request: Request) -> Response:
        """Handle ``GET /v1/wires``."""
        editor = await self._auth.editor(request, "read")
        found = await self._wires.all()
        shown = [self._shown(editor, feed, state) for feed, state in found]
        return _private({"wires": shown, "notes": await self._view.notes(found)})

    async def add(self, request: Request) -> Response:
        """Handle ``POST /v1/wires``."""
        editor = await self._auth.editor(request, "operate")
        draft = validate(WireDraft, await read_json(request, self._max_body))
        self._check(editor, draft.model_dump())
        now = self._now_ms()
        feed = Feed(
            **_tuples(draft.model_dump()),
            created_at=rfc3339(now),
            created_by=editor.name,
            set_by=editor.name,
            setters=self._setters(editor),
        )
        await self._wires.add(feed, now)
        headers = {"location": f"/v1/wires/{feed.name}"}
        return _private(self._shown(editor, feed, FeedState()), 201, headers)

    async def change(self, request: Request) -> Response:
        """Handle ``PATCH /v1/wires/{name}``."""
        editor = await self._auth.editor(request, "operate")
        change = validate(WireChange, await read_json(request, self._max_body))
        fields = change.model_dump(exclude_unset=True)
        self._check(editor, fields)
        errors = [
            FieldError(name, said("not-unset"))
            for name in ("url", "every", "sections", "regions", "tags")
            if name in fields and fields[name] is None
        ]
        if errors:
            raise Invalid(errors)
        name = request.path_params["name"]
        before, _ = await self._wires.get(name)
        self._check_reach(editor, before)
        setters = self._setters(editor)
        await self._wires.change(name, self._now_ms(), setters, **_tuples(fields))
        return _private(self._shown(editor, *await self._wires.get(name)))

    async def remove(self, request: Request) -> Response:
        """Handle ``DELETE /v1/wires/{name}``."""
        editor = await self._auth.editor(request, "operate")
        name = request.path_params["name"]
        feed, _ = await self._wires.get(name)
        self._check_reach(editor, feed)
        await self._wires.remove(name)
        return Response(status_code=204, headers={"cache-control": "no-store"})

    async def check(self, request: Request) -> Response:
        """Handle ``POST /v1/wires/{name}/check``."""
        editor = await self._auth.editor(request, "draft")
        validate_empty(await read_optional_json(request, self._max_body))
        name = request.path_params["name"]
        found = await self._wires.get(name)
        await self._wires.look_soon(name)
        return _private(self._shown(editor, *found))

    async def drafts(self, request: Request) -> Response:
        """Handle ``GET /v1/wire-drafts``."""
        await self._auth.editor(request, "read")
        query = request.query_params
        limit = limit_of(query.getlist("limit"), DRAFTS, DRAFTS_MAX)
        found = await self._view.waiting(
            limit + 1, query.get("wire", ""), query.get("desk", ""), query.get("edition", "")
        )
        drafts = [item_json(item) for item in found[:limit]]
        return _private({"drafts": drafts, "more": len(found) > limit})

    def _check(self, editor: Editor, fields: Mapping[str, Any]) -> None:
        errors = []
        if fields.get("url") is not None and (
            wrong := unreachable(fields["url"], self._allowed_networks)
        ):
            errors.append(FieldError("url", wrong))
        for name, facet in (("edition", "edition"), ("sections", "section"), ("regions", "region")):
            value = fields.get(name)
            values = value if isinstance(value, list) else [value] if value else []
            if message := self._taxonomy.unknown(facet, values):
                errors.append(FieldError(name, message))
        if errors:
            raise Invalid(errors)
        if editor.editions is not None and "edition" in fields:
            if fields["edition"] is None:
                raise Invalid([FieldError("edition", said("edition-required"))])
            editor.check_edition(fields["edition"])

    def _setters(self, editor: Editor) -> tuple[str, ...]:
        return tuple(self._items.writers(editor.name, self._now_ms()))

    def _check_reach(self, editor: Editor, feed: Feed) -> None:
        if editor.editions is not None:
            editor.check_edition(feed.edition or "")

    def _shown(self, editor: Editor, feed: Feed, state: FeedState) -> Mapping[str, Any]:
        return wire_json(feed, state, with_url="operate" in PERMISSIONS[editor.role])


def _tuples(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
    }


def _row(
    method: str,
    path: str,
    name: str,
    summary: str,
    handle: Handler,
    response: type[BaseModel] | None,
    problems: tuple[type[TickerError], ...] = (),
    *,
    permission: Permission = "read",
    body: type[BaseModel] | None = None,
    status: int = 200,
    recorded: bool = False,
    text: str = "",
) -> Operation:
    return Operation(
        method,
        f"/v1/wires{path}",
        name,
        summary,
        handle,
        "Editors",
        text=text,
        key="required",
        permission=permission,
        recorded=recorded,
        params=_ONE if path else (),
        body=body,
        body_required=body is not EmptyBody,
        status=status,
        response=response,
        problems=(*_ASK, *problems),
    )


def _private(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return json_response(data, status, {"cache-control": "no-store"} | dict(headers or {}))
