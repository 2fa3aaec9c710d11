"""Routes for what people change of their own account: password, one-time codes and passkeys.

Each change asks for the password again, for the answer of a passkey, or for a sign-in at the
provider a few minutes ago: a session alone, of a browser that somebody has left open, changes
nothing that signs in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from ticker.api.audit_notes import note_change
from ticker.api.auth import Auth
from ticker.api.bodies import BODY_PROBLEMS, read_json
from ticker.api.headers import PRIVATE_HEADERS
from ticker.api.own_sessions import origin_of
from ticker.api.people import target_of
from ticker.api.people_schemas import (
    CodeConfirmation,
    CodeSecret,
    OwnAccount,
    PasskeyDraft,
    PasskeyOptions,
    PasswordChange,
    Person,
    Proof,
)
from ticker.api.routing import Operation, client_of, json_response
from ticker.api.session_cookie import session_of, set_session
from ticker.api.sign_in_audit import SignInAudit
from ticker.domain.editor import Editor
from ticker.domain.errors import (
    CodeRequired,
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    TooMany,
    Unauthorised,
    Unavailable,
)
from ticker.domain.messages import message_of, said
from ticker.domain.validation_messages import validate
from ticker.people import one_time_codes
from ticker.people.account import Account, changes
from ticker.people.account_passkeys import AccountPasskeys
from ticker.people.accounts import Accounts
from ticker.people.passkeys import PasskeyError, Site
from ticker.people.passwords import Passwords, password_problem
from ticker.people.sessions import LIFETIME, Sessions, session_id
from ticker.people.sign_in import SignIn

_PROBLEMS = (*BODY_PROBLEMS, Unauthorised, TooMany, Unavailable)


class AccountRoutes:
    """Handlers for people who have signed in to an account."""

    def __init__(
        self,
        auth: Auth,
        sessions: Sessions,
        accounts: Accounts,
        passwords: Passwords,
        sign_in: SignIn,
        audit: SignInAudit,
        *,
        passkeys: AccountPasskeys,
        site: Callable[[Request], Site],
        newsroom: str,
        secure: Callable[[Request], bool],
        max_body: int,
    ) -> None:
        """``newsroom`` is its name, for authenticator apps; ``max_body`` is in bytes.

        ``site`` returns the address that the browser has opened.
        """
        self._passkeys = passkeys
        self._site = site
        self._auth = auth
        self._sessions = sessions
        self._accounts = accounts
        self._passwords = passwords
        self._sign_in = sign_in
        self._audit = audit
        self._newsroom = newsroom
        self._secure = secure
        self._max_body = max_body

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        return [
            self._own(
                *("GET", "/v1/account", "account", "Get your account", self.show, None),
                response=OwnAccount,
            ),
            self._own(
                *("PUT", "/v1/account/password", "change_password", "Change your password"),
                self.change_password,
                PasswordChange,
                "All other sessions of the account end.",
            ),
            self._own(
                *("POST", "/v1/account/code", "new_code_secret", "Begin to use one-time codes"),
                self.new_secret,
                Proof,
                "Nothing changes until a code is confirmed.",
                CodeSecret,
            ),
            self._own(
                *("PUT", "/v1/account/code", "confirm_code", "Confirm one-time codes"),
                self.confirm,
                CodeConfirmation,
                "From now on, signing in needs a code.",
            ),
            self._own(
                *("POST", "/v1/account/passkeys/challenge", "new_passkey", "Begin a new passkey"),
                self.new_passkey,
                Proof,
                "The answer is for `navigator.credentials.create`, within five minutes.",
                PasskeyOptions,
            ),
            self._own(
                *("POST", "/v1/account/passkeys", "add_passkey", "Add a passkey"),
                self.add_passkey,
                PasskeyDraft,
                "The device must have seen that it is you. At most ten.",
            ),
            self._own(
                *("POST", "/v1/account/passkeys/{id}/remove", "remove_passkey", "Remove a passkey"),
                self.remove_passkey,
                Proof,
                "All other sessions of the account end.",
            ),
            self._own(
                *("POST", "/v1/account/proof/challenge", "prove", "Begin a proof with a passkey"),
                self.new_proof,
                None,
                "The answer is for `navigator.credentials.get`, within five minutes. What it gives "
                "is `credential` of the next change, in this session.",
                PasskeyOptions,
                recorded=True,  # it changes nothing
            ),
        ]

    def _own(
        self,
        method: str,
        path: str,
        name: str,
        summary: str,
        handle: Any,
        body: Any,
        text: str = "",
        response: Any = Person,
        *,
        recorded: bool = False,
    ) -> Operation:
        return Operation(
            method,
            path,
            name,
            summary,
            handle,
            "Editors",
            text=text,
            key="required",
            recorded=recorded,
            body=body,
            response=response,
            problems=(*_PROBLEMS, Forbidden, Conflict, *((NotFound,) if "{id}" in path else ())),
        )

    async def show(self, request: Request) -> Response:
        """Handle ``GET /v1/account``."""
        editor = await self._auth.editor(request, "read")
        account = await self._account(editor)
        shown = OwnAccount.held(account, await self._proved_until(request, editor))
        return json_response(shown.model_dump(), headers=PRIVATE_HEADERS)

    async def change_password(self, request: Request) -> Response:
        """Handle ``PUT /v1/account/password``."""
        editor = await self._auth.editor(request, "read")
        account = await self._account(editor)
        entry = validate(PasswordChange, await read_json(request, self._max_body))
        await self._prove(request, editor, account, entry)
        if problem := password_problem(entry.new_password, account.name):
            raise Invalid([FieldError("new_password", problem)])
        hashed = await self._passwords.hash(entry.new_password)
        return await self._again(
            request,
            *await self._accounts.replace(account.name, lambda now: now.with_password(hashed)),
        )

    async def new_secret(self, request: Request) -> Response:
        """Handle ``POST /v1/account/code``."""
        editor = await self._auth.editor(request, "read")
        account = await self._account(editor)
        entry = validate(Proof, await read_json(request, self._max_body))
        await self._prove(request, editor, account, entry)
        secret = one_time_codes.new_secret()

        def begin(now: Account) -> Account:
            if now.two_factor:
                raise Conflict(said("codes-on"))
            return now.with_secret(secret)

        changed = await self._accounts.change(account.name, begin)
        note_change(request, target_of(changed), {})
        shown = CodeSecret(
            secret=secret,
            address=one_time_codes.address(secret, changed.name, self._newsroom),
        )
        return json_response(shown.model_dump(), headers=PRIVATE_HEADERS)

    async def confirm(self, request: Request) -> Response:
        """Handle ``PUT /v1/account/code``."""
        editor = await self._auth.editor(request, "read")
        account = await self._account(editor)
        entry = validate(CodeConfirmation, await read_json(request, self._max_body))
        if account.secret is None or account.confirmed:
            raise Conflict(said("no-secret"))
        self._audit.check(client_of(request))
        try:
            accepted = await self._sign_in.with_code(account, entry.code)
        except CodeRequired as error:
            reason = f"one-time code: {error.detail}"
            await self._audit.failed(account.name, client_of(request), reason, editor)
            raise Invalid([FieldError("code", error.detail)]) from None

        def confirm(now: Account) -> Account:
            if now.secret != accepted.secret:
                raise Conflict(said("secret-changed"))
            return now.confirming()

        return await self._again(request, *await self._accounts.replace(account.name, confirm))

    async def new_passkey(self, request: Request) -> Response:
        """Handle ``POST /v1/account/passkeys/challenge``."""
        editor = await self._auth.editor(request, "read")
        account = await self._account(editor)
        entry = validate(Proof, await read_json(request, self._max_body))
        await self._prove(request, editor, account, entry)
        options = orjson.loads(
            await self._passkeys.creation(account, editor.key_id, self._site(request))
        )
        note_change(request, target_of(account), {})
        return json_response({"options": options}, headers=PRIVATE_HEADERS)

    async def add_passkey(self, request: Request) -> Response:
        """Handle ``POST /v1/account/passkeys``."""
        editor = await self._auth.editor(request, "read")
        account = await self._account(editor)
        entry = validate(PasskeyDraft, await read_json(request, self._max_body))
        before, after = await self._passkeys.add(
            account, editor.key_id, entry.credential, entry.name, self._site(request)
        )
        note_change(request, target_of(after), changes(before, after))
        return json_response(Person.of(after).model_dump(), headers=PRIVATE_HEADERS)

    async def remove_passkey(self, request: Request) -> Response:
        """Handle ``POST /v1/account/passkeys/{id}/remove``."""
        editor = await self._auth.editor(request, "read")
        account = await self._account(editor)
        entry = validate(Proof, await read_json(request, self._max_body))
        await self._prove(request, editor, account, entry)
        id: str = request.path_params["id"]
        return await self._again(request, *await self._passkeys.remove(account, id))

    async def _account(self, editor: Editor) -> Account:
        if not editor.account:
            raise Forbidden(said("needs-account"))
        return await self._accounts.get(editor.name)

    async def new_proof(self, request: Request) -> Response:
        """Handle ``POST /v1/account/proof/challenge``."""
        editor = await self._auth.editor(request, "read")
        account = await self._account(editor)
        self._audit.check(client_of(request))
        site = self._site(request)
        options = orjson.loads(await self._passkeys.proof(account, editor.key_id, site))
        return json_response({"options": options}, headers=PRIVATE_HEADERS)

    async def _prove(
        self, request: Request, editor: Editor, account: Account, entry: Proof
    ) -> None:
        """Check that it is still the person whose session it is. Raises Invalid."""
        client = client_of(request)
        self._audit.check(client)
        if entry.credential is not None:
            site = self._site(request)
            try:
                await self._passkeys.proves(account, editor.key_id, entry.credential, site)
            except PasskeyError as error:
                reason = f"passkey for a change: {error}"
                await self._audit.failed(account.name, client, reason, editor)
                raise Invalid([FieldError("credential", message_of(error))]) from None
        elif not entry.password:
            if await self._proved_until(request, editor):
                return
            raise Invalid([FieldError("password", said("password-or-passkey"))])
        elif not await self._sign_in.proves(account, entry.password, client):
            await self._audit.failed(account.name, client, "wrong password for a change", editor)
            raise Invalid([FieldError("password", said("password-wrong"))])

    async def _proved_until(self, request: Request, editor: Editor) -> int:
        """Return until when the session needs no other proof: milliseconds since 1970, or 0."""
        secret = session_of(request, secure=self._secure(request))
        # The cookie may be another session's than that of the request's key.
        return (
            await self._sessions.proved_until(secret) if session_id(secret) == editor.key_id else 0
        )

    async def _again(self, request: Request, before: Account, account: Account) -> Response:
        """Return the account's data, with a new session: what changed has ended the old ones."""
        note_change(request, target_of(account), changes(before, account))
        secret = await self._sessions.open_for_account(account, origin_of(request))
        response = json_response(Person.of(account).model_dump(), headers=PRIVATE_HEADERS)
        set_session(response, secret, secure=self._secure(request), seconds=LIFETIME)
        return response
