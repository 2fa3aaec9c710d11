"""Route of the audit: who did what, for chiefs."""

from __future__ import annotations

from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.audit_schemas import AuditShown
from ticker.api.auth import Auth
from ticker.api.headers import PRIVATE_HEADERS
from ticker.api.places import time_of
from ticker.api.problem_documents import BadQuery
from ticker.api.query import limit_of
from ticker.api.routing import Operation, Param, json_response
from ticker.domain.errors import BadFilter, Unauthorised, Unavailable
from ticker.publishing.audit_log import PLACE, AuditFilter, AuditPage

LIMIT, LIMIT_MAX = 50, 200
NAME_MAX = 128
"""Characters of a value that is looked for."""


class Audit(Protocol):
    """The audit of the newsroom."""

    async def page(self, filter: AuditFilter, before: str | None, limit: int) -> AuditPage:
        """Return entries that match, the newest first. Raises Unavailable."""


class AuditRoutes:
    """Handler of ``GET /v1/audit``."""

    def __init__(self, audit: Audit, auth: Auth) -> None:
        self._audit = audit
        self._auth = auth

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        whole = {"type": "string", "format": "date-time"}
        limit = {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT}
        return [
            Operation(
                "GET",
                "/v1/audit",
                "audit",
                "List who did what",
                self.audit,
                "Editors",
                text=(
                    "Every change of an item, every other successful request of an editor that "
                    "changes something, and who signed in and out, the newest first: who (name, "
                    "key, role), when (Redis' clock), from which address, and the values before "
                    "and after. A page "
                    "may have fewer entries than `limit`; go on with `next` until it is null. "
                    "After a retraction `changes` has no texts and `hashes` their SHA-256, unless "
                    "`audit_retracted` is `text`."
                ),
                key="required",
                permission="people",
                params=(
                    Param("by", "query", "Only what this editor did: the name of a key."),
                    Param("item", "query", "Only changes of this item."),
                    Param(
                        "action",
                        "query",
                        "Only this action, such as `publish` or `create_key`. `schedule`, `draft` "
                        "and `test` are what a `publish` came to.",
                    ),
                    Param("since", "query", "Only from this time on.", whole),
                    Param("until", "query", "Only up to this time.", whole),
                    Param("before", "query", "The `next` of the page before."),
                    Param("limit", "query", "Maximum number of entries.", limit),
                ),
                response=AuditShown,
                problems=(BadFilter, Unauthorised, Unavailable),
            )
        ]

    async def audit(self, request: Request) -> Response:
        """Handle ``GET /v1/audit``."""
        await self._auth.editor(request, "people")
        query = request.query_params
        for name in ("by", "item", "action", "since", "until", "before"):
            if len(query.getlist(name)) > 1:
                raise BadQuery(name, f"{name} can be given once")
            if len(query.get(name, "")) > NAME_MAX:
                raise BadQuery(name, f"{name} has at most {NAME_MAX} characters")
        before = query.get("before")
        if before is not None and PLACE.fullmatch(before) is None:
            raise BadQuery("before", "before must be the next of a page")
        filter = AuditFilter(
            by=query.get("by"),
            item=query.get("item"),
            action=query.get("action"),
            since_ms=_time(request, "since"),
            until_ms=_time(request, "until"),
        )
        limit = limit_of(query.getlist("limit"), LIMIT, LIMIT_MAX)
        page = await self._audit.page(filter, before, limit)
        body = {"entries": page.entries, "next": page.next}
        return json_response(body, headers=PRIVATE_HEADERS)


def _time(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    found = time_of(text)
    if found is None:
        raise BadQuery(name, f"{name} must be a time, such as 2026-11-28T18:30:00Z")
    return max(0, found)
