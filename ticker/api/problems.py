"""Refusals as RFC 9457 problem documents.

``domain.errors`` holds what the newsroom refuses; the classes here add what is specific to HTTP.
``type`` is ``/problems/SLUG``, which leads to the explanation in ``/docs``.
"""

from __future__ import annotations

import logging
import secrets
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ticker.domain import errors
from ticker.domain.errors import (
    PROBLEMS,
    BadRequest,
    FieldError,
    TickerError,
    Unauthorised,
    Unavailable,
)

MEDIA_TYPE = "application/problem+json"

AWAY = "the store does not answer; ask again (an act with the same Idempotency-Key)"

log = logging.getLogger("ticker.api")


class BadField(BadRequest):
    """A header or query parameter that cannot be read; ``errors`` names it."""

    def __init__(self, field: str, message: str) -> None:
        self.errors = [FieldError(field, message)]
        super().__init__(f"{field}: {message}")

    def extra(self) -> dict[str, Any]:
        """Return the one wrong field."""
        return {"errors": [{"field": e.field, "message": e.message} for e in self.errors]}


class BadQuery(errors.BadFilter):
    """A wrong query parameter; ``errors`` names it."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)

    def extra(self) -> dict[str, Any]:
        """Return the one wrong parameter."""
        return {"errors": [{"field": self.field, "message": self.detail}]}


class BadAfter(errors.BadCursor):
    """A cursor that nobody ever got; ``errors`` names ``after``."""

    def extra(self) -> dict[str, Any]:
        """Return the one wrong parameter."""
        return {"errors": [{"field": "after", "message": self.detail}]}


class MethodNotAllowed(TickerError):
    """The path exists, but not for this method; ``Allow`` lists those it takes."""

    status, slug, title = 405, "method-not-allowed", "Not a method of this address"

    def __init__(self, method: str, allow: str) -> None:
        self.allow = allow
        super().__init__(f"{method} is not possible here; possible: {allow}")


class UnsupportedMedia(TickerError):
    """A body in a format or coding that is not read here; ``Accept`` says which is."""

    status, slug, title = 415, "unsupported-media", "Not a format that is read here"

    def __init__(self, detail: str, accept: str) -> None:
        self.accept = accept
        super().__init__(detail)


class TooMany(TickerError):
    """One address has asked for too much; it may again after ``retry_after`` seconds."""

    status, slug, title = 429, "too-many", "Too many requests"
    temporary = True

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class UpgradeRequired(TickerError):
    """A WebSocket's address, asked without the handshake (RFC 9110 §15.5.22)."""

    status, slug, title = 426, "upgrade-required", "A WebSocket is needed here"


class Internal(TickerError):
    """Our fault. ``instance`` is in the server's log, with all that happened."""

    def __init__(self, instance: str) -> None:
        self.instance = instance
        super().__init__(f"an error of the server, which is logged as {instance}")

    def extra(self) -> dict[str, Any]:
        """Return the name of this occurrence (RFC 9457 §3.1.5)."""
        return {"instance": f"urn:ticker:error:{self.instance}"}


ALL: tuple[type[TickerError], ...] = (
    BadRequest,
    errors.BadCursor,
    errors.BadFilter,
    Unauthorised,
    errors.Forbidden,
    errors.NotFound,
    MethodNotAllowed,
    errors.Conflict,
    errors.Duplicate,
    errors.Gone,
    errors.Stale,
    errors.TooLarge,
    UnsupportedMedia,
    errors.Invalid,
    errors.IdempotencyMismatch,
    UpgradeRequired,
    TooMany,
    Internal,
    Unavailable,
)
"""Every problem this server answers with, by status."""


def document(error: TickerError) -> dict[str, Any]:
    """Return ``error`` as the members of a problem document."""
    return {
        "type": PROBLEMS + error.slug,
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        **error.extra(),
    }


def problem(error: TickerError) -> Response:
    """Return the response for ``error``, with the headers that its status asks for."""
    headers = {"cache-control": "no-store"}
    match error:
        case Unauthorised():
            headers["www-authenticate"] = 'Bearer realm="ticker"'
        case MethodNotAllowed():
            headers["allow"] = error.allow
        case UnsupportedMedia():
            headers["accept"] = error.accept
        case Unavailable():
            if error.__cause__ is not None:
                # Its text names hosts and sockets; the operator may know those, readers may not.
                log.info("answered 503: %s", error.detail)
                error = Unavailable(AWAY, error.retry_after)
            headers["retry-after"] = str(max(1, error.retry_after))
        case TooMany():
            headers["retry-after"] = str(error.retry_after)
        case UpgradeRequired():
            headers |= {"upgrade": "websocket", "connection": "Upgrade"}
        case errors.TooLarge():
            headers["connection"] = "close"  # the rest of the body is not read
        case _:
            pass
    return Response(orjson.dumps(document(error)), error.status, headers, MEDIA_TYPE)


def crashed(request: Request, error: Exception) -> Response:
    """Log ``error`` with its traceback under a new name; return a 500 that carries the name only.

    The path is logged, the query and the headers are not: they may hold what is nobody's business.
    """
    instance = secrets.token_hex(6)
    log.error("error %s: %s %r", instance, request.method, request.scope["path"], exc_info=error)
    return problem(Internal(instance))


async def http_exception(request: Request, error: Exception) -> Response:
    """Return what Starlette itself refuses (an address outside every route) as a problem."""
    if isinstance(error, HTTPException) and error.status_code == 404:
        return problem(errors.NotFound(f"nothing is at {request.scope['path']}"))
    return crashed(request, error)
