"""The operators' API for push: how the bridges are, and what they may be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ticker.client.editor import NO_FIELDS, Editor, _typed


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """One provider. ``stopped`` is why nobody is told by it, None while it runs."""

    provider: str
    set_up: bool
    stopped: str | None
    json: Mapping[str, Any] = field(repr=False, compare=False, hash=False)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> ProviderStatus:
        """Return the lane in a JSON object. Raises KeyError, TypeError."""
        stop = data["stopped"]
        reason = None if stop is None else str(stop["reason"])
        return cls(str(data["provider"]), bool(data["set_up"]), reason, data)


@dataclass(frozen=True, slots=True)
class PushStatus:
    """All providers, and how many jobs wait."""

    lanes: tuple[ProviderStatus, ...]
    jobs: int
    json: Mapping[str, Any] = field(repr=False, compare=False, hash=False)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> PushStatus:
        """Return the status in a JSON object. Raises KeyError, TypeError, ValueError."""
        return cls(tuple(map(ProviderStatus.read, data["lanes"])), int(data["jobs"]), data)


class PushEditor(Editor):
    """An ``Editor`` that looks after the bridges. Raises what ``Editor`` raises."""

    async def push_status(self) -> PushStatus:
        """Return how the bridges to phones are."""
        return _typed(PushStatus.read, await self._ask("GET", "/v1/push/status"))

    async def resume_lane(self, provider: str) -> ProviderStatus:
        """Let a stopped lane run again. Raises NotFound for a provider that there is not."""
        path = _path(provider, "resume")
        return _typed(ProviderStatus.read, await self._act("POST", path, NO_FIELDS, key=None))

    async def clear_quarantine(self, provider: str) -> int:
        """Forget the subscriptions that were set aside; return how many."""
        data = await self._ask("DELETE", _path(provider, "quarantine"))
        return _typed(lambda found: int(found["forgotten"]), data)


def _path(provider: str, act: str) -> str:
    return f"/v1/push/lanes/{quote(provider, safe='')}/{act}"
