"""Problem documents (RFC 9457) for all errors.

``ticker.domain.errors`` has the newsroom's errors; the classes here are specific to HTTP.
``type`` is ``/problems/SLUG``, which redirects to the explanation in ``/docs``.
"""

from __future__ import annotations

import logging
import secrets
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ticker.domain import errors, store_errors
from ticker.domain.errors import (
    PROBLEMS,
    BadRequest,
    FieldError,
    TickerError,
    TooMany,
    Unauthorised,
    Unavailable,
)
from ticker.domain.messages import Message, coded
from ticker.domain.store_errors import StoreError
from ticker.reader_access.challenge import challenge

MEDIA_TYPE = "application/problem+json"

log = logging.getLogger("ticker.api")


class BadField(BadRequest):
    """A header is malformed; ``errors`` names it."""

    def __init__(self, field: str, message: str) -> None:
        self.errors = [FieldError(field, message)]
        super().__init__(f"{field}: {message}")

    def extra(self) -> dict[str, Any]:
        """Return the invalid field."""
        return {"errors": [one.document() for one in self.errors]}


class BadQuery(errors.BadFilter):
    """A query parameter is not valid; ``errors`` names it."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)

    def extra(self) -> dict[str, Any]:
        """Return the invalid parameter."""
        return {"errors": [FieldError(self.field, self.detail).document()]}


class MethodNotAllowed(TickerError):
    """The address does not support this method; ``Allow`` lists the supported ones."""

    status, slug, title = 405, "method-not-allowed", "Method not allowed"

    def __init__(self, method: str, allow: str) -> None:
        self.allow = allow
        super().__init__(f"{method} is not allowed here; allowed: {allow}")


class UnsupportedMedia(TickerError):
    """The body's format or coding is not supported; ``Accept`` lists the supported formats."""

    status, slug, title = 415, "unsupported-media-type", "Unsupported media type"

    def __init__(self, detail: str, accept: str) -> None:
        self.accept = accept
        super().__init__(detail)


class PreconditionRequired(TickerError):
    """The request has to say which version it means, with ``If-Match`` (RFC 6585 §3)."""

    status, slug, title = 428, "precondition-required", "If-Match is required"


class UpgradeRequired(TickerError):
    """The address needs a WebSocket handshake (RFC 9110 §15.5.22)."""

    status, slug, title = 426, "upgrade-required", "A WebSocket handshake is required"


class Internal(TickerError):
    """An unexpected error of the server. ``instance`` finds it in the server's log."""

    def __init__(self, instance: str) -> None:
        self.instance = instance
        super().__init__(f"unexpected server error, logged as {instance}")

    def extra(self) -> dict[str, Any]:
        """Return the id of this occurrence (RFC 9457 §3.1.5)."""
        return {"instance": f"urn:ticker:error:{self.instance}"}


ALL: tuple[type[TickerError], ...] = (
    BadRequest,
    errors.BadFilter,
    Unauthorised,
    errors.TokenRequired,
    errors.InvalidToken,
    errors.CodeRequired,
    errors.Forbidden,
    errors.EditionNotInToken,
    errors.NotFound,
    MethodNotAllowed,
    errors.Conflict,
    errors.Duplicate,
    errors.Gone,
    errors.Stale,
    errors.TooLarge,
    UnsupportedMedia,
    errors.Invalid,
    errors.ImplausibleTime,
    errors.IdempotencyMismatch,
    UpgradeRequired,
    errors.Timeout,
    PreconditionRequired,
    TooMany,
    errors.HeadTooLarge,
    Internal,
    errors.UnreadableItem,
    Unavailable,
    errors.MediaUnavailable,
    *store_errors.ALL,
    errors.StorageFull,
)
"""Every problem type of this server, by status."""


def document(error: TickerError) -> dict[str, Any]:
    """Return the members of the problem document for ``error``, without addresses of ours."""
    if isinstance(error, StoreError):
        error = error.public()
    return {
        "type": PROBLEMS + error.slug,
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        **(coded(error.detail) if isinstance(error.detail, Message) else {}),
        **error.extra(),
    }


def problem(error: TickerError) -> Response:
    """Return the response for ``error``, with the headers that its status requires."""
    headers = {"cache-control": "no-store"}
    match error:
        case Unauthorised() | errors.EditionNotInToken():
            headers["www-authenticate"] = challenge(error)
        case MethodNotAllowed():
            headers["allow"] = error.allow
        case UnsupportedMedia():
            headers["accept"] = error.accept
        case Unavailable():
            if isinstance(error, StoreError):
                # The text names hosts and sockets: log it, and do not send it.
                log.info("responded 503 %s: %s", error.slug, error.detail)
            headers["retry-after"] = str(max(1, error.retry_after))
        case TooMany():
            headers["retry-after"] = str(error.retry_after)
        case errors.Gone(successor=errors.Successor(id=id, expired=False)):
            headers["link"] = f'</v1/items/{id}>; rel="successor-version"'  # RFC 5829
        case UpgradeRequired():
            headers |= {"upgrade": "websocket", "connection": "Upgrade"}
        case errors.TooLarge():
            headers["connection"] = "close"  # the rest of the body is not read
        case _:
            pass
    return Response(orjson.dumps(document(error)), error.status, headers, MEDIA_TYPE)


def unexpected(request: Request, error: Exception) -> Response:
    """Log ``error`` with its traceback under a new id; return a 500 that contains only the id.

    The path is logged; the query and the headers are not, because they may hold private data.
    """
    instance = secrets.token_hex(6)
    log.error("error %s: %s %r", instance, request.method, request.scope["path"], exc_info=error)
    return problem(Internal(instance))


async def no_resource(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request for an address outside every route, such as ``OPTIONS *``."""
    response = problem(errors.NotFound(f"no resource at {scope['path']}"))
    await response(scope, receive, send)
