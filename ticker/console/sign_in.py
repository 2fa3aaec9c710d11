"""The page to sign in to the console."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from ticker.config import Settings
from ticker.console.rendering import render
from ticker.console.texts import texts_for

_FAILED = {
    "again": "openidAgain",
    "denied": "openidDenied",
    "failed": "openidFailed",
    "no_role": "openidNoRole",
    "taken": "openidTaken",
}
"""Texts for the words with which a sign-in at a provider comes back."""


def sign_in_page(request: Request, settings: Settings) -> Response:
    """Return the form, the button of the provider if there is one, and why signing in failed."""
    texts = texts_for(request)
    failed = _FAILED.get(request.query_params.get("failed", ""))
    issuer = settings.openid_issuer
    return render(
        texts,
        settings.site_name,
        "sign-in.html",
        failed=None if failed is None else texts.page[failed],
        provider=(settings.openid_label or urlsplit(issuer).hostname) if issuer else "",
    )
