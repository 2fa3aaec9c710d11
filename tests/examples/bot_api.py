"""A fake Bot API server for one bot in one chat, made from its documentation.

It parses HTML as strictly as the API, applies the length limit after parsing, keeps message ids,
returns the same error codes and descriptions, and counts calls that come before ``retry_after``.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from typing import Any, TypeAlias

from tests.support.http_server import Answer, Asked, ScriptedServer, listening

TOKEN = "4711:for-tests-only"
CHAT = "-100200300"
LIMIT = 4_096

_TAGS = frozenset({"b", "i", "u", "s", "a", "code", "pre"})
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}

Fault: TypeAlias = Callable[[], Answer | None]
"""Called instead of an answer; None: behave."""


class BotApi(ScriptedServer):
    def __init__(self) -> None:
        super().__init__([])
        self.messages: dict[int, str] = {}
        """Texts in the chat without markup, by id, in the order of sending."""
        self.markup: dict[int, str] = {}
        self.calls: list[str] = []
        self.faults: deque[Fault] = deque()
        """One for each of the next calls."""
        self.after: deque[Fault] = deque()
        """The same, when the call has had its effect."""
        self.too_old: set[int] = set()
        self.early = 0
        """Calls that came before a ``retry_after`` was over."""
        self._again_at = 0.0
        self._last = 100

    @property
    def texts(self) -> list[str]:
        return list(self.messages.values())

    def answer(self, asked: Asked) -> Answer:
        _, bot, method = asked.path.split("/")
        self.calls.append(method)
        self.early += time.monotonic() < self._again_at
        fault = self.faults.popleft()() if self.faults else None
        if fault is not None:
            return fault
        if bot != f"bot{TOKEN}":
            return refused(401, "Unauthorized")
        body = asked.json
        if str(body.get("chat_id")) != CHAT:
            return refused(400, "Bad Request: chat not found")
        answer = self._do(method, body)
        fault = self.after.popleft()() if self.after else None
        return fault or answer

    def throttle(self, seconds: float) -> Answer:
        """Answer 429, and notice who comes back too early."""
        self._again_at = time.monotonic() + seconds
        said = f"Too Many Requests: retry after {seconds:g}"
        return refused(429, said, {"retry_after": seconds})

    def _do(self, method: str, body: dict[str, Any]) -> Answer:
        match method:
            case "sendMessage":
                self._last += 1
                return self._write(self._last, body)
            case "editMessageText":
                number = int(body["message_id"])
                if number not in self.messages:
                    return refused(400, "Bad Request: message to edit not found")
                if self.markup[number] == body["text"]:
                    return refused(
                        400,
                        "Bad Request: message is not modified: specified new message content and "
                        "reply markup are exactly the same as a current content and reply markup "
                        "of the message",
                    )
                return self._write(number, body)
            case "deleteMessage":
                number = int(body["message_id"])
                if number not in self.messages:
                    return refused(400, "Bad Request: message to delete not found")
                if number in self.too_old:
                    return refused(400, "Bad Request: message can't be deleted for everyone")
                del self.messages[number], self.markup[number]
                return Answer(200, {"ok": True, "result": True})
            case _:
                return refused(404, "Not Found: method not found")

    def _write(self, number: int, body: dict[str, Any]) -> Answer:
        text = body["text"]
        try:
            shown = plain(text) if body.get("parse_mode") == "HTML" else text
        except ValueError as error:
            return refused(400, f"Bad Request: can't parse entities: {error}")
        if not shown.strip():
            return refused(400, "Bad Request: message text is empty")
        if len(shown.encode("utf-16-le")) // 2 > LIMIT:
            return refused(400, "Bad Request: message is too long")
        self.messages[number], self.markup[number] = shown, text
        chat = {"id": int(CHAT), "type": "supergroup"}
        result = {"message_id": number, "chat": chat, "text": shown}
        return Answer(200, {"ok": True, "result": result})


def refused(status: int, description: str, parameters: dict[str, Any] | None = None) -> Answer:
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    return Answer(status, body | ({"parameters": parameters} if parameters else {}))


def plain(markup: str) -> str:
    """Return the text in ``markup``. Raises ValueError where the Bot API cannot parse it."""
    parser = _Markup()
    parser.feed(markup)
    parser.close()
    if parser.open:
        raise ValueError(f"can't find end tag corresponding to start tag {parser.open[-1]}")
    return parser.text


class _Markup(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS:
            raise ValueError(f'unsupported start tag "{tag}"')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise ValueError(f'unexpected end tag "{tag}"')

    def handle_data(self, data: str) -> None:
        if "<" in data:
            raise ValueError("unexpected <")
        self.text += data

    def handle_entityref(self, name: str) -> None:
        if name not in _ENTITIES:
            raise ValueError(f"unsupported entity {name}")
        self.text += _ENTITIES[name]

    def handle_charref(self, name: str) -> None:
        self.text += chr(int(name[1:], 16) if name.startswith("x") else int(name))


@asynccontextmanager
async def bot_api() -> AsyncIterator[BotApi]:
    """Serve on a free port of this machine."""
    async with listening(BotApi()) as bot:
        yield bot
