"""Responses made of older items: their JSON, headers and the link to the next page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request

from ticker.api.auth import Auth
from ticker.api.headers import PRIVATE
from ticker.api.poll_routes import SHARED
from ticker.api.request_rights import has_editor_key
from ticker.api.shown_now import Found


async def is_editor(request: Request, auth: Auth) -> bool:
    """Return whether the request has an editor key. Raises Unauthorised if it is a wrong one."""
    if not has_editor_key(request):
        return False
    await auth.editor(request, "read")
    return True


def item_of(found: Found, *, for_editor: bool) -> dict[str, Any]:
    """Return the item as JSON; for an editor with its state."""
    return found.public() | ({"state": found.state} if for_editor else {})


def headers_of(request: Request, following: str | None, *, for_editor: bool) -> dict[str, str]:
    """Return the headers of a page; ``following`` is where the next one begins."""
    headers = {"cache-control": PRIVATE if for_editor else SHARED, "vary": "Authorization"}
    if following is not None:
        pairs = [pair for pair in request.query_params.multi_items() if pair[0] != "before"]
        query = urlencode([*pairs, ("before", following)])
        headers["link"] = f'<{request.scope["path"]}?{query}>; rel="next"'
    return headers
