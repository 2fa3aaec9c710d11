"""A server that plays the cases for clients, over WebSocket and as server-sent events.

``http://HOST:PORT/RUN/CASE`` is the address of a newsroom for a client. RUN is any word: a new one
begins the case anew. ``GET /RUN/CASE/report`` tells what the client did wrong, and ``GET
/cases.json`` has all cases.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

import orjson
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from ticker.conformance.client_case import STOP_CODES, Message, Recorded
from ticker.conformance.client_cases import CLIENT_CASES
from ticker.conformance.client_run import CURSORS, ClientRun, Pairs, addressed, named

MAX_RUNS = 1_000
"""Runs that are remembered; the oldest is forgotten."""
LONGEST = 600.0
"""Seconds that a request, or a connection at the end of its case, may stay open."""
CASES = {one.name: one for one in CLIENT_CASES}
_ADDRESS = re.compile(
    r"/(?P<run>[\w.-]{1,64})/(?P<case>[a-z0-9-]+)/(?P<what>v1/ws|v1/events|report)"
)
_SUB = re.compile(r"sub\.(\d{1,2})")
_TOO_MANY = Recorded(
    None,
    [{"type": "error", "code": "bad_request", "message": "the case is over"}],
    STOP_CODES.start,
)

_QUIET = logging.getLogger(__name__)
_QUIET.setLevel(logging.CRITICAL)  # cut connections are the purpose of this server


def cases_json() -> bytes:
    """Return the file of all cases."""
    cases = [one.as_json() for one in CLIENT_CASES]
    return orjson.dumps({"protocol": "1.1", "cases": cases}, option=orjson.OPT_INDENT_2) + b"\n"


class ScriptedServer:
    """Runs of clients, by their addresses."""

    def __init__(self, played: Callable[[str, ClientRun], None] | None = None) -> None:
        """``played`` is called with the run's word when the last message of a case was sent."""
        self.runs: dict[tuple[str, str], ClientRun] = {}
        self.port = 0
        self._played = played
        self._current: dict[ServerConnection, tuple[str, ClientRun, Recorded, int | None]] = {}

    def run(self, word: str, case: str) -> ClientRun:
        """Return a run, a new one for a new word. Raises KeyError for an unknown case."""
        known = self.runs.get((word, case))
        if known is None:
            known = self.runs[word, case] = ClientRun(CASES[case])
            if len(self.runs) > MAX_RUNS:
                del self.runs[next(iter(self.runs))]
        return known

    async def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a request; None for a WebSocket handshake, whose messages ``play`` sends."""
        target = urlsplit(request.path)
        if target.path == "/cases.json":
            return _response(HTTPStatus.OK, cases_json())
        found = _ADDRESS.fullmatch(target.path)
        if found is None or found["case"] not in CASES:
            return _response(HTTPStatus.NOT_FOUND, b'{"detail":"/RUN/CASE; see /cases.json"}\n')
        run = self.run(found["run"], found["case"])
        if found["what"] == "report":
            return _response(HTTPStatus.OK, orjson.dumps(run.report()))
        subs, presented = _subscriptions(parse_qsl(target.query))
        if "Last-Event-ID" in request.headers:
            presented["last-event-id"] = request.headers["Last-Event-ID"]
        recorded = run.connect(presented, _now()) or _TOO_MANY
        run.ask(subs, recorded)
        sub = next(iter(subs)) or None
        if found["what"] == "v1/ws":
            self._current[connection] = (found["run"], run, recorded, sub)
            return None
        return await self._stream(connection, found["run"], run, recorded, sub)

    async def play(self, connection: ServerConnection) -> None:
        """Play a connection over a WebSocket that ``admit`` has let in."""
        word, run, recorded, sub = self._current.pop(connection)
        try:
            for message in recorded.messages:
                if message["type"] == "expect":
                    await self._expect(connection, run, message)
                    continue
                await connection.send(orjson.dumps(_for(run, message, sub)), text=True)
            self._sent(word, run)
            if recorded.end == "hold":
                async with asyncio.timeout(LONGEST):
                    await connection.wait_closed()
        except (ConnectionClosed, TimeoutError):
            pass  # the client left; its next connection tells whether it may
        run.ended(_now())  # before the client can know of it
        if recorded.end == "cut":
            connection.transport.close()  # what was written is sent, but no close frame
            await connection.wait_closed()
        elif recorded.end != "hold":
            await connection.close(recorded.end)

    async def _expect(self, connection: ServerConnection, run: ClientRun, wanted: Message) -> None:
        """Wait for the client's message. Raises TimeoutError."""
        async with asyncio.timeout(LONGEST):
            while not run.told(orjson.loads(await connection.recv()), wanted):
                pass  # a ping, say

    async def _stream(
        self,
        connection: ServerConnection,
        word: str,
        run: ClientRun,
        recorded: Recorded,
        sub: int | None,
    ) -> Response | None:
        """Play a connection as an event stream."""
        if recorded.end in STOP_CODES:
            self._sent(word, run)
            run.ended(_now())
            problem = {"status": 400, "detail": recorded.messages[-1]["message"]}
            return _response(HTTPStatus.BAD_REQUEST, orjson.dumps(problem))
        blocks = b"".join(_block(_for(run, one, sub)) for one in recorded.messages)
        connection.transport.write(_STREAM + blocks)
        self._sent(word, run)
        if recorded.end == "hold":
            try:
                async with asyncio.timeout(LONGEST):
                    await connection.wait_closed()
            except TimeoutError:
                pass  # the end of the stream
        run.ended(_now())
        connection.transport.close()
        await connection.wait_closed()
        return None  # the connection is closed: no answer is sent

    def _sent(self, word: str, run: ClientRun) -> None:
        before = run.played
        run.sent()
        if run.played and not before and self._played is not None:
            self._played(word, run)


