"""Resources: the dispatch of requests to the operations of one path.

A ``Resource`` is the ASGI application for all operations of one path. It handles errors, CORS, HEAD
and OPTIONS itself, so that no middleware wraps the responses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from time import perf_counter
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ticker.api.api_request import ApiRequest
from ticker.api.audit_notes import Note, Record, Recorder, noted
from ticker.api.headers import request_context_of
from ticker.api.problem_documents import MethodNotAllowed, problem, unexpected
from ticker.api.request_metrics import RequestMetrics
from ticker.api.request_rights import RequestRights, reading_as, require_editions
from ticker.api.request_scope import RequestScope
from ticker.api.routing import Handler, Operation, client_of
from ticker.domain.budgets import Budgets
from ticker.domain.errors import TickerError
from ticker.domain.filter_query import ANY, EXCLUSIONS, FIELDS_MAX, NOT, QUERY_MAX
from ticker.domain.query_names import CURSOR_NAMES, ignored_message
from ticker.reader_access.access import EDITOR
from ticker.reader_access.presented import EDITOR_KEY
from ticker.telemetry import traces

WARNING = "ticker-warning"
"""Header that names the ignored parameters of a query."""
EXPOSED = b"ETag, Retry-After, Ticker-Warning"
ALLOWED = ("If-None-Match", "Last-Event-ID", "Content-Type", "Cache-Control", "X-Requested-With")
REQUESTED_MAX = 1_024
"""Characters of a preflight's list of headers that are read."""
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
PREFLIGHT_AGE = 86_400
"""Seconds for which a browser may cache a CORS preflight response."""


