"""One address and what it can do: the route table's rows, and their dispatch.

An ``Operation`` is a row: it serves requests and describes itself to ``/openapi.json``. A
``Resource`` is all rows of one path as a single ASGI callable, without middleware around streams.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Literal, TypeAlias

import orjson
from pydantic import BaseModel
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ticker.api.problems import MethodNotAllowed, problem, unexpected
from ticker.api.request_metrics import RequestMetrics
from ticker.domain.errors import TickerError

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]
Key: TypeAlias = Literal["no", "optional", "needed"]

PREFLIGHT_AGE = 86_400
"""Seconds for which a browser need not ask again whether other sites may read public addresses."""


@dataclass(frozen=True, slots=True)
class Param:
    """A header or query parameter, for the documents."""

    name: str
    where: Literal["query", "header", "path"]
    text: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    many: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    name: str
    summary: str
    handle: Handler
    tag: str
    text: str = ""
    key: Key = "no"
    public: bool = False
    """Pages of other sites may read it (CORS)."""
    params: tuple[Param, ...] = ()
    body: type[BaseModel] | None = None
    """Schema of the body; with ``body_type`` NDJSON, schema of one line."""
    body_type: str = "application/json"
    body_needed: bool = True
    status: int = 200
    known: int | None = None
    """The status of the same answer where what is asked for was there before."""
    answer: type[BaseModel] | None = None
    """Schema of the response; None if it is not JSON."""
    answer_type: str = "application/json"
    problems: tuple[type[TickerError], ...] = ()


def answer(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return ``data`` as a JSON response; bytes are JSON already."""
    body = data if isinstance(data, bytes) else orjson.dumps(data)
    return Response(body, status, headers, "application/json")


class Resource:
    """All operations on one path."""

    def __init__(
        self,
        path: str,
        operations: Iterable[Operation],
        meter: RequestMetrics,
        fallback: Handler | None = None,
    ) -> None:
        """``fallback`` answers methods that no operation has, instead of a 405."""
        self._path = path
        self._fallback = fallback
        self._meter = meter
        self._operations = {operation.method: operation for operation in operations}
        methods = set(self._operations) | {"OPTIONS"}
        if "GET" in methods:
            methods.add("HEAD")
        self.allow = ", ".join(sorted(methods))
        shared = {one.method for one in self._operations.values() if one.public}
        self._public = bool(shared)
        self._shared = ", ".join(sorted(shared | ({"HEAD"} if "GET" in shared else set())))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request; whatever goes wrong becomes a problem document."""
        started = perf_counter()
        request = Request(scope, receive, send)
        method: str = scope["method"]
        operation = self._operations.get("GET" if method == "HEAD" else method)
        try:
            if operation is not None:
                response = await operation.handle(request)
            elif method == "OPTIONS":
                response = self._options(request)
            elif self._fallback is not None:
                response = await self._fallback(request)
            else:
                raise MethodNotAllowed(method, self.allow)
        except TickerError as error:
            response = problem(error)
        except ClientDisconnect:
            return  # nobody is left to answer
        except Exception as error:  # noqa: BLE001  # the last line: logged, and told without insides
            response = unexpected(request, error)
        headers = response.raw_headers
        headers.append((b"x-content-type-options", b"nosniff"))
        # With a key it is the desk's answer, which no other site's page has any business with.
        # What shared caches may keep is nobody's own: it must not be kept without these headers.
        if self._public and (
            b"authorization" not in {name for name, _ in scope["headers"]}
            or response.headers.get("cache-control", "").startswith("public")
        ):
            headers.append((b"access-control-allow-origin", b"*"))
            headers.append((b"access-control-expose-headers", b"ETag, Retry-After"))
        if method == "HEAD":
            response.body = b""  # the headers stay those of GET (RFC 9110 §9.3.2)
        await response(scope, receive, send)
        known = method if operation is not None else "other"
        self._meter.count(self._path, known, response.status_code, perf_counter() - started)

    def _options(self, request: Request) -> Response:
        headers = {"allow": self.allow}
        if self._public and "access-control-request-method" in request.headers:
            headers |= {
                "access-control-allow-methods": self._shared,
                "access-control-allow-headers": "If-None-Match, Last-Event-ID, Content-Type",
                "access-control-max-age": str(PREFLIGHT_AGE),
                "vary": "Access-Control-Request-Method, Access-Control-Request-Headers",
            }
        return Response(status_code=204, headers=headers)
