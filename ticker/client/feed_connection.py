"""The WebSocket of a feed: connect, read, reconnect. Its state (``connection_state``) decides.

Nothing runs in the background: the client reads the socket when the caller asks for the next event.
If the caller stops asking, the kernel's buffers fill up and the gateway pauses, then closes the
connection; the feed resumes after the last event that the caller took.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from types import TracebackType
from typing import Any, Generic, Self, TypeAlias, TypeVar
from urllib.parse import urlencode, urlsplit, urlunsplit

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidProxy,
    InvalidStatus,
)
from websockets.typing import Subprotocol

from ticker.client.backoff import LONGEST_ORDER
from ticker.client.connection_state import ConnectionState, Decision, Retry, Stop
from ticker.client.errors import BadAddress, ProtocolError, connection_error_text
from ticker.domain.retry_after import seconds

MAX_MESSAGE = 16 * 2**20
"""Bytes; a snapshot of 200 items with the longest texts is well below."""
OPEN_TIMEOUT = 10.0
CLOSE_TIMEOUT = 2.0

TOKEN_TIMEOUT = 10.0
"""Seconds that the caller's function for tokens may take."""

Token: TypeAlias = str | Callable[[], Awaitable[str]]
"""A reader token, or a function that returns one that is valid now."""

E = TypeVar("E")


