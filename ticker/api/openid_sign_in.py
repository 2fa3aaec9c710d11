"""Routes for signing in with an OpenID Connect provider."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.auth import Auth
from ticker.api.headers import PRIVATE_HEADERS
from ticker.api.own_sessions import origin_of
from ticker.api.routing import Operation, Param, client_of
from ticker.api.session_cookie import session_of, set_session
from ticker.api.sign_in_audit import SignInAudit
from ticker.config import Settings
from ticker.domain.errors import (
    Conflict,
    Forbidden,
    NotFound,
    TooMany,
    Unavailable,
)
from ticker.openid.provider import Provider
from ticker.openid.tokens import (
    Attempt,
    Person,
    Refused,
    UnknownKey,
    authorization_url,
    claims_of,
    fresh_until,
    person_of,
)
from ticker.people.account import Account
from ticker.people.accounts import Accounts
from ticker.people.sessions import ID_DIGITS, LIFETIME, Sessions, session_digest, session_id
from ticker.reader_access.key_set import KeySet

PATH = "/v1/session/openid"
CALLBACK = f"{PATH}/callback"
SIGN_IN, ACCOUNT = "/console/sign-in", "/console/account"
COOKIE = "ticker_openid"
MINUTES = 10
"""Minutes that a person has for signing in at the provider."""
PARAMETER_MAX = 4_096
"""Characters of the code and of other parameters that the provider adds."""

_HEADERS = PRIVATE_HEADERS | {"referrer-policy": "no-referrer"}
_PAGE_HEADERS = _HEADERS | {"content-security-policy": "default-src 'none'"}


class OpenIdRoutes:
    """Handlers for browsers. Without a provider in the settings they answer 404."""

    def __init__(
        self,
        provider: Provider | None,
        settings: Settings,
        auth: Auth,
        accounts: Accounts,
        sessions: Sessions,
        audit: SignInAudit,
        clock: Callable[[], float],
    ) -> None:
        """``clock`` is seconds since 1970."""
        self._provider = provider
        self._settings = settings
        self._auth = auth
        self._accounts = accounts
        self._sessions = sessions
        self._audit = audit
        self._clock = clock
        self._secure = settings.public_url.startswith("https")
        self._cookie = f"__Host-{COOKIE}" if self._secure else COOKIE
        self._redirect_uri = settings.public_url + CALLBACK

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "GET",
                PATH,
                "begin_openid",
                "Sign in with the OpenID Connect provider: go there",
                self.begin,
                "Sessions",
                text=(
                    "For browsers. The provider sends the browser back to `/callback`. With "
                    "`proof=true` the person signs in there anew, and the session that the "
                    "browser has then needs no other proof for five minutes."
                ),
                params=(Param("proof", "query", "`true`: prove who is signed in."),),
                status=302,
                problems=(NotFound, Forbidden, TooMany, Unavailable),
            ),
            Operation(
                "GET",
                CALLBACK,
                "end_openid",
                "Sign in with the OpenID Connect provider: come back",
                self.end,
                "Sessions",
                text="The page begins or proves a session, or leads to a page that says why not.",
                params=(
                    Param("state", "query", "The state of the attempt."),
                    Param("code", "query", "The provider's code."),
                    Param("error", "query", "Why the provider refuses."),
                    Param("iss", "query", "The provider's issuer (RFC 9207)."),
                ),
                response_type="text/html; charset=utf-8",
                problems=(NotFound, TooMany, Unavailable),
            ),
        ]

    async def begin(self, request: Request) -> Response:
        """Handle ``GET /v1/session/openid``."""
        provider = self._configured()
        attempt = Attempt.new(await self._to_prove(request))
        settings = self._settings
        url = authorization_url(
            (await provider.metadata()).authorization_endpoint,
            settings.openid_client_id,
            self._redirect_uri,
            settings.openid_scope,
            attempt,
        )
        response = Response(status_code=302, headers={**_HEADERS, "location": url})
        self._set_cookie(response, attempt.cookie, MINUTES * 60)
        return response

    async def end(self, request: Request) -> Response:
        """Handle ``GET /v1/session/openid/callback``."""
        provider = self._configured()
        client = client_of(request)
        self._audit.check(client)
        try:
            response = await self._answered(provider, request)
        except Refused as error:
            proves = (attempt := self._attempt(request)) is not None and attempt.session
            response = _page(f"{ACCOUNT if proves else SIGN_IN}?failed={error.word}")
            if error.word == "again":
                # Any page can send a browser here. It costs nothing, and nobody may be charged.
                return response
            if error.word != "denied":
                await self._audit.failed("", client, f"OpenID Connect: {error}")
        self._set_cookie(response, "", 0)
        return response

    async def _to_prove(self, request: Request) -> str:
        """Return the digest of the session that is to be proved; "" if one is to begin.

        A person whose session has ended meanwhile signs in.
        """
        if request.query_params.get("proof") != "true":
            return ""
        editor = await self._auth.visitor(request)
        if editor is None or not editor.account:
            return ""
        return session_digest(session_of(request, secure=self._secure))

    def _attempt(self, request: Request) -> Attempt | None:
        return Attempt.read(request.cookies.get(self._cookie, ""))

    async def _answered(self, provider: Provider, request: Request) -> Response:
        """Return the page after a sign-in at the provider. Raises Refused."""
        query = request.query_params
        attempt = self._attempt(request)
        if attempt is None or not attempt.begun_with(query.get("state", "")):
            raise Refused("again", "the answer is not to an attempt of this browser (state)")
        if any(len(query.get(name, "")) > PARAMETER_MAX for name in ("code", "error", "iss")):
            raise Refused("failed", "a parameter of the provider's answer is too long")
        named = query.get("iss")
        if named != provider.issuer and (
            named is not None or (await provider.metadata()).names_issuer
        ):
            raise Refused("failed", "the answer is of another provider (iss)")
        if "error" in query:
            word = "denied" if query["error"] == "access_denied" else "failed"
            raise Refused(word, f"the provider refuses: {query['error'][:64]}")
        if not query.get("code"):
            raise Refused("failed", "the answer has no code")
        token = await provider.token(query["code"], attempt.verifier, self._redirect_uri)
        claims = await self._claims(provider, token, attempt)
        person = self._person(claims)
        until = fresh_until(claims, self._clock())
        if attempt.session:
            return await self._prove(request, attempt.session, person, until)
        return await self._signed_in(request, await self._account_of(person), until)

    async def _claims(self, provider: Provider, token: str, attempt: Attempt) -> dict[str, Any]:
        settings = self._settings

        def read(keys: KeySet) -> dict[str, Any]:
            return claims_of(
                token,
                keys,
                issuer=provider.issuer,
                client_id=settings.openid_client_id,
                nonce=attempt.nonce,
                now=self._clock(),
            )

        try:
            try:
                return read(await provider.keys())
            except UnknownKey:
                return read(await provider.keys(again=True))
        except UnknownKey:
            raise Refused("failed", "the key of the ID token is not published") from None

    def _person(self, claims: dict[str, Any]) -> Person:
        settings = self._settings
        return person_of(
            claims,
            name_claim=settings.openid_name_claim,
            role_claim=settings.openid_role_claim,
            roles=settings.openid_roles,
            editions=settings.openid_editions,
        )

    async def _account_of(self, person: Person) -> Account:
        """Return the person's account with the rights of today's claims; make it at first."""
        try:
            before, account = await self._accounts.for_subject(
                person.subject, person.name, person.role, person.editions
            )
        except Conflict as error:
            raise Refused("taken", error.detail) from None
        except ValueError as error:
            raise Refused("failed", str(error)) from None
        await self._audit.provided(before, account)
        if account.disabled:
            raise Refused("no_role", f"the account {account.name} is disabled")
        return account

    async def _prove(self, request: Request, digest: str, person: Person, until: float) -> Response:
        """Note in the session that its person has signed in at the provider anew."""
        held = await self._sessions.account_of(digest)
        if held is None:
            raise Refused("again", "the session has ended meanwhile")
        if held.subject != person.subject:
            raise Refused("other", f"somebody else than {held.name} has signed in for a proof")
        account = await self._account_of(person)
        if until <= self._clock():
            raise Refused("not_fresh", "the ID token does not say that its person signed in now")
        await self._sessions.prove(digest, until)
        await self._audit.proved(account.editor(digest[:ID_DIGITS]), client_of(request))
        return _page(f"{ACCOUNT}?proved")

    async def _signed_in(self, request: Request, account: Account, until: float) -> Response:
        client = client_of(request)
        old = session_of(request, secure=self._secure)
        holder = await self._sessions.verify(old)
        await self._sessions.close(old)
        self._auth.forget(old)
        if holder is not None:
            await self._audit.signed_out(holder, client, "signed in again")
        secret = await self._sessions.open_for_account(account, origin_of(request))
        await self._sessions.prove(session_digest(secret), until)
        await self._audit.signed_in(account.editor(session_id(secret)), client, "OpenID Connect")
        response = _page("/console")
        set_session(response, secret, secure=self._secure, seconds=LIFETIME)
        return response

    def _configured(self) -> Provider:
        if self._provider is None:
            raise NotFound("this newsroom has no OpenID Connect provider")
        return self._provider

    def _set_cookie(self, response: Response, value: str, seconds: int) -> None:
        response.set_cookie(
            self._cookie,
            value,
            max_age=seconds,
            path="/",
            secure=self._secure,
            httponly=True,
            # Not strict: the browser comes back from another site.
            samesite="lax",
        )


def _page(path: str) -> Response:
    """Return a page that opens ``path``.

    After a redirect from another site, a browser would not send the session's strict cookie. From
    this page on it does.
    """
    html = (
        '<!doctype html><html><head><meta charset="utf-8">'
        f'<meta http-equiv="refresh" content="0;url={escape(path)}"><title>…</title></head>'
        f'<body><a href="{escape(path)}">→</a></body></html>'
    )
    return Response(html, 200, _PAGE_HEADERS, "text/html")
