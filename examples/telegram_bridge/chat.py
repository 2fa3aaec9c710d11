"""One chat of the Bot API: send, edit, delete, and what each refusal means."""

from __future__ import annotations

from typing import Any

import httpx

from examples.telegram_bridge.text import WITHDRAWN
from ticker.client import RetryLater

SEND_AGAIN = 30.0
"""Seconds to wait after a 429 that does not say how long."""


class Closed(Exception):
    """The token or the chat is no good: a person has to look."""


class Rejected(Exception):
    """This one message will never be taken."""


class Unwell(Exception):
    """The API has a trouble of its own; it may pass."""


class Chat:
    """``http`` has the API's address as its base; the token is in no message of an exception."""

    def __init__(self, http: httpx.AsyncClient, token: str, chat: str) -> None:
        self._http = http
        self._token = token
        self._chat = chat

    async def send(self, text: str) -> int:
        """Return the id of the new message."""
        return int((await self._call("sendMessage", text=text, parse_mode="HTML"))["message_id"])

    async def edit(self, message: int, text: str) -> bool:
        """Return False if the message is not there any more, or too old to be changed."""
        try:
            await self._call("editMessageText", message_id=message, text=text, parse_mode="HTML")
        except Rejected as error:
            said = str(error)
            if "message is not modified" in said:
                return True  # it was done before a crash, or the change is not one of the text
            if "message to edit not found" in said or "message can't be edited" in said:
                return False
            raise
        return True

    async def delete(self, message: int) -> None:
        """Remove the message; empty it if it is too old to be deleted (48 hours in a group).

        Raises Rejected if it can be neither: its text is still there, and a person should know.
        """
        try:
            await self._call("deleteMessage", message_id=message)
        except Rejected as error:
            if "message to delete not found" in str(error):
                return
            if "message can't be deleted" not in str(error):
                raise
            if not await self.edit(message, WITHDRAWN):
                raise

    async def _call(self, method: str, **parameters: str | int) -> Any:
        """Return the result. Raises Closed, Rejected, Unwell, RetryLater, httpx.TransportError."""
        answer = await self._http.post(
            f"/bot{self._token}/{method}", json={"chat_id": self._chat, **parameters}
        )
        try:
            said = answer.json()
        except ValueError:  # a proxy's page
            raise Unwell(f"HTTP {answer.status_code} without JSON") from None
        if said.get("ok"):
            return said["result"]
        detail, more = str(said.get("description")), said.get("parameters") or {}
        match answer.status_code:
            case 429:
                raise RetryLater(float(more.get("retry_after", SEND_AGAIN)))
            case 400 if "migrate_to_chat_id" in more:
                raise Closed(f"the group has become the chat {more['migrate_to_chat_id']}")
            case 400 if "chat not found" not in detail:
                raise Rejected(detail)
            case 400 | 401 | 403 | 404:
                raise Closed(detail)
            case status:
                raise Unwell(f"HTTP {status}: {detail}")
