"""The page to sign in to the console. It leads with what this newsroom has."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from ticker.config import Settings
from ticker.console.rendering import as_json, render
from ticker.console.texts import Texts, refusals, texts_for
from ticker.domain.errors import Unavailable
from ticker.people.accounts import Accounts

KNOWN_FOR = 5.0
"""Seconds for which a process remembers whether there are accounts."""
FAILED = {
    "again": "openidAgain",
    "denied": "openidDenied",
    "failed": "openidFailed",
    "no_role": "openidNoRole",
    "not_fresh": "openidNotFresh",
    "other": "openidOther",
    "taken": "openidTaken",
}
"""Texts for the words with which a sign-in at a provider comes back."""


def failure(texts: Texts, request: Request) -> str | None:
    """Return why a sign-in at the provider failed, if the browser comes back from one."""
    failed = FAILED.get(request.query_params.get("failed", ""))
    return None if failed is None else texts.page[failed]


def provider_label(settings: Settings) -> str:
    """Return what people call the provider; an empty string if there is none."""
    return settings.openid_label or urlsplit(settings.openid_issuer).hostname or ""


class SignInPage:
    """Renders the form, the button of the provider if there is one, and why signing in failed.

    A newsroom without accounts and provider, as ``ticker up`` makes it, is asked for its key.
    """

    def __init__(
        self,
        accounts: Accounts,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``clock`` is in seconds."""
        self._accounts = accounts
        self._settings = settings
        self._clock = clock
        self._people = True
        self._asked_at = -KNOWN_FOR

    async def page(self, request: Request) -> Response:
        """Return the page in the language of ``request``."""
        texts = texts_for(request)
        return render(
            texts,
            self._settings.site_name,
            "sign-in.html",
            words=as_json(
                {
                    "lang": texts.language,
                    "words": dict(texts.script),
                    "refusals": dict(refusals(texts)),
                }
            ),
            failed=failure(texts, request),
            provider=provider_label(self._settings),
            by_key=not self._settings.openid_issuer and not await self._has_people(),
        )

    async def _has_people(self) -> bool:
        """Tell whether there are accounts. Whoever opens the page often asks Redis no more."""
        now = self._clock()
        if now - self._asked_at >= KNOWN_FOR:
            self._asked_at = now
            try:
                self._people = await self._accounts.count() > 0
            except Unavailable:
                self._people = True
        return self._people
