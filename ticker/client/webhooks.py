"""Client for webhook endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from ticker.client.api_requests import NO_FIELDS, typed
from ticker.client.editor import Editor

PATH = "/v1/webhooks"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An endpoint. ``secret`` is set only where it was just made; ``json`` has all fields."""

    id: str
    url: str
    status: str
    secret: str | None
    json: Mapping[str, Any] = field(repr=False, compare=False, hash=False)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Webhook:
        """Return the endpoint in a JSON object. Raises KeyError, TypeError."""
        secret = data.get("secret")
        return cls(str(data["id"]), str(data["url"]), str(data["status"]), secret, data)


class WebhookEditor(Editor):
    """An ``Editor`` that manages endpoints. Raises the errors of ``Editor``."""

    async def add_webhook(
        self,
        url: str,
        filter: Mapping[str, Any] = NO_FIELDS,
        *,
        description: str = "",
        signature: Literal["v1", "v1a"] = "v1",
    ) -> Webhook:
        """Add an endpoint, which gets the events from now on; return it with its secret.

        ``secret`` is None if the first answer was lost and the request had to be repeated: rotate.
        """
        body = {
            "url": url,
            "filter": filter,
            "description": description,
            "signature": signature,
        }
        return typed(Webhook.read, await self._act("POST", PATH, body, key=None))

    async def webhooks(self) -> tuple[Webhook, ...]:
        """Return all endpoints, oldest first."""
        data = await self._ask("GET", PATH)
        return typed(lambda answer: tuple(map(Webhook.read, answer["webhooks"])), data)

    async def webhook(self, id: str) -> Webhook:
        """Return one endpoint with its failed events."""
        return typed(Webhook.read, await self._ask("GET", _path(id)))

    async def change_webhook(self, id: str, changes: Mapping[str, Any]) -> Webhook:
        """Change ``url``, ``filter`` or ``description``; what is not given stays as it is."""
        data = await self._act("PATCH", _path(id), changes, key=None)
        return typed(Webhook.read, data)

    async def remove_webhook(self, id: str) -> None:
        """Delete an endpoint."""
        await self._ask("DELETE", _path(id))

    async def rotate_webhook(self, id: str, *, overlap: int = 86_400) -> Webhook:
        """Rotate the secret; return the endpoint with the new one.

        Messages are also signed with earlier secrets for ``overlap`` seconds.
        """
        return await self._do(id, "rotate", {"overlap": overlap})

    async def enable_webhook(self, id: str, *, from_now: bool = False) -> Webhook:
        """Enable an endpoint. It gets the events it missed, unless ``from_now``."""
        return await self._do(id, "enable", {"from_now": from_now})

    async def disable_webhook(self, id: str) -> Webhook:
        """Disable an endpoint until it is enabled again."""
        return await self._do(id, "disable")

    async def replay_webhook(self, id: str, since: datetime) -> Webhook:
        """Send everything since ``since``, an aware datetime, again."""
        return await self._do(id, "replay", {"since": since.isoformat()})

    async def _do(self, id: str, act: str, body: Mapping[str, Any] = NO_FIELDS) -> Webhook:
        return typed(Webhook.read, await self._act("POST", _path(id, act), body, key=None))


def _path(id: str, act: str | None = None) -> str:
    path = f"{PATH}/{quote(id, safe='')}"
    return path if act is None else f"{path}/{act}"
