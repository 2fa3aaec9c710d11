"""Routes for the newsroom's accounts. They are for chiefs."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.audit_notes import note_change
from ticker.api.auth import Auth
from ticker.api.bodies import BODY_PROBLEMS, read_json
from ticker.api.headers import PRIVATE_HEADERS
from ticker.api.people_schemas import (
    People,
    Person,
    PersonChange,
    PersonDraft,
    PersonWithPassword,
)
from ticker.api.routing import Operation, Param, json_response
from ticker.domain.editor import Editor
from ticker.domain.errors import (
    BadRequest,
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    TickerError,
    Unauthorised,
    Unavailable,
)
from ticker.domain.messages import message_of, said, unknown
from ticker.domain.taxonomy import Taxonomy
from ticker.domain.validation_messages import validate
from ticker.people.account import NAME_MAX, Account, account_id, changes
from ticker.people.accounts import Accounts
from ticker.people.passwords import Passwords, password_problem

_BODY: tuple[type[TickerError], ...] = (*BODY_PROBLEMS, Conflict)
_KEY: tuple[type[TickerError], ...] = (Unauthorised, Forbidden, Unavailable)


class PeopleRoutes:
    """Handlers for chiefs."""

    def __init__(
        self,
        accounts: Accounts,
        passwords: Passwords,
        auth: Auth,
        taxonomy: Taxonomy,
        max_body: int,
    ) -> None:
        """``max_body`` is the largest request body in bytes."""
        self._accounts = accounts
        self._passwords = passwords
        self._auth = auth
        self._taxonomy = taxonomy
        self._max_body = max_body

    def operations(self) -> list[Operation]:
        """Return the rows of the route table."""
        path = "/v1/people/{name}"
        person = (Param("name", "path", "The person's name, in whatever case."),)
        return [
            Operation(
                "GET",
                "/v1/people",
                "list_people",
                "List the accounts",
                self.list,
                "Editors",
                key="required",
                permission="people",
                response=People,
                problems=_KEY,
            ),
            Operation(
                "POST",
                "/v1/people",
                "create_person",
                "Make an account",
                self.create,
                "Editors",
                text="Without `password` the answer has one, which is not shown again.",
                key="required",
                permission="people",
                body=PersonDraft,
                status=201,
                response=PersonWithPassword,
                problems=(*_BODY, *_KEY),
            ),
            Operation(
                "PATCH",
                path,
                "change_person",
                "Change an account: role, editions, or give it a new password",
                self.change,
                "Editors",
                text="What changes holds in the person's sessions within five seconds.",
                params=person,
                key="required",
                permission="people",
                body=PersonChange,
                response=PersonWithPassword,
                problems=(*_BODY, *_KEY, NotFound),
            ),
            Operation(
                "DELETE",
                path,
                "remove_person",
                "Remove an account",
                self.remove,
                "Editors",
                text="The person's sessions end within five seconds.",
                params=person,
                key="required",
                permission="people",
                response=Person,
                problems=(*_KEY, NotFound),
            ),
        ]

    async def list(self, request: Request) -> Response:
        """Handle ``GET /v1/people``."""
        await self._auth.editor(request, "people")
        people = People(people=[Person.of(one) for one in await self._accounts.listing()])
        return json_response(people.model_dump(), headers=PRIVATE_HEADERS)

    async def create(self, request: Request) -> Response:
        """Handle ``POST /v1/people``."""
        editor = await self._auth.editor(request, "people")
        draft = validate(PersonDraft, await read_json(request, self._max_body))
        self._check_editions(editor, draft.editions)
        if draft.password is not None and (problem := password_problem(draft.password, draft.name)):
            raise Invalid([FieldError("password", problem)])
        password = draft.password or _new_password()
        try:
            made = await self._accounts.create(
                draft.name,
                draft.role,
                tuple(sorted(set(draft.editions))),
                by=editor.name,
                password=await self._passwords.hash(password),
            )
        except ValueError as error:
            raise BadRequest(message_of(error)) from None
        note_change(request, target_of(made), changes(None, made))
        return _answer(made, None if draft.password else password, 201)

    async def change(self, request: Request) -> Response:
        """Handle ``PATCH /v1/people/{name}``."""
        editor = await self._auth.editor(request, "people")
        change = validate(PersonChange, await read_json(request, self._max_body))
        if change.two_factor:
            raise Invalid([FieldError("two_factor", said("two-factor-own"))])
        if change.editions is not None:
            self._check_editions(editor, change.editions)
        password = hashed = None
        if change.new_password:
            password = _new_password()
            hashed = await self._passwords.hash(password)
        name = request.path_params["name"]
        try:
            before, changed = await self._accounts.replace(
                name, _changing(editor, change, hashed, self._accounts.now())
            )
        except NotFound:
            raise await self._missing(name) from None
        note_change(request, target_of(changed), changes(before, changed))
        return _answer(changed, password, 200)

    async def remove(self, request: Request) -> Response:
        """Handle ``DELETE /v1/people/{name}``."""
        editor = await self._auth.editor(request, "people")
        name = request.path_params["name"]
        try:
            account = await self._accounts.get(name)
        except NotFound:
            raise await self._missing(name) from None
        _check_reach(editor, account)
        if editor.account and account.id == account_id(editor.name):
            raise Forbidden(said("own-account-removed"))
        removed = await self._accounts.remove(account.name)
        note_change(request, target_of(removed), changes(removed, None))
        return json_response(Person.of(account).model_dump(), headers=PRIVATE_HEADERS)

    async def _missing(self, name: str) -> NotFound:
        """Return the error for an unknown account, with the one that ``name`` may mean."""
        names = [account.name for account in await self._accounts.listing()]
        return NotFound(unknown("no-account", name[:NAME_MAX], names))

    def _check_editions(self, editor: Editor, editions: Sequence[str]) -> None:
        if message := self._taxonomy.unknown("edition", [*editions]):
            raise Invalid([FieldError("editions", message)])
        if editor.editions is None:
            return
        if not editions:
            raise Forbidden(said("account-editions"))
        for edition in editions:
            editor.check_edition(edition)


def target_of(account: Account) -> str:
    """Return what the audit names an account."""
    return f"/v1/people/{account.name}"


def _changing(
    editor: Editor, change: PersonChange, hashed: str | None, now: str
) -> Callable[[Account], Account]:
    def changed(account: Account) -> Account:
        _check_reach(editor, account)
        own = editor.account and account.id == account_id(editor.name)
        if own and change.disabled:
            raise Forbidden(said("own-account-disabled"))
        if own and (change.new_password or change.two_factor is False):
            raise Forbidden(said("own-account-password"))
        editions = account.editions if change.editions is None else change.editions
        after = account.with_rights(
            change.role or account.role,
            tuple(sorted(set(editions))),
            account.disabled if change.disabled is None else change.disabled,
            now,
        )
        if change.two_factor is False:
            after = after.without_codes(now)
        return after if hashed is None else after.with_given_password(hashed, editor.name, now)

    return changed


def _check_reach(editor: Editor, account: Account) -> None:
    """Raise Forbidden if ``account`` is for editions that ``editor`` is not for."""
    if editor.editions is None:
        return
    if not account.editions or not frozenset(account.editions) <= editor.editions:
        raise Forbidden(said("account-elsewhere"))


def _new_password() -> str:
    """Return a password of 120 bits, in groups that people can read out."""
    text = secrets.token_hex(15)
    return "-".join(text[at : at + 6] for at in range(0, len(text), 6))


def _answer(account: Account, password: str | None, status: int) -> Response:
    shown = Person.of(account).model_dump() | {"password": password}
    return json_response(shown, status, PRIVATE_HEADERS)
