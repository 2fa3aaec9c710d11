"""Client for the wire desk: feeds that become drafts, and the drafts that wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from ticker.client.api_requests import typed
from ticker.client.editor import Editor

PATH = "/v1/wires"


@dataclass(frozen=True, slots=True)
class Wire:
    """A feed and how the looks at it went; ``json`` has all fields."""

    name: str
    status: str
    error: str | None
    looked_at: str | None
    json: Mapping[str, Any] = field(repr=False, compare=False, hash=False)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Wire:
        """Return the feed in a JSON object. Raises KeyError, TypeError."""
        return cls(str(data["name"]), str(data["status"]), data["error"], data["looked_at"], data)


class WireEditor(Editor):
    """An ``Editor`` of the wire desk. Raises the errors of ``Editor``."""

    async def wires(self) -> tuple[tuple[Wire, ...], tuple[Mapping[str, Any], ...]]:
        """Return all feeds by name, and the notes about items that are an editor's now."""
        data = await self._ask("GET", PATH)
        return typed(
            lambda answer: (tuple(map(Wire.read, answer["wires"])), tuple(answer["notes"])), data
        )

    async def add_wire(self, name: str, url: str, **fields: Any) -> Wire:
        """Watch a feed."""
        body = {"name": name, "url": url, **fields}
        return typed(Wire.read, await self._act("POST", PATH, body, key=None))

    async def change_wire(self, name: str, **fields: Any) -> Wire:
        """Change fields of a feed."""
        return typed(Wire.read, await self._act("PATCH", _path(name), fields, key=None))

    async def remove_wire(self, name: str) -> None:
        """Stop watching a feed; its drafts stay."""
        await self._ask("DELETE", _path(name))

    async def check_wire(self, name: str) -> Wire:
        """Let a worker look at a feed now; return its state before the look."""
        return typed(Wire.read, await self._act("POST", f"{_path(name)}/check", {}, key=None))

    async def wire_drafts(self, **query: Any) -> tuple[Mapping[str, Any], ...]:
        """Return drafts that wait (``wire``, ``desk``, ``edition``, ``limit``), newest first."""
        wanted = {name: value for name, value in query.items() if value}
        data = await self._ask("GET", f"/v1/wire-drafts?{urlencode(wanted)}")
        return typed(lambda answer: tuple(answer["drafts"]), data)


def _path(name: str) -> str:
    return f"{PATH}/{quote(name, safe='')}"
