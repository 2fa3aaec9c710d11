"""Routes for provider states, resuming a provider and clearing its quarantine."""

from __future__ import annotations

import logging
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.auth import Auth
from ticker.api.bodies import BODY_PROBLEMS, read_optional_json
from ticker.api.push_operations_schemas import (
    ClearedQuarantine,
    ConfirmedGone,
    ProviderShown,
    PushStatus,
    shown,
)
from ticker.api.routing import Operation, json_response
from ticker.api.schema import EmptyBody, validate_empty
from ticker.config import Settings
from ticker.domain.did_you_mean import guess
from ticker.domain.errors import (
    NotFound,
    Unauthorised,
    Unavailable,
)
from ticker.push.model.provider_state import ProviderState
from ticker.push.model.subscription import PROVIDERS, ProviderName
from ticker.push.store.operations import PushOperations

log = logging.getLogger(__name__)


class PushOperationsRoutes:
    """Handlers for editors and operators. All of them need a key."""

    def __init__(self, operations: PushOperations, auth: Auth, settings: Settings) -> None:
        """``settings`` has the largest request body, and the limits of subscriptions."""
        self._operations = operations
        self._auth = auth
        self._max_body = settings.max_body
        self._limits = settings.push_subscriptions_max, settings.push_bytes_max

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "GET",
                "/v1/push/status",
                "push_status",
                "Get the state of the push providers",
                self.status,
                "Editors",
                key="required",
                response=PushStatus,
                problems=(Unauthorised, Unavailable),
            ),
            Operation(
                "POST",
                "/v1/push/providers/{provider}/resume",
                "resume_provider",
                "Resume a stopped provider",
                self.resume,
                "Editors",
                text=(
                    "A provider is stopped when it refuses the newsroom's credentials or set-up. "
                    "With the same ones it will be stopped again; with new ones it resumes by "
                    "itself."
                ),
                key="required",
                permission="operate",
                body=EmptyBody,
                body_required=False,
                response=ProviderShown,
                problems=(*BODY_PROBLEMS, Unauthorised, NotFound, Unavailable),
            ),
            Operation(
                "POST",
                "/v1/push/providers/{provider}/confirm-gone",
                "confirm_gone",
                "Confirm that the devices a provider calls gone are gone",
                self.confirm_gone,
                "Editors",
                text=(
                    "When a provider calls suspiciously many devices gone, none is deleted, and "
                    "when suspiciously many tokens do not fit, none is quarantined. For a day from "
                    "then on they are, when the provider refuses them again."
                ),
                key="required",
                permission="operate",
                body=EmptyBody,
                body_required=False,
                response=ConfirmedGone,
                problems=(*BODY_PROBLEMS, Unauthorised, NotFound, Unavailable),
            ),
            Operation(
                "DELETE",
                "/v1/push/providers/{provider}/quarantine",
                "clear_quarantine",
                "Delete a provider's quarantined subscriptions",
                self.clear,
                "Editors",
                text="A device leaves the quarantine by itself when it registers again.",
                key="required",
                permission="operate",
                response=ClearedQuarantine,
                problems=(Unauthorised, NotFound, Unavailable),
            ),
        ]

    async def status(self, request: Request) -> Response:
        """Handle ``GET /v1/push/status``."""
        await self._auth.editor(request, "read")
        found = await self._operations.metrics()
        oldest = found.oldest_ms
        return _private(
            {
                "providers": [self._shown(state) for state in found.providers],
                "jobs": found.jobs,
                "oldest_job": None if oldest is None else max(0, found.now_ms - oldest) / 1000,
            }
        )

    async def resume(self, request: Request) -> Response:
        """Handle ``POST /v1/push/providers/{provider}/resume``."""
        by = (await self._auth.editor(request, "operate")).name
        provider = _provider(request)
        validate_empty(await read_optional_json(request, self._max_body))
        if await self._operations.resume(provider):
            log.warning("%s is resumed by %s", provider, by)
        states = await self._operations.states()
        return _private(next(self._shown(state) for state in states if state.provider == provider))

    def _shown(self, state: ProviderState) -> dict[str, Any]:
        return shown(state, state.used(*self._limits))

    async def confirm_gone(self, request: Request) -> Response:
        """Handle ``POST /v1/push/providers/{provider}/confirm-gone``."""
        by = (await self._auth.editor(request, "operate")).name
        provider = _provider(request)
        validate_empty(await read_optional_json(request, self._max_body))
        servers = await self._operations.confirm_gone(provider, time.time_ns() // 1_000_000)
        log.warning("%s: devices of %d servers are confirmed as gone by %s", provider, servers, by)
        return _private({"provider": provider, "servers": servers})

    async def clear(self, request: Request) -> Response:
        """Handle ``DELETE /v1/push/providers/{provider}/quarantine``."""
        by = (await self._auth.editor(request, "operate")).name
        provider = _provider(request)
        count = await self._operations.clear_quarantine(provider)
        log.warning("%s: %d quarantined subscriptions are deleted by %s", provider, count, by)
        return _private({"provider": provider, "deleted": count})


def _provider(request: Request) -> ProviderName:
    name: str = request.path_params["provider"]
    for provider in PROVIDERS:
        if provider == name:
            return provider
    likely = guess([name], PROVIDERS)
    raise NotFound(f"there is no provider {name}{likely}; the providers are {', '.join(PROVIDERS)}")


def _private(data: Any) -> Response:
    return json_response(data, headers={"cache-control": "no-store"})
