"""Scripted responses of the push providers, and the notifications that phones show."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson

from tests.net.peer import Request, Response

CREDIT = 1 << 24
"""Bytes under way on a connection: providers let two hundred messages of 4 KB pass."""

Answer: TypeAlias = Response | Callable[[Request], Awaitable[Response | None]]
"""A callable may do something first (say goodbye, wait); None goes on to the truth."""


@dataclass
class Script:
    """Answers for one token, or for whoever comes next; each is given once."""

    by_token: dict[str, deque[Answer]] = field(default_factory=lambda: defaultdict(deque))
    anybody: deque[Answer] = field(default_factory=deque)
    always: Answer | None = None

    async def answer(self, token: str, request: Request) -> Response | None:
        """Return what is to be said, None for the truth."""
        own = self.by_token.get(token)
        if own:
            answer: Answer | None = own.popleft()
        elif self.anybody:
            answer = self.anybody.popleft()
        else:
            answer = self.always
        return answer if answer is None or isinstance(answer, Response) else await answer(request)


@dataclass
class Phones:
    """The notifications on phones: the newest one for each collapse key."""

    shown: dict[str, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    """token → collapse key → what is shown."""
    got: Counter[str] = field(default_factory=Counter)
    """token → messages accepted for it, whether they replaced something or not."""

    def deliver(self, token: str, collapse: str, what: Any) -> None:
        self.got[token] += 1
        self.shown[token][collapse or f"#{self.got[token]}"] = what


async def controlled(request: Request, script: Script, phones: Phones) -> Response | None:
    """Answer what a test asks of a server in another process; None for a provider's own path.

    ``POST /_script``: ``{"token": …, "status": …, "body": …, "times": …}``, without a token for
    whoever comes next. ``POST /_got``: ``{token: messages}``. ``POST /_shown``: all phones.
    """
    match request.path:
        case b"/_script":
            told = orjson.loads(request.body)
            answer = Response(told["status"], {}, orjson.dumps(told.get("body", {})))
            line = script.by_token[told["token"]] if "token" in told else script.anybody
            line.extend([answer] * told.get("times", 1))
            return Response()
        case b"/_got":
            return Response(body=orjson.dumps(phones.got))
        case b"/_shown":
            return Response(body=orjson.dumps(phones.shown))
        case _:
            return None