class Feed(Generic[E]):
    """An async iterator of what ``state`` makes of the server's messages.

    The feed reconnects without a limit, after waits with full jitter of up to 30 seconds. Iteration
    raises ``FeedRefused`` when the server refuses the feed for good and ``ProtocolError`` when the
    responses repeatedly do not follow the protocol; it ends (``StopAsyncIteration``) after
    ``aclose``, and when there is nothing to follow. Cancelling ``anext`` (``asyncio.timeout``)
    loses no event.
    """

    def __init__(
        self,
        url: str,
        state: ConnectionState[E],
        token: Token,
        on_retry: Callable[[Retry], None] | None,
        on_welcome: Callable[[], None] | None,
    ) -> None:
        """Configure the feed; it connects at the first ``anext``. Raises BadAddress."""
        self._address = websocket_url(url)
        self._state = state
        self._token = token
        self._on_retry = on_retry
        self._on_welcome = on_welcome
        self._connection: ClientConnection | None = None
        self._reading: asyncio.Timeout | None = None
        self._awake = False
        self._retry_at = 0.0
        self._closing = asyncio.Event()
        self._busy = False

    @property
    def cursor(self) -> str | None:
        """The feed's position. Store it, and pass it as ``after`` to resume from here."""
        return self._state.cursor

    @property
    def connected(self) -> bool:
        """Whether the server has accepted the current connection."""
        return self._connection is not None and self._state.welcomed

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> E:
        """Return the next event. Waits, and reconnects if necessary."""
        if self._busy:
            raise RuntimeError("another task is waiting for this feed's next event")
        self._busy = True
        try:
            while not self._closing.is_set():
                if self._state.ended:
                    await self._drop()
                    break
                event = await self._step()
                if event is not None:
                    return event
        finally:
            self._busy = False
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Close the connection. A waiting ``anext`` ends. Closing twice is harmless."""
        self._closing.set()
        await self._drop()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _step(self) -> E | None:
        """Wait, connect, or read one message. Return the message's event, if it has one."""
        if self._connection is None:
            await self._pause()
            if not self._closing.is_set():
                await self._open()
            if self._closing.is_set():
                await self._drop()
            return None
        try:
            due = await self._send_changes(self._connection)
            frame = await self._receive(self._connection, due)
        except TimeoutError:
            await self._lost(self._state.closed(None, "no heartbeat from the server"))
            return None
        except ConnectionClosed as closed:
            received = closed.rcvd
            code, reason = (None, "") if received is None else (received.code, received.reason)
            await self._lost(self._state.closed(code, reason))
            return None
        if frame is None:
            return None
        try:
            message = _parse(frame)
            event = self._read(message)
        except ProtocolError as error:
            await self._lost(self._state.protocol_error(error))
            return None
        if message["type"] == "token_expiring" and callable(self._token):
            await self._renew(self._connection)
        return event

    async def _send_changes(self, connection: ClientConnection) -> float | None:
        """Send what changes on the connection; return when there is more to send."""
        self._awake = False
        now = asyncio.get_running_loop().time
        while isinstance(change := self._state.change(now()), Mapping):
            # One at a time: those that are not sent when the caller is cancelled stay changes.
            await connection.send(orjson.dumps(change), text=True)
        return change

    async def _receive(self, connection: ClientConnection, due: float | None) -> bytes | None:
        """Return the next message; None at the time ``due``, or when ``_wake`` was called.

        Raises TimeoutError if the server is silent. Leaving early loses no message.
        """
        silent = asyncio.get_running_loop().time() + self._state.silence_limit
        early = due is not None and due < silent
        self._reading = asyncio.timeout_at(due if early else silent)
        try:
            async with self._reading:
                return await connection.recv(decode=False)
        except TimeoutError:
            if early or self._awake:
                return None
            raise
        finally:
            self._reading = None

    def _wake(self) -> None:
        """Let a waiting ``anext`` look for changes to send."""
        if self._awake or self._reading is None or self._reading.expired():
            return
        self._awake = True
        self._reading.reschedule(asyncio.get_running_loop().time())

    def _read(self, message: dict[str, Any]) -> E | None:
        before = self._state.welcomed
        event = self._state.receive(message)
        if self._on_welcome is not None and self._state.welcomed and not before:
            self._on_welcome()
        return event

    async def _renew(self, connection: ClientConnection) -> None:
        """Send a new token. Without one the server ends the connection when the old one expires."""
        try:
            given = await self._current_token()
            await connection.send(orjson.dumps({"type": "token", "token": given}), text=True)
        except (OSError, TimeoutError, ConnectionClosed):
            return

    async def _current_token(self) -> str:
        if isinstance(self._token, str):
            return self._token
        async with asyncio.timeout(TOKEN_TIMEOUT):
            return await self._token()

    async def _pause(self) -> None:
        # An absolute time, so that a cancelled and repeated ``anext`` does not change the wait.
        rest = self._retry_at - asyncio.get_running_loop().time()
        if rest > 0:
            await self._unless_closing(asyncio.sleep(rest))

    async def _open(self) -> None:
        query = urlencode(self._state.connecting())
        try:
            given = await self._current_token()
        except (OSError, TimeoutError) as error:
            reason = f"no reader token: {connection_error_text(error)}"
            await self._lost(self._state.closed(None, reason))
            return
        opening = connect(
            f"{self._address}?{query}",
            subprotocols=[Subprotocol("ticker.v1")],
            # A redirect to another origin loses it: the library removes credentials.
            additional_headers={"Authorization": f"Bearer {given}"} if given else None,
            compression=None,
            max_size=MAX_MESSAGE,
            open_timeout=OPEN_TIMEOUT,
            close_timeout=CLOSE_TIMEOUT,
            ping_interval=None,  # missing heartbeats reveal a dead connection (``silence_limit``)
        )
        try:
            await self._unless_closing(self._connect(opening))
        except InvalidStatus as refused:
            response = refused.response
            after = seconds(response.headers.get("Retry-After"), time.time(), longest=LONGEST_ORDER)
            detail = _first_line(response.body)
            await self._lost(self._state.refused(response.status_code, detail, after))
        except (OSError, TimeoutError, InvalidHandshake, InvalidProxy) as error:
            await self._lost(self._state.closed(None, connection_error_text(error)))

    async def _connect(self, opening: connect) -> None:
        # Set by the task that connects: if the caller is cancelled at this moment, its next
        # ``anext`` finds the connection, and none leaks.
        self._connection = await opening.connect()

    async def _lost(self, decision: Decision) -> None:
        await self._drop()
        if self._closing.is_set():
            return
        match decision:
            case Stop(error):
                raise error
            case Retry() as retry:
                self._retry_at = asyncio.get_running_loop().time() + retry.delay
                if self._on_retry is not None:
                    self._on_retry(retry)

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _unless_closing(self, work: Coroutine[Any, Any, None]) -> None:
        """Await ``work``; cancel it as soon as the feed is being closed."""
        task = asyncio.create_task(work)
        closing = asyncio.create_task(self._closing.wait())
        try:
            await asyncio.wait((task, closing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            task.cancel()
            closing.cancel()
            done, _ = await asyncio.wait((task, closing))
            failed = [one for one in done if not one.cancelled() and one.exception() is not None]
        if failed:
            failed[0].result()


def websocket_url(url: str) -> str:
    """Return the WebSocket URL of the server at ``url``. Raises BadAddress."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        if ":" not in host:
            host.encode("idna")
    except ValueError:  # no address in brackets, a port that is no number, a name that is none
        raise BadAddress(url) from None
    scheme = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}.get(parts.scheme)
    if scheme is None or not host:
        raise BadAddress(url)
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/") + "/v1/ws", "", ""))


def _parse(frame: bytes) -> dict[str, Any]:
    try:
        message = orjson.loads(frame)
    except orjson.JSONDecodeError as error:
        raise ProtocolError("a message of the feed is not JSON") from error
    if not isinstance(message, dict) or "type" not in message:
        raise ProtocolError("a message of the feed has no type")
    return message


def _first_line(body: bytes | bytearray | None) -> str:
    lines = bytes(body or b"").decode(errors="replace").strip().splitlines()
    return lines[0][:200] if lines else "no reason given"
