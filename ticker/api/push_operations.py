"""What became of an item at the bridges, how those are, and what an operator may tell them."""

from __future__ import annotations

import logging
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.auth import Auth
from ticker.api.bodies import read_optional_json
from ticker.api.problems import UnsupportedMedia
from ticker.api.push_schemas import (
    ClearedQuarantine,
    ItemReceipts,
    ProviderShown,
    PushStatus,
    shown,
)
from ticker.api.resource import Operation, answer
from ticker.api.schema import EmptyBody, validate_empty
from ticker.domain.errors import BadRequest, Invalid, NotFound, TooLarge, Unauthorised, Unavailable
from ticker.publishing.service import ItemService
from ticker.push.model.subscription import PROVIDERS, ProviderName
from ticker.push.store.operations import PushOperations

log = logging.getLogger(__name__)


class PushOperationsRoutes:
    """Handlers of receipts and of the operators' questions. All of them need a key."""

    def __init__(
        self, items: ItemService, operations: PushOperations, auth: Auth, max_body: int
    ) -> None:
        """``max_body`` is the largest request body in bytes."""
        self._items = items
        self._operations = operations
        self._auth = auth
        self._max_body = max_body

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "GET",
                "/v1/items/{id}/receipts",
                "receipts",
                "What became of an item at the bridges",
                self.receipts,
                "Editors",
                text=(
                    "Accepted means that the provider has it; whether a phone showed it nobody "
                    "tells. An item without push has no providers."
                ),
                key="required",
                answer=ItemReceipts,
                problems=(Unauthorised, NotFound, Unavailable),
            ),
            Operation(
                "GET",
                "/v1/push/status",
                "push_status",
                "How the bridges to phones are",
                self.status,
                "Editors",
                key="required",
                answer=PushStatus,
                problems=(Unauthorised, Unavailable),
            ),
            Operation(
                "POST",
                "/v1/push/lanes/{provider}/resume",
                "resume_lane",
                "Let a stopped provider's lane run again",
                self.resume,
                "Editors",
                text=(
                    "A lane stops when our credentials or set-up are refused. With the same ones "
                    "it will stop again; with others it resumes by itself."
                ),
                key="required",
                body=EmptyBody,
                body_required=False,
                answer=ProviderShown,
                problems=(
                    *(BadRequest, Unauthorised, NotFound, TooLarge, UnsupportedMedia, Invalid),
                    Unavailable,
                ),
            ),
            Operation(
                "DELETE",
                "/v1/push/lanes/{provider}/quarantine",
                "clear_quarantine",
                "Forget the subscriptions that were set aside",
                self.clear,
                "Editors",
                text="A device that registers again is back with or without this.",
                key="required",
                answer=ClearedQuarantine,
                problems=(Unauthorised, NotFound, Unavailable),
            ),
        ]

    async def receipts(self, request: Request) -> Response:
        """Answer ``GET /v1/items/{id}/receipts``."""
        await self._auth.editor(request)
        item = await self._items.get(request.path_params["id"])
        found = await self._operations.receipts(item.id)
        push = bool(item.push)  # as the fan-out decides
        # Asked for and not begun is not done, though nothing is on its way yet.
        complete = found.complete and (bool(found.providers) or not push)
        return _private({"id": item.id, "push": push, **found.to_json(), "complete": complete})

    async def status(self, request: Request) -> Response:
        """Answer ``GET /v1/push/status``."""
        await self._auth.editor(request)
        found = await self._operations.figures()
        oldest = found.oldest_ms
        return _private(
            {
                "lanes": [shown(lane) for lane in found.lanes],
                "jobs": found.jobs,
                "oldest_job": None if oldest is None else max(0, found.now_ms - oldest) / 1000,
            }
        )

    async def resume(self, request: Request) -> Response:
        """Answer ``POST /v1/push/lanes/{provider}/resume``."""
        by = await self._auth.editor(request)
        provider = _provider(request)
        validate_empty(await read_optional_json(request, self._max_body))
        if await self._operations.resume(provider):
            log.warning("%s is let run again by %s", provider, by)
        states = await self._operations.states()
        return _private(next(shown(lane) for lane in states if lane.provider == provider))

    async def clear(self, request: Request) -> Response:
        """Answer ``DELETE /v1/push/lanes/{provider}/quarantine``."""
        by = await self._auth.editor(request)
        provider = _provider(request)
        many = await self._operations.clear_quarantine(provider)
        log.warning("%d subscriptions of %s in quarantine are forgotten by %s", many, provider, by)
        return _private({"provider": provider, "forgotten": many})


def _provider(request: Request) -> ProviderName:
    name: str = request.path_params["provider"]
    for provider in PROVIDERS:
        if provider == name:
            return provider
    raise NotFound(f"there is no provider {name}; there are {', '.join(PROVIDERS)}")


def _private(data: Any) -> Response:
    return answer(data, headers={"cache-control": "no-store"})
