"""A page of the console that cannot be shown: a person gets words, not a problem document."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.problem_documents import problem
from ticker.api.routing import Handler
from ticker.console.rendering import render
from ticker.console.texts import texts_for
from ticker.domain.errors import Forbidden, TickerError, TooMany

KEPT = ("retry-after",)
"""Headers of the problem that the page has, too."""


def with_refusal_page(handle: Handler, site: str) -> Handler:
    """Return ``handle`` with its errors as pages for browsers; scripts get problem documents."""

    async def guarded(request: Request) -> Response:
        try:
            return await handle(request)
        except TickerError as error:
            if "text/html" not in request.headers.get("accept", ""):
                raise
            return _page(request, error, site)

    return guarded


def _page(request: Request, error: TickerError, site: str) -> Response:
    texts = texts_for(request)
    address = request.url.path
    if request.url.query:
        address += f"?{request.url.query}"
    response = render(
        *(texts, site, "refusal.html"),
        text=texts.page[_name(error)],
        address=None if isinstance(error, Forbidden) else address,
    )
    response.status_code = error.status
    headers = problem(error).headers
    response.headers.update({name: headers[name] for name in KEPT if name in headers})
    return response


def _name(error: TickerError) -> str:
    match error:
        case Forbidden():
            return "pageForbidden"
        case TooMany():
            return "pageTooMany"
        case _:
            return "pageUnavailable"
