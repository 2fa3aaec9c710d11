"""Operations: the rows of the route table, with their responses and the address of a client.

An ``Operation`` is one method of one path; it also describes itself for ``/openapi.json``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import orjson
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from ticker.domain.editor import Permission
from ticker.domain.errors import TickerError

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]
Key: TypeAlias = Literal["none", "optional", "required"]


@dataclass(frozen=True, slots=True)
class Param:
    """A header, query or path parameter, described for ``/openapi.json``."""

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
    key: Key = "none"
    """Whether the operation needs an editor key."""
    recorded: bool = False
    """Whether its handler writes the audit, or changes nothing; else the dispatch records it."""
    permission: Permission = "read"
    """What the key's role must permit; the handler asks ``Auth`` for it."""
    public: bool = False
    """Whether pages of other sites may read it (CORS)."""
    params: tuple[Param, ...] = ()
    body: type[BaseModel] | None = None
    """Schema of the body; with ``body_type`` NDJSON, schema of one line."""
    body_type: str = "application/json"
    body_required: bool = True
    status: int = 200
    existing_status: int | None = None
    """Status of the same response if the resource existed before."""
    response: type[BaseModel] | None = None
    """Schema of the response; None if it is not JSON."""
    response_type: str = "application/json"
    problems: tuple[type[TickerError], ...] = ()
    refuse: Callable[[Request, TickerError], Response] | None = None
    """Makes the response of a request whose rights do not suffice; by default it is a problem."""


def json_response(
    data: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return ``data`` as a JSON response. Bytes must be JSON already."""
    body = data if isinstance(data, bytes) else orjson.dumps(data)
    return Response(body, status, headers, "application/json")


def client_of(request: Request) -> str:
    """Return the client's address; behind a trusted proxy it is the one that the proxy reports."""
    client = request.scope.get("client")
    return "" if client is None else str(client[0])
