"""Refusals as pages, for people; programs get the same as problem documents.

A page says nothing of what was refused but that it was: of a retracted item not a word is left.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.problems import problem
from ticker.api.public_address import base_of
from ticker.api.resource import Handler
from ticker.api.static_files import SECURE, TYPES
from ticker.config import Settings
from ticker.domain.errors import Gone, NotFound, TickerError, Unavailable
from ticker.site.negotiate import edition_for, wants_page
from ticker.site.page_frame import About, Frame
from ticker.site.render import render


class Errors:
    """Makes pages of refusals."""

    def __init__(self, settings: Settings, frame: Callable[[str, str, About], Frame]) -> None:
        self._settings = settings
        self._taxonomy = settings.taxonomy
        self._frame = frame

    def guarded(self, handle: Handler) -> Handler:
        """Return ``handle`` with its refusals as pages for who wants pages."""

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except TickerError as error:
                return self.page(request, error)

        return answer

    def page(self, request: Request, error: TickerError) -> Response:
        """Return the response for ``error``, with the status and headers of its problem."""
        told = problem(error)
        told.headers["vary"] = "Accept, Accept-Language"
        if not wants_page(request) or request.scope["path"].startswith("/v1/"):
            return told
        edition = self._edition(request)
        about = About("", "", "", index=False)
        frame = self._frame(edition, base_of(request, self._settings), about)
        name = _name(error)
        body = render(
            "error.html",
            frame=frame,
            title=frame.words.say(f"{name}Title"),
            text=frame.words.say(f"{name}Text"),
        )
        kept = {"allow", "cache-control", "retry-after", "vary"}
        headers = {name: value for name, value in told.headers.items() if name in kept}
        headers |= SECURE | {"content-type": TYPES[".html"]}
        return Response(body, error.status, headers)

    def _edition(self, request: Request) -> str:
        first: str = request.scope["path"].split("/")[1]
        if first in self._taxonomy.editions:
            return first
        return edition_for(request, self._taxonomy)


def _name(error: TickerError) -> str:
    match error:
        case Gone():
            return "gone"
        case NotFound():
            return "notFound"
        case Unavailable():
            return "away"
        case _:
            return "error"
