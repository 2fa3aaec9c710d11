"""Requests to the API: one idempotent request is repeated after temporary failures.

Every change carries an idempotency key, so the client can repeat a request whose response was lost:
the server returns its first response and publishes nothing new.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import orjson

from ticker.client.backoff import Backoff
from ticker.client.credentials import credentials, is_session
from ticker.client.errors import ClientError, ProtocolError, Unavailable, Unreachable, refusal
from ticker.client.http_message import Response
from ticker.client.plain_http import Http
from ticker.client.transport import http_to
from ticker.domain.retry_after import seconds

if TYPE_CHECKING:
    import httpx

ATTEMPTS = 4
TIMEOUT = 10.0
RETRY_AFTER_MAX = 86_400.0
"""Seconds that ``Unavailable.retry_after`` may be."""
LONGEST_PAUSE = 4.0
"""Most seconds between two attempts, also if ``Retry-After`` is longer: a person is waiting."""
T = TypeVar("T")
NO_FIELDS: Mapping[str, Any] = {}


class ApiRequests:
    """Requests to one newsroom; use it as an async context manager.

    Each request is tried up to ``attempts`` times with the same idempotency key if the connection
    is lost or a part of the newsroom is unavailable. It raises a ``Refused`` exception for a
    problem document from the server, ``Unreachable`` without a response, and ``ProtocolError`` for
    a response that is not a Ticker server's.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        attempts: int = ATTEMPTS,
        timeout: float = TIMEOUT,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Configure the client for the server at ``url``. ``timeout``: seconds for each attempt.

        ``key`` is an editor key, or the token of a session (``ticker.client.account``).
        ``transport`` sends the requests in place of the network. Raises BadAddress for a URL that
        is not valid.
        """
        self.url = url.rstrip("/")
        self.has_key = bool(key)
        self.has_session = is_session(key)
        self._attempts = attempts
        self._headers = {"Accept": "application/json", **credentials(key)}
        self._http: Http
        if transport is None:
            self._http = http_to(self.url, timeout)
            return
        from ticker.client.httpx_http import HttpxHttp

        self._http = HttpxHttp(self.url, timeout, transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _act(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any],
        *,
        key: str | None,
        headers: Mapping[str, str] = NO_FIELDS,
    ) -> dict[str, Any]:
        return await self._ask(
            method,
            path,
            content=orjson.dumps(body),
            headers={
                "Content-Type": "application/json",
                "Idempotency-Key": key or uuid.uuid4().hex,
                **headers,
            },
        )

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        content: bytes = b"",
        headers: Mapping[str, str] = NO_FIELDS,
    ) -> dict[str, Any]:
        """Send an idempotent request; repeat it after temporary failures."""
        backoff = Backoff(first=0.25, last=LONGEST_PAUSE)
        while True:
            ordered: float | None = None
            problem: ClientError
            try:
                response = await self._http.send(
                    method,
                    path,
                    params=params,
                    content=content,
                    headers={**self._headers, **headers},
                )
                return read_response(response)
            except Unavailable as error:
                problem = error
                ordered = error.retry_after
            except Unreachable as error:
                problem = error
            if backoff.failures + 1 >= self._attempts:
                raise problem
            await asyncio.sleep(min(backoff.failed(ordered), LONGEST_PAUSE))


def typed(read: Callable[[dict[str, Any]], T], data: dict[str, Any]) -> T:
    """Return ``read(data)``. Raises ProtocolError if the data has not the expected shape."""
    try:
        return read(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ProtocolError(f"the server's response cannot be read: {error!r}") from error


def read_response(response: Response) -> dict[str, Any]:
    try:
        data = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        data = None
    if response.status == 204:
        return {}
    if 200 <= response.status < 300:
        if isinstance(data, dict):
            return data
        raise ProtocolError(f"{response.url} is not a Ticker server: its response is not JSON")
    if not isinstance(data, dict):
        data = {"title": f"HTTP {response.status} {response.reason}".strip()}
    after = seconds(response.headers.get("retry-after"), time.time(), longest=RETRY_AFTER_MAX)
    raise refusal(response.status, data, after)
