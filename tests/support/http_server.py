"""An HTTP server on a real port that answers by script, one answer a request.

It is faulty where a script says so; the real server's answers are tested with the real server.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson


@dataclass(frozen=True)
class Answer:
    """One response; a ``status`` of 0 drops the connection without one."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


class ScriptedServer:
    def __init__(self, answers: list[Answer]) -> None:
        self.answers = answers
        self.asked: list[Asked] = []
        self.url = ""

    def answer(self, asked: Asked) -> Answer:
        """Return what to say to ``asked``, which is not yet among those that were asked."""
        return self.answers[len(self.asked)]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                request, *lines = head.decode().split("\r\n")
                headers = {
                    name.lower(): value
                    for name, _, value in (line.partition(": ") for line in lines if line)
                }
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                method, path, _ = request.split(" ")
                asked = Asked(method, path, headers, body)
                answer = self.answer(asked)
                self.asked.append(asked)
                if not answer.status:
                    break
                raw = answer.body if isinstance(answer.body, bytes) else orjson.dumps(answer.body)
                extra = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
                head_line = f"HTTP/1.1 {answer.status} X\r\nContent-Length: {len(raw)}\r\n"
                writer.write(f"{head_line}{extra}\r\n".encode() + raw)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


T = TypeVar("T", bound=ScriptedServer)


@asynccontextmanager
async def answering(*answers: Answer) -> AsyncIterator[ScriptedServer]:
    """Answer with ``answers`` in turn on a free port of this machine."""
    async with listening(ScriptedServer(list(answers))) as web:
        yield web


@asynccontextmanager
async def listening(web: T, tls: ssl.SSLContext | None = None) -> AsyncIterator[T]:
    """Let ``web`` answer on a free port of this machine."""
    server = await asyncio.start_server(web.serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        web.url = f"http{'s' if tls else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield web
