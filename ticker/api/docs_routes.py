"""Routes for the API documentation: ``/openapi.json``, ``/docs``, and redirects of problem types.

Both documents are rendered from the route table, once, when one of them is first requested:
rendered before, they would take a fifth of the start of a server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import Response

from ticker.api import live_routes
from ticker.api.docs_page import page
from ticker.api.headers import not_modified
from ticker.api.openapi import describe
from ticker.api.page_security import SECURE
from ticker.api.routing import Operation
from ticker.api.static_files import TYPES

CACHE = "public, max-age=60"
HTML, CSS = TYPES[".html"], TYPES[".css"]


class DocsRoutes:
    """Handlers of the documents that describe ``table`` and themselves."""

    def __init__(self, table: Sequence[Operation]) -> None:
        self._table = table
        self._rendering: asyncio.Task[_Documents] | None = None
        style = Path(__file__).with_name("docs.css").read_bytes()
        self._style = _Document(style, CSS, {})

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            *live_routes.operations(),
            Operation(
                "GET",
                "/openapi.json",
                "openapi",
                "Get this description as OpenAPI",
                self.openapi,
                "Pages",
                public=True,
                response_type="application/json",
            ),
            Operation(
                "GET",
                "/docs",
                "docs",
                "Get this description as a page",
                self.docs,
                "Pages",
                response_type=HTML,
            ),
            Operation(
                "GET",
                "/docs.css",
                "docs_style",
                "Get the style sheet of the documentation",
                self.style,
                "Pages",
                response_type=CSS,
            ),
            Operation(
                "GET",
                "/problems/{slug}",
                "problem",
                "Redirect a problem's `type` to its explanation",
                self.problem,
                "Pages",
                status=302,
            ),
        ]

    async def openapi(self, request: Request) -> Response:
        """Handle ``GET /openapi.json``."""
        return (await self._documents()).openapi.respond(request)

    async def docs(self, request: Request) -> Response:
        """Handle ``GET /docs``."""
        return (await self._documents()).docs.respond(request)

    async def style(self, request: Request) -> Response:
        """Handle ``GET /docs.css``."""
        return self._style.respond(request)

    async def problem(self, request: Request) -> Response:
        """Handle ``GET /problems/{slug}``."""
        slug = "".join(
            c for c in request.path_params["slug"] if (c.isascii() and c.isalpha()) or c == "-"
        )
        return Response(status_code=302, headers={"location": f"/docs#problem-{slug[:40]}"})

    async def _documents(self) -> _Documents:
        """Return the documents. Requests that come while they are rendered wait for them together.

        A thread renders them, so that other requests are answered meanwhile.
        """
        if self._rendering is None:
            self._rendering = asyncio.create_task(asyncio.to_thread(self._render))
        return await asyncio.shield(self._rendering)  # the first client may leave

    def _render(self) -> _Documents:
        described = describe([*self._table, *self.operations()])
        return _Documents(
            _Document(orjson.dumps(described), "application/json", {}),
            _Document(page(described).encode(), HTML, SECURE),
        )


@dataclass(frozen=True)
class _Documents:
    openapi: _Document
    docs: _Document


class _Document:
    """A response that never changes while the process runs."""

    def __init__(self, body: bytes, media_type: str, headers: dict[str, str]) -> None:
        self._body = body
        self._etag = f'"{blake2b(body, digest_size=9).hexdigest()}"'
        self._headers = headers | {
            "content-type": media_type,
            "cache-control": CACHE,
            "etag": self._etag,
        }

    def respond(self, request: Request) -> Response:
        if not_modified(request, self._etag):
            headers = {"etag": self._etag, "cache-control": CACHE}
            return Response(status_code=304, headers=headers)
        return Response(self._body, headers=self._headers)
