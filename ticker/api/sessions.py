"""Routes for signing in and out, and for what people change of their own account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.auth import Auth
from ticker.api.bodies import read_json
from ticker.api.headers import PRIVATE
from ticker.api.people_schemas import (
    CodeConfirmation,
    CodeSecret,
    KeyEntry,
    PasswordChange,
    PasswordEntry,
    PasswordProof,
    Person,
    Session,
)
from ticker.api.problem_documents import UnsupportedMedia
from ticker.api.routing import Operation, client_of, json_response
from ticker.api.schema import validate
from ticker.api.session_cookie import check_own_page, session_of, set_session
from ticker.domain.budgets import Budgets
from ticker.domain.editor import PERMISSIONS, Editor
from ticker.domain.errors import (
    BadRequest,
    CodeRequired,
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    TooLarge,
    TooMany,
    Unauthorised,
    Unavailable,
)
from ticker.people import one_time_codes
from ticker.people.account import Account
from ticker.people.accounts import Accounts
from ticker.people.passwords import Passwords, password_problem
from ticker.people.sessions import LIFETIME, Sessions
from ticker.people.sign_in import SignIn
from ticker.storage.editor_keys import Editors

_PROBLEMS = (BadRequest, Unauthorised, TooLarge, UnsupportedMedia, Invalid, TooMany, Unavailable)
_HEADERS = {"cache-control": PRIVATE}


class SessionRoutes:
    """Handlers for everybody with a key or an account."""

    def __init__(
        self,
        auth: Auth,
        editor_keys: Editors,
        sessions: Sessions,
        accounts: Accounts,
        passwords: Passwords,
        sign_in: SignIn,
        budgets: Budgets,
        *,
        newsroom: str,
        secure: Callable[[Request], bool],
        max_body: int,
    ) -> None:
        """``newsroom`` is its name, for authenticator apps; ``max_body`` is in bytes."""
        self._auth = auth
        self._editor_keys = editor_keys
        self._sessions = sessions
        self._accounts = accounts
        self._passwords = passwords
        self._sign_in = sign_in
        self._budgets = budgets
        self._newsroom = newsroom
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
                "DELETE",
                "/v1/session",
                "sign_out",
                "Sign out: end the session",
                self.close,
                "Sessions",
                status=204,
                problems=(Forbidden, Unavailable),
            ),
            self._own("GET", "/v1/account", "account", "Get your account", self.show, None),
            self._own(
                *("PUT", "/v1/account/password", "change_password", "Change your password"),
                self.change_password,
                PasswordChange,
                "All other sessions of the account end.",
            ),
            self._own(
                *("POST", "/v1/account/code", "new_code_secret", "Begin to use one-time codes"),
                self.new_secret,
                PasswordProof,
                "Nothing changes until a code is confirmed.",
                CodeSecret,
            ),
            self._own(
                *("PUT", "/v1/account/code", "confirm_code", "Confirm one-time codes"),
                self.confirm,
                CodeConfirmation,
                "From now on, signing in needs a code.",
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
            body=body,
            response=response,
            problems=(*_PROBLEMS, Forbidden, Conflict),
        )

    async def open(self, request: Request) -> Response:
        """Handle ``POST /v1/session``."""
        check_own_page(request, secure=self._secure(request))
        client = client_of(request)
        self._check_wrong_keys(client)
        data = await read_json(request, self._max_body)
        try:
            if isinstance(data, dict) and "key" in data:
                secret, holder = await self._by_key(validate(KeyEntry, data).key)
            else:
                entry = validate(PasswordEntry, data)
                secret, holder = await self._by_password(entry, client)
        except CodeRequired as error:
            if isinstance(data, dict) and data.get("code"):
                self._budgets.charge("wrong_keys", client)
            raise error
        except Unauthorised:
            self._budgets.charge("wrong_keys", client)
            raise
        await self._end(session_of(request, secure=self._secure(request)))
        return self._opened(request, secret, holder)

    async def close(self, request: Request) -> Response:
        """Handle ``DELETE /v1/session``."""
        secure = self._secure(request)
        check_own_page(request, secure=secure)
        secret = session_of(request, secure=secure)
        await self._end(secret)
        response = Response(status_code=204, headers=_HEADERS)
        set_session(response, "", secure=secure, seconds=0)
        return response

    async def _end(self, secret: str) -> None:
        """End a session: a browser has one at a time, and nobody can end one that it has lost."""
        await self._sessions.close(secret)
        self._auth.forget(secret)

    async def show(self, request: Request) -> Response:
        """Handle ``GET /v1/account``."""
        account = await self._account(await self._auth.editor(request, "read"))
        return json_response(Person.of(account).model_dump(), headers=_HEADERS)

    async def change_password(self, request: Request) -> Response:
        """Handle ``PUT /v1/account/password``."""
        editor = await self._auth.editor(request, "read")
        account = await self._account(editor)
        entry = validate(PasswordChange, await read_json(request, self._max_body))
        await self._prove(request, account, entry.password)
        if problem := password_problem(entry.new_password, account.name):
            raise Invalid([FieldError("new_password", problem)])
        hashed = await self._passwords.hash(entry.new_password)
        changed = await self._accounts.change(account.name, lambda now: now.with_password(hashed))
        return await self._again(request, changed)

    async def new_secret(self, request: Request) -> Response:
        """Handle ``POST /v1/account/code``."""
        account = await self._account(await self._auth.editor(request, "read"))
        entry = validate(PasswordProof, await read_json(request, self._max_body))
        await self._prove(request, account, entry.password)
        secret = one_time_codes.new_secret()

        def begin(now: Account) -> Account:
            if now.two_factor:
                raise Conflict("the account has one-time codes; a chief can switch them off")
            return now.with_secret(secret)

        changed = await self._accounts.change(account.name, begin)
        shown = CodeSecret(
            secret=secret,
            address=one_time_codes.address(secret, changed.name, self._newsroom),
        )
        return json_response(shown.model_dump(), headers=_HEADERS)

    async def confirm(self, request: Request) -> Response:
        """Handle ``PUT /v1/account/code``."""
        account = await self._account(await self._auth.editor(request, "read"))
        entry = validate(CodeConfirmation, await read_json(request, self._max_body))
        if account.secret is None or account.confirmed:
            raise Conflict("there is no new secret to confirm; begin again")
        self._check_wrong_keys(client_of(request))
        try:
            accepted = await self._sign_in.with_code(account, entry.code)
        except CodeRequired as error:
            self._budgets.charge("wrong_keys", client_of(request))
            raise Invalid([FieldError("code", error.detail)]) from None

        def confirm(now: Account) -> Account:
            if now.secret != accepted.secret:
                raise Conflict("the secret has changed meanwhile; begin again")
            return now.confirming()

        return await self._again(request, await self._accounts.change(account.name, confirm))

    async def _by_key(self, key: str) -> tuple[str, Editor]:
        found = await self._editor_keys.find(key)
        if found is None:
            raise Unauthorised("unknown, revoked or expired editor key")
        return await self._sessions.open_for_key(key), found.editor

    async def _by_password(self, entry: PasswordEntry, client: str) -> tuple[str, Editor]:
        account = await self._sign_in.account(entry.name, entry.password, entry.code, client)
        secret = await self._sessions.open_for_account(account)
        return secret, account.editor("")

    async def _account(self, editor: Editor) -> Account:
        if not editor.account:
            raise Forbidden("this needs an account; sign in with a name and a password")
        return await self._accounts.get(editor.name)

    async def _prove(self, request: Request, account: Account, password: str) -> None:
        client = client_of(request)
        self._check_wrong_keys(client)
        if not await self._sign_in.proves(account, password, client):
            self._budgets.charge("wrong_keys", client)
            raise Invalid([FieldError("password", "is wrong")])

    def _check_wrong_keys(self, client: str) -> None:
        if (refusal := self._budgets.spent("wrong_keys", client)) is not None:
            raise refusal

    async def _again(self, request: Request, account: Account) -> Response:
        """Return the account's data, with a new session: what changed has ended the old ones."""
        secret = await self._sessions.open_for_account(account)
        response = json_response(Person.of(account).model_dump(), headers=_HEADERS)
        set_session(response, secret, secure=self._secure(request), seconds=LIFETIME)
        return response

    def _opened(self, request: Request, secret: str, holder: Editor) -> Response:
        shown = Session(
            id=holder.key_id,
            name=holder.name,
            role=holder.role,
            editions=sorted(holder.editions or ()),
            permissions=sorted(PERMISSIONS[holder.role]),
            seconds=LIFETIME,
        )
        response = json_response(shown.model_dump(), headers=_HEADERS)
        set_session(response, secret, secure=self._secure(request), seconds=LIFETIME)
        return response
