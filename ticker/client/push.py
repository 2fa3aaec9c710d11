"""Client for push operations: provider states, resume, clear quarantine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ticker.client.api_requests import NO_FIELDS, typed
from ticker.client.editor import Editor


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """One provider. ``stopped`` is the reason for which it is stopped, None while it runs."""

    provider: str
    configured: bool
    stopped: str | None
    json: Mapping[str, Any] = field(repr=False, compare=False, hash=False)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> ProviderStatus:
        """Return the provider in a JSON object. Raises KeyError, TypeError."""
        stop = data["stopped"]
        reason = None if stop is None else str(stop["reason"])
        return cls(str(data["provider"]), bool(data["configured"]), reason, data)


@dataclass(frozen=True, slots=True)
class PushStatus:
    """All providers, and the number of jobs in the push queues."""

    providers: tuple[ProviderStatus, ...]
    jobs: int
    json: Mapping[str, Any] = field(repr=False, compare=False, hash=False)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> PushStatus:
        """Return the status in a JSON object. Raises KeyError, TypeError, ValueError."""
        providers = tuple(map(ProviderStatus.read, data["providers"]))
        return cls(providers, int(data["jobs"]), data)


class PushEditor(Editor):
    """An ``Editor`` with the push operations. Raises the errors of ``Editor``."""

    async def push_status(self) -> PushStatus:
        """Return the state of the push providers."""
        return typed(PushStatus.read, await self._ask("GET", "/v1/push/status"))

    async def resume_provider(self, provider: str) -> ProviderStatus:
        """Resume a stopped provider. Raises NotFound for an unknown one."""
        path = _path(provider, "resume")
        return typed(ProviderStatus.read, await self._act("POST", path, NO_FIELDS, key=None))

    async def confirm_gone(self, provider: str) -> int:
        """Let the devices be deleted that the provider calls gone; return of how many servers."""
        data = await self._act("POST", _path(provider, "confirm-gone"), NO_FIELDS, key=None)
        return typed(lambda found: int(found["servers"]), data)

    async def clear_quarantine(self, provider: str) -> int:
        """Delete the provider's quarantined subscriptions; return how many there were."""
        data = await self._ask("DELETE", _path(provider, "quarantine"))
        return typed(lambda found: int(found["deleted"]), data)


def _path(provider: str, act: str) -> str:
    return f"/v1/push/providers/{quote(provider, safe='')}/{act}"
