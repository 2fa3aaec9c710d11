"""One chat of the Telegram Bot API: send, edit and delete messages; errors as exceptions."""

from __future__ import annotations

from typing import Any

import httpx

from examples.telegram_bridge.text import RETRACTED
from ticker.client import RetryLater

RETRY_AFTER = 30.0
"""Seconds to wait after a 429 without ``retry_after``."""


class Closed(Exception):
    """The token or the chat is not valid: an operator has to fix it."""


class Rejected(Exception):
    """The API rejects this message permanently."""


class Unavailable(Exception):
    """The API has a temporary error."""


class Chat:
    """Calls of the Bot API for one chat. The base URL of ``http`` is the API's address.

    No exception has the token in its message.
    """

    def __init__(self, http: httpx.AsyncClient, token: str, chat: str) -> None:
        self._http = http
        self._token = token
        self._chat = chat

    async def send(self, text: str) -> int:
        """Send a message; return its id."""
        return int((await self._call("sendMessage", text=text, parse_mode="HTML"))["message_id"])

    async def edit(self, message: int, text: str) -> bool:
        """Edit a message. Return False if it was deleted or is too old to be edited."""
        try:
            await self._call("editMessageText", message_id=message, text=text, parse_mode="HTML")
        except Rejected as error:
            message_text = str(error)
            if "message is not modified" in message_text:
                return True  # edited before a crash, or the text did not change
            if (
                "message to edit not found" in message_text
                or "message can't be edited" in message_text
            ):
                return False
            raise
        return True

    async def delete(self, message: int) -> None:
        """Delete the message, or replace its text if it is too old (48 hours in a group).

        Raises Rejected if neither is possible: the text is still visible then.
        """
        try:
            await self._call("deleteMessage", message_id=message)
        except Rejected as error:
            if "message to delete not found" in str(error):
                return
            if "message can't be deleted" not in str(error):
                raise
            if not await self.edit(message, RETRACTED):
                raise

    async def _call(self, method: str, **parameters: str | int) -> Any:
        """Return the result of a method.

        Raises Closed, Rejected, Unavailable, RetryLater, or httpx.TransportError.
        """
        answer = await self._http.post(
            f"/bot{self._token}/{method}", json={"chat_id": self._chat, **parameters}
        )
        try:
            reply = answer.json()
        except ValueError:  # a proxy's page
            raise Unavailable(f"HTTP {answer.status_code} without JSON") from None
        if reply.get("ok"):
            return reply["result"]
        detail, more = str(reply.get("description")), reply.get("parameters") or {}
        match answer.status_code:
            case 429:
                raise RetryLater(float(more.get("retry_after", RETRY_AFTER)))
            case 400 if "migrate_to_chat_id" in more:
                raise Closed(f"the group has become the chat {more['migrate_to_chat_id']}")
            case 400 if "chat not found" not in detail:
                raise Rejected(detail)
            case 400 | 401 | 403 | 404:
                raise Closed(detail)
            case status:
                raise Unavailable(f"HTTP {status}: {detail}")
