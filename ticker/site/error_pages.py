"""Error pages for browsers; other clients get problem documents.

A page shows only the kind of error, so nothing of a retracted item is left on it.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.page_security import SECURE
from ticker.api.problem_documents import problem
from ticker.api.public_address import base_of
from ticker.api.routing import Handler
from ticker.api.static_files import TYPES
from ticker.config import Settings
from ticker.domain.errors import (
    EditionNotInToken,
    Gone,
    NotFound,
    Successor,
    TickerError,
    Unauthorised,
    Unavailable,
)
from ticker.site.negotiate import edition_for, wants_page
from ticker.site.page_frame import Frame, PageMetadata
from ticker.site.render import render


class ErrorPages:
    """Render errors as pages."""

    def __init__(
        self, settings: Settings, frame: Callable[[str, str, PageMetadata], Frame]
    ) -> None:
        self._settings = settings
        self._taxonomy = settings.taxonomy
        self._frame = frame

    def with_error_pages(self, handle: Handler) -> Handler:
        """Return ``handle`` with its errors as pages for clients that prefer HTML."""

        async def guarded(request: Request) -> Response:
            try:
                return await handle(request)
            except TickerError as error:
                return self.page(request, error)

        return guarded

    def page(self, request: Request, error: TickerError) -> Response:
        """Return the response for ``error``, with the status and headers of its problem."""
        response = problem(error)
        response.headers["vary"] = "Accept, Accept-Language"
        if not wants_page(request) or request.scope["path"].startswith("/v1/"):
            return response
        successor = error.successor if isinstance(error, Gone) else None
        edition = self._edition(request, successor)
        metadata = PageMetadata("", "", "", index=False)
        frame = self._frame(edition, base_of(request, self._settings), metadata)
        name = "replaced" if successor is not None else _name(error)
        body = render(
            "error.html",
            frame=frame,
            title=frame.translation.text(f"{name}Title"),
            text=frame.translation.text(f"{name}Text"),
            retracted=isinstance(error, Gone),
            successor=None if successor is None else frame.addresses.item(successor.id),
        )
        kept_headers = {"allow", "cache-control", "retry-after", "vary", "www-authenticate"}
        headers = {name: value for name, value in response.headers.items() if name in kept_headers}
        headers |= SECURE | {"content-type": TYPES[".html"]}
        if successor is not None:
            headers["link"] = f'<{frame.addresses.item(successor.id)}>; rel="successor-version"'
        return Response(body, error.status, headers)

    def _edition(self, request: Request, successor: Successor | None) -> str:
        """Return the edition of the page: that of a report which goes on elsewhere."""
        if successor is not None and successor.edition in self._taxonomy.editions:
            return successor.edition
        first: str = request.scope["path"].split("/")[1]
        if first in self._taxonomy.editions:
            return first
        return edition_for(request, self._taxonomy)


def _name(error: TickerError) -> str:
    match error:
        case Gone():
            return "retracted"
        case NotFound():
            return "notFound"
        case Unavailable():
            return "unavailable"
        case Unauthorised():
            return "token"
        case EditionNotInToken():
            return "tokenEdition"
        case _:
            return "error"
