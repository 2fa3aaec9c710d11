"""Routes for signing in and out."""

from __future__ import annotations

from collections.abc import Callable
from secrets import token_urlsafe

import orjson
from starlette.requests import Request
from starlette.responses import Response

from ticker.api.auth import Auth
from ticker.api.bodies import BODY_PROBLEMS, read_json
from ticker.api.headers import PRIVATE_HEADERS
from ticker.api.own_sessions import origin_of
from ticker.api.people_schemas import (
    KeyEntry,
    PasskeyEntry,
    PasskeyOptions,
    PasswordEntry,
    Session,
)
from ticker.api.routing import Operation, client_of, json_response
from ticker.api.session_cookie import (
    attempt_of,
    check_own_page,
    session_of,
    set_attempt,
    set_session,
)
from ticker.api.sign_in_audit import SignInAudit
from ticker.domain.editor import PERMISSIONS, Editor
from ticker.domain.errors import (
    BadRequest,
    CodeRequired,
    Forbidden,
    TooMany,
    Unauthorised,
    Unavailable,
)
from ticker.domain.messages import said
from ticker.domain.validation_messages import validate
from ticker.people.account_passkeys import AccountPasskeys
from ticker.people.passkeys import LIFETIME_MS, Site
from ticker.people.sessions import LIFETIME, Sessions, session_id
from ticker.people.sign_in import SignIn
from ticker.storage.editor_keys import Editors

_PROBLEMS = (*BODY_PROBLEMS, Unauthorised, TooMany, Unavailable)


