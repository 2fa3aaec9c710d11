"""An account: a person's name, role and editions, and what proves that it is that person."""

from __future__ import annotations

import unicodedata
from dataclasses import asdict, dataclass, replace
from typing import Any, cast

import orjson

from ticker.domain.editor import ROLES, Editor, Role
from ticker.domain.errors import Conflict, NotFound
from ticker.domain.messages import said
from ticker.people.passkeys import PASSKEYS_MAX, Passkey, read_passkey, user_handle

NAME_MAX = 64
GIVERS_MAX = 50
"""People and keys who have given an account a password before its person chooses one."""


@dataclass(frozen=True, slots=True)
class Account:
    """One person. Times are RFC 3339.

    ``generation`` grows with everything that ends the account's sessions. ``password`` is a hash;
    None until one is set. ``secret`` is that of one-time codes, in use once ``confirmed``;
    ``period`` is the newest one whose code was accepted. ``given_at`` is when somebody else last
    gave the person a password or further rights. ``given_by`` are all who have given one since the
    person has chosen one: a further one, of another name, does not hide who could sign in before.
    ``subject`` is who it is at the OpenID Connect provider. ``registered`` is the newest challenge
    by which a passkey was added: each counts once.
    """

    name: str
    role: Role
    editions: tuple[str, ...] = ()
    created_at: str = ""
    created_by: str | None = None
    disabled: bool = False
    generation: int = 1
    password: str | None = None
    secret: str | None = None
    confirmed: bool = False
    period: int = 0
    given_at: str = ""
    given_by: tuple[str, ...] = ()
    subject: str | None = None
    passkeys: tuple[Passkey, ...] = ()
    registered: str = ""

    @property
    def id(self) -> str:
        """The name without differences of case and form: two accounts have no name alike."""
        return account_id(self.name)

    @property
    def two_factor(self) -> bool:
        """Whether signing in needs a one-time code."""
        return self.secret is not None and self.confirmed

    def editor(self, session: str) -> Editor:
        """Return what the person may do, signed in with ``session``."""
        editions = frozenset(self.editions) or None
        return Editor(
            *(self.name, self.role, editions, session, True),
            given_at=self.given_at or self.created_at,
            given_by=self.given_by,
            made_by=None if self.subject else self.created_by,  # a provider is no person
        )

    def with_password(self, hashed: str) -> Account:
        """Return the account with a password that its person has chosen; its sessions end."""
        return replace(self, password=hashed, generation=self.generation + 1, given_by=())

    def with_given_password(self, hashed: str, by: str, at: str) -> Account:
        """Return the account with a password that ``by`` has seen; its sessions end.

        Raises Conflict after ``GIVERS_MAX`` people or keys: nobody of them is forgotten.
        """
        givers = tuple(dict.fromkeys([*self.given_by, by]))
        if len(givers) > GIVERS_MAX:
            raise Conflict(said("password-given"))
        given = replace(self.with_password(hashed), given_by=givers, given_at=at)
        return replace(given, passkeys=())  # whoever had the old password may have added one

    def with_rights(
        self, role: Role, editions: tuple[str, ...], disabled: bool, at: str
    ) -> Account:
        """Return the account with other rights. Sessions have them at once; disabled, they end."""
        ended = self.generation + (disabled and not self.disabled)
        after = replace(self, role=role, editions=editions, disabled=disabled, generation=ended)
        return replace(after, given_at=at) if after._exceeds(self) else after

    def without_codes(self, at: str) -> Account:
        """Return the account without one-time codes and passkeys; its sessions end.

        Its person has lost the device.
        """
        after = replace(self.with_secret(None), passkeys=())
        return replace(after, generation=after.generation + 1, given_at=at)

    def _exceeds(self, other: Account) -> bool:
        """Tell whether this account may do more than ``other``."""
        wider = bool(other.editions) and not (
            self.editions and set(self.editions) <= set(other.editions)
        )
        raised = ROLES.index(self.role) > ROLES.index(other.role)
        return wider or raised or (other.disabled and not self.disabled)

    def with_secret(self, secret: str | None) -> Account:
        """Return the account with a new secret of one-time codes to confirm, or with none."""
        return replace(self, secret=secret, confirmed=False, period=0)

    def confirming(self) -> Account:
        """Return the account with its secret in use; sessions without a code end."""
        return replace(self, confirmed=True, generation=self.generation + 1)

    @property
    def handle(self) -> bytes:
        """The id by which devices know the account."""
        return user_handle(self.id, self.created_at)

    def with_passkey(self, passkey: Passkey, registered: str) -> Account:
        """Return the account with a further passkey, an answer to ``registered``. Raises Conflict.

        Nobody but its person can add one: not while others know the password.
        """
        if registered <= self.registered:
            raise Conflict(said("passkey-answer-used"))
        if self.given_by:
            raise Conflict(said("password-known", people=", ".join(self.given_by)))
        if any(one.credential == passkey.credential for one in self.passkeys):
            raise Conflict(said("passkey-twice"))
        if len(self.passkeys) >= PASSKEYS_MAX:
            raise Conflict(said("passkeys-full", most=PASSKEYS_MAX))
        return replace(self, passkeys=(*self.passkeys, passkey), registered=registered)

    def without_passkey(self, id: str) -> Account:
        """Return the account without the passkey ``id``; its sessions end. Raises NotFound."""
        rest = tuple(one for one in self.passkeys if one.id != id)
        if len(rest) == len(self.passkeys):
            raise NotFound(said("no-passkey"))
        return replace(self, passkeys=rest, generation=self.generation + 1)

    def record(self) -> bytes:
        """Return the account as it is stored."""
        return orjson.dumps(asdict(self))


def changes(before: Account | None, after: Account | None) -> dict[str, tuple[Any, Any]]:
    """Return what the audit says of a change: fields with their values before and after.

    Of a password or a secret it says that there is one, and that it is another one. None is no
    account.
    """
    old, new = _shown(before), _shown(after)
    found = {name: (old[name], new[name]) for name in new if old[name] != new[name]}
    if before is not None and after is not None:
        if before.password != after.password:
            found["password"] = (old["password"], "another one")
        if before.generation != after.generation:
            found["sessions"] = (None, "ended")
    elif after is None:
        found["sessions"] = (None, "ended")
    return found


def _shown(account: Account | None) -> dict[str, Any]:
    if account is None:
        names = ("name", "role", "editions", "disabled", "two_factor", "password", "passkeys")
        return dict.fromkeys(names)
    return {
        "name": account.name,
        "role": account.role,
        "editions": list(account.editions),
        "disabled": account.disabled,
        "two_factor": account.two_factor,
        "password": None if account.password is None else "one",
        "passkeys": [f"{one.name} ({one.id})" for one in account.passkeys] or None,
    }


def account_id(name: str) -> str:
    """Return the id of the account ``name``."""
    return unicodedata.normalize("NFKC", name.strip()).casefold()


def read_account(record: bytes) -> Account:
    """Return the account in ``record``. A role that only a newer version knows is a reporter's."""
    data = orjson.loads(record)
    known = {field: data[field] for field in Account.__dataclass_fields__ if field in data}
    for name in ("editions", "given_by"):
        known[name] = tuple(known.get(name) or ())
    known["passkeys"] = tuple(map(read_passkey, known.get("passkeys") or ()))
    role = known.get("role")
    known["role"] = cast("Role", role) if role in ROLES else "reporter"
    return Account(**known)