@asynccontextmanager
async def scripted_server(
    port: int = 0, played: Callable[[str, ClientRun], None] | None = None
) -> AsyncIterator[ScriptedServer]:
    """Serve the cases on a port of this machine, a free one by default. Raises OSError."""
    scripted = ScriptedServer(played)
    async with serve(
        scripted.play,
        "127.0.0.1",
        port,
        process_request=scripted.admit,
        subprotocols=[Subprotocol("ticker.v1")],
        select_subprotocol=_subprotocol,
        compression=None,
        open_timeout=LONGEST + 10,  # of an event stream, this is its whole life
        close_timeout=1,
        ping_interval=None,
        logger=_QUIET,
    ) as server:
        scripted.port = next(iter(server.sockets)).getsockname()[1]
        yield scripted


_STREAM = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
    b"Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n"
)


def _block(message: Message) -> bytes:
    """Return a block of an event stream (PROTOCOL.md §9)."""
    kind = message["type"]
    lines = [f"event: {kind}"]
    advances = kind in ("item", "heartbeat") or (
        kind in ("snapshot", "page") and not message.get("more")
    )
    if advances or message.get("mode") == "live":
        lines.append(f"id: {message['cursor']}")
    if kind in ("welcome", "goodbye"):
        lines.append("retry: 1000")
    lines.append(f"data: {orjson.dumps(message).decode()}")
    return ("\n".join(lines) + "\n\n").encode()


def _for(run: ClientRun, message: Message, sub: int | None) -> Message:
    """Return the message with the client's ids."""
    if run.case.subscriptions is not None:
        return named(message, run.ids)
    return addressed(message, sub)


def _subscriptions(query: Sequence[tuple[str, str]]) -> tuple[dict[int, Pairs], dict[str, str]]:
    """Return the filters in an address by their ids, 0 for one without, and other parameters."""
    others = dict(query)
    subs: dict[int, Pairs] = {}
    for name, value in query:
        if found := _SUB.fullmatch(name):
            pairs = parse_qsl(value)
            subs[int(found[1])] = [one for one in pairs if one[0] != "backlog"]
            others = dict(pairs) | others
    if not subs:
        subs[0] = [one for one in query if one[0] not in (*CURSORS, "backlog")]
    return subs, others


def _subprotocol(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return Subprotocol("ticker.v1") if "ticker.v1" in offered else None


def _response(status: HTTPStatus, body: bytes) -> Response:
    headers = Headers(
        {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Access-Control-Allow-Origin": "*",
            "Connection": "close",
        }
    )
    return Response(status.value, status.phrase, headers, body)


def _now() -> float:
    return asyncio.get_running_loop().time()