class SessionRoutes:
    """Handlers for everybody with a key or an account."""

    def __init__(
        self,
        auth: Auth,
        editor_keys: Editors,
        sessions: Sessions,
        sign_in: SignIn,
        audit: SignInAudit,
        passkeys: AccountPasskeys,
        *,
        site: Callable[[Request], Site],
        secure: Callable[[Request], bool],
        max_body: int,
    ) -> None:
        """``site`` returns the address that the browser has opened.

        ``secure`` tells whether a browser came over HTTPS; ``max_body`` is in bytes.
        """
        self._auth = auth
        self._editor_keys = editor_keys
        self._sessions = sessions
        self._sign_in = sign_in
        self._audit = audit
        self._passkeys = passkeys
        self._site = site
        self._secure = secure
        self._max_body = max_body

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            Operation(
                "POST",
                "/v1/session",
                "sign_in",
                "Sign in with an account or an editor key, for the console",
                self.open,
                "Sessions",
                text=(
                    "The body has `name`, `password` and, where the account has one, the one-time "
                    "`code`; or `key`. The answer sets a cookie that scripts cannot read. A "
                    "request that means it sends `Authorization: Session`."
                ),
                body=PasswordEntry,
                response=Session,
                problems=(*_PROBLEMS, CodeRequired, Forbidden),
            ),
            Operation(
                *("POST", "/v1/session/passkey/challenge", "passkey_challenge"),
                *("Begin to sign in with a passkey", self.challenge, "Sessions"),
                text=(
                    "The answer is for `navigator.credentials.get`, within five minutes. It sets a "
                    "cookie, which the sign-in sends: it is for this browser alone."
                ),
                recorded=True,  # it changes nothing
                response=PasskeyOptions,
                problems=(BadRequest, Forbidden, TooMany, Unavailable),
            ),
            Operation(
                *("POST", "/v1/session/passkey", "sign_in_with_passkey"),
                *("Sign in with a passkey", self.open_with_passkey, "Sessions"),
                text=(
                    "The device must have seen that it is its person; then this is a complete "
                    "sign-in, without a password or a code."
                ),
                body=PasskeyEntry,
                response=Session,
                problems=(*_PROBLEMS, Forbidden),
            ),
            Operation(
                "DELETE",
                "/v1/session",
                "sign_out",
                "Sign out: end the session",
                self.close,
                "Sessions",
                status=204,
                problems=(Forbidden, Unavailable),
            ),
        ]

    async def open(self, request: Request) -> Response:
        """Handle ``POST /v1/session``."""
        check_own_page(request, secure=self._secure(request))
        self._audit.check(client_of(request))
        data = await read_json(request, self._max_body)
        if isinstance(data, dict) and "key" in data:
            return await self._by_key(request, validate(KeyEntry, data).key)
        return await self._by_password(request, validate(PasswordEntry, data))

    async def challenge(self, request: Request) -> Response:
        """Handle ``POST /v1/session/passkey/challenge``."""
        check_own_page(request, secure=self._secure(request))
        self._audit.check(client_of(request))
        secure = self._secure(request)
        # Two tabs of a browser share the cookie: the challenge of the one stays good in the other.
        attempt = attempt_of(request, secure=secure) or token_urlsafe(24)
        options = orjson.loads(await self._passkeys.request(attempt, self._site(request)))
        response = json_response({"options": options}, headers=PRIVATE_HEADERS)
        set_attempt(response, attempt, secure=secure, seconds=LIFETIME_MS // 1_000)
        return response

    async def open_with_passkey(self, request: Request) -> Response:
        """Handle ``POST /v1/session/passkey``."""
        check_own_page(request, secure=self._secure(request))
        client = client_of(request)
        self._audit.check(client)
        entry = validate(PasskeyEntry, await read_json(request, self._max_body))
        try:
            attempt = attempt_of(request, secure=self._secure(request))
            if not attempt:
                raise Unauthorised(said("passkey-not-begun"))
            account = await self._passkeys.account(entry.credential, attempt, self._site(request))
        except Unauthorised as error:
            await self._audit.failed("", client, f"passkey: {error.detail}")
            raise
        secret = await self._sessions.open_for_account(account, origin_of(request))
        return await self._opened(request, secret, account.editor(session_id(secret)), "passkey")

    async def close(self, request: Request) -> Response:
        """Handle ``DELETE /v1/session``."""
        secure = self._secure(request)
        check_own_page(request, secure=secure)
        await self._end(request)
        response = Response(status_code=204, headers=PRIVATE_HEADERS)
        set_session(response, "", secure=secure, seconds=0)
        return response

    async def _by_key(self, request: Request, key: str) -> Response:
        found = await self._editor_keys.find(key)
        if found is None:
            await self._audit.failed("", client_of(request), "unknown key")
            raise Unauthorised(said("unknown-key"))
        secret = await self._sessions.open_for_key(key, origin_of(request))
        return await self._opened(request, secret, found.editor, "editor key")

    async def _by_password(self, request: Request, entry: PasswordEntry) -> Response:
        client = client_of(request)
        try:
            account = await self._sign_in.account(entry.name, entry.password, entry.code, client)
        except CodeRequired as error:
            if entry.code:
                await self._audit.failed(entry.name, client, f"one-time code: {error.detail}")
            raise error
        except Unauthorised:
            await self._audit.failed(entry.name, client, "wrong password")
            raise
        secret = await self._sessions.open_for_account(account, origin_of(request))
        means = "password and one-time code" if account.two_factor else "password"
        return await self._opened(request, secret, account.editor(session_id(secret)), means)

    async def _opened(self, request: Request, secret: str, holder: Editor, means: str) -> Response:
        """Give the browser its new session, instead of the one that it has."""
        await self._end(request, "signed in again")
        await self._audit.signed_in(holder, client_of(request), means)
        shown = Session(
            id=holder.key_id,
            name=holder.name,
            role=holder.role,
            editions=sorted(holder.editions or ()),
            permissions=sorted(PERMISSIONS[holder.role]),
            seconds=LIFETIME,
        )
        response = json_response(shown.model_dump(), headers=PRIVATE_HEADERS)
        set_session(response, secret, secure=self._secure(request), seconds=LIFETIME)
        return response

    async def _end(self, request: Request, reason: str | None = None) -> None:
        """End the session that the browser has: it has one at a time."""
        secret = session_of(request, secure=self._secure(request))
        holder = await self._sessions.verify(secret)
        await self._sessions.close(secret)
        self._auth.forget(secret)
        if holder is not None:
            await self._audit.signed_out(holder, client_of(request), reason)