class Resource:
    """All operations on one path."""

    def __init__(
        self,
        path: str,
        operations: Iterable[Operation],
        request_metrics: RequestMetrics,
        fallback: Handler | None = None,
        budgets: Budgets | None = None,
        rights: RequestRights | None = None,
        record: Record | None = None,
    ) -> None:
        """``fallback`` handles methods without an operation; by default they get 405.

        ``budgets`` are charged for what no cache can answer; None charges nothing. ``rights`` are
        what requests may read; None lets them read everything. ``record`` adds to the audit.
        """
        self._record = None if record is None else Recorder(record)
        self._rights = rights if rights is not None and rights.enabled else None
        self._budgets = budgets
        self._path = path
        self._fallback = fallback
        self._request_metrics = request_metrics
        self._operations = {operation.method: operation for operation in operations}
        methods = set(self._operations) | {"OPTIONS"}
        if "GET" in methods:
            methods.add("HEAD")
        self.allow = ", ".join(sorted(methods))
        public = {one.method for one in self._operations.values() if one.public}
        self._public = bool(public)
        self._public_methods = ", ".join(sorted(public | ({"HEAD"} if "GET" in public else set())))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request. Every error becomes a problem document."""
        started = perf_counter()
        request = ApiRequest(scope, receive, send)
        method: str = scope["method"]
        operation = self._operations.get("GET" if method == "HEAD" else method)
        context = request_context_of(request)
        running = RequestScope(context, self._budgets, client_of(request))
        with running, _span(operation):
            if self._rights is None:
                response = await self._respond(request, method, operation)
            else:
                response = await self._respond_within(self._rights, request, method, operation)
            await self._audit(request, operation, response)
        if response is None:
            return  # the client is gone
        headers = response.raw_headers
        if operation is not None and operation.public and scope["query_string"]:
            _note_ignored(scope["query_string"], operation, response)
        shared = response.headers.get("cache-control", "").startswith("public")
        # In an answer that caches share, the id of one request means nothing.
        if not shared and (
            response.status_code >= 500 or (operation is not None and operation.key != "none")
        ):
            headers.append((b"x-request-id", context.id.encode()))
        headers.append((b"x-content-type-options", b"nosniff"))
        # A response to an editor's key is private: no other site's page may read it. A response
        # that shared caches may store needs the CORS headers in any case.
        if self._public and (shared or not self._for_editor(request)):
            if b"access-control-allow-origin" not in {name for name, _ in headers}:
                headers.append((b"access-control-allow-origin", b"*"))
            headers.append((b"access-control-expose-headers", EXPOSED))
        if method == "HEAD":
            response.body = b""  # the headers stay those of GET (RFC 9110 §9.3.2)
        await response(scope, receive, send)
        counted = method if operation is not None else "other"
        self._request_metrics.count(
            self._path, counted, response.status_code, perf_counter() - started
        )

    def _for_editor(self, request: Request) -> bool:
        """Tell whether the request has an editor's key or session, not only a reader's token."""
        given = request.headers.get("authorization")
        if given is None:
            return False
        scheme, _, secret = given.partition(" ")
        token = scheme.lower() == "bearer" and not secret.strip().startswith(EDITOR_KEY)
        return self._rights is None or not token

    async def _respond_within(
        self, rights: RequestRights, request: Request, method: str, operation: Operation | None
    ) -> Response | None:
        """Respond with what the request may read.

        An operation for editors demands their key itself, before it reads anything.
        """
        if operation is None or operation.key == "required":
            with reading_as(rights.public if operation is None else EDITOR):
                return await self._respond(request, method, operation)
        try:
            found = await rights.of(request, client_of(request))
            with reading_as(found):
                edition = request.scope.get("path_params", {}).get("edition")
                if edition is not None and rights.protects(edition):
                    require_editions((edition,))
                response = await self._respond(request, method, operation)
        except TickerError as error:
            return (operation.refuse or _problem)(request, error)
        if response is not None:
            _separate(response, private=found.kind != "public")
        return response

    async def _audit(
        self, request: Request, operation: Operation | None, response: Response | None
    ) -> None:
        """Record a successful change by an editor, unless the change itself writes the audit."""
        if operation is None or operation.recorded or operation.key != "required":
            return
        if operation.method == "GET" or response is None or response.status_code >= 300:
            return
        if self._record is not None:
            note = noted(request)
            if note is None:
                note = Note(response.headers.get("location", request.url.path), {})
            await self._record(operation.name, *note)

    async def _respond(
        self, request: Request, method: str, operation: Operation | None
    ) -> Response | None:
        try:
            if operation is not None:
                return await operation.handle(request)
            if method == "OPTIONS":
                return self._options(request)
            if self._fallback is not None:
                return await self._fallback(request)
            raise MethodNotAllowed(method, self.allow)
        except TickerError as error:
            return problem(error)
        except ClientDisconnect:
            return None
        except Exception as error:  # noqa: BLE001  # the outermost handler: log it, respond 500
            return unexpected(request, error)

    def _options(self, request: Request) -> Response:
        headers = {"allow": self.allow}
        if self._public and "access-control-request-method" in request.headers:
            headers |= {
                "access-control-allow-methods": self._public_methods,
                "access-control-allow-headers": _allowed(
                    request.headers.get("access-control-request-headers", ""),
                    # A token reads; what changes something needs a key, or a session's cookie.
                    tokens=self._rights is not None
                    and request.headers["access-control-request-method"] in ("GET", "HEAD"),
                ),
                "access-control-max-age": str(PREFLIGHT_AGE),
                "vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
            }
            if "origin" in request.headers:
                # With credentials no asterisk is allowed. A public resource reads no cookies.
                headers["access-control-allow-origin"] = request.headers["origin"]
                headers["access-control-allow-credentials"] = "true"
        return Response(status_code=204, headers=headers)


def _problem(request: Request, error: TickerError) -> Response:
    return problem(error)


def _separate(response: Response, *, private: bool) -> None:
    """Keep the responses to readers with and without a token apart in shared caches.

    A private one, to a token or an editor, is not stored there. A public one is not for a request
    with ``Authorization``. It does not vary by ``Cookie``, because sites set many cookies, and each
    would have its own copy: a proxy passes requests with the token's cookie on (deploy/nginx.conf).
    """
    headers = response.headers
    cache = headers.get("cache-control", "")
    shared = cache.startswith("public")
    if private and shared:
        headers["cache-control"] = f"private{cache.removeprefix('public')}"
    if private or shared:
        headers.add_vary_header("Authorization")
    if private:
        headers.add_vary_header("Cookie")


def _allowed(requested: str, *, tokens: bool) -> str:
    """Return the header names that a page of another site may send, for a preflight.

    A public resource takes any header, as it would take it from a client that is no browser; but no
    page sends an editor's key. With ``tokens``, ``Authorization`` carries a reader's token.
    """
    names = [name.strip() for name in requested[:REQUESTED_MAX].split(",")]
    more = [
        name
        for name in names
        if _TOKEN.fullmatch(name)
        and (tokens or name.lower() != "authorization")
        and name not in ALLOWED
    ]
    return ", ".join([*ALLOWED, *more])


def _note_ignored(query: bytes, operation: Operation, response: Response) -> None:
    """Tell the client about ignored parameters, and keep the response out of shared caches.

    Otherwise each invented parameter would be one more copy of the same response there. In a query
    that is too long no parameter is named.
    """
    if len(query) > QUERY_MAX or query.count(b"&") >= FIELDS_MAX:
        _keep_private(response)
        return
    known = [param.name for param in operation.params if param.where == "query"]
    if "section" in known:
        known += [*(name for name in EXCLUSIONS if name.removeprefix(NOT) in known), ANY]
    taken = {*known, *(CURSOR_NAMES if "after" in known else ())}
    ignored = [
        name
        for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True)
        if name.lower() not in taken and name.lower().removesuffix("s") not in taken
    ]
    if not ignored:
        return
    if message := ignored_message(ignored, known):
        response.headers[WARNING] = message
    _keep_private(response)


def _keep_private(response: Response) -> None:
    cache = response.headers.get("cache-control", "")
    if cache.startswith("public"):
        response.headers["cache-control"] = f"private{cache.removeprefix('public')}"


def _span(operation: Operation | None) -> AbstractContextManager[None]:
    """Return the span of an editor's operation. What anybody may ask is not traced."""
    if operation is None or operation.key != "required" or operation.method == "GET":
        return nullcontext()
    return traces.span(operation.name)
