"""Schemas of accounts and sessions."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ticker.api.key_schemas import Holder
from ticker.api.schema import Schema
from ticker.domain.clock import rfc3339
from ticker.domain.editor import Role
from ticker.people.account import NAME_MAX, Account
from ticker.people.passwords import PASSWORD_MAX, PASSWORD_MIN

Name = Annotated[str, Field(min_length=1, max_length=NAME_MAX)]
Entered = Annotated[str, Field(min_length=1, max_length=PASSWORD_MAX)]
"""A password as somebody entered it."""
NewPassword = Annotated[str, Field(min_length=PASSWORD_MIN, max_length=PASSWORD_MAX)]
Code = Annotated[str, Field(max_length=16)]
Editions = Annotated[list[str], Field(max_length=100)]


class KeyEntry(Schema):
    """Sign in with an editor key."""

    key: Annotated[str, Field(max_length=64)]


class PasswordEntry(Schema):
    """Sign in with an account. ``code`` is the one-time code, if the account has one."""

    name: Name
    password: Entered
    code: Code = ""


class Session(Holder):
    """The holder of the session that the answer's cookie begins, and the seconds it lasts."""

    seconds: int


class OwnSession(Schema):
    """One of your sessions. ``used_at`` is when it was last used, to the minute."""

    id: str
    began_at: str
    used_at: str
    address: str
    browser: Annotated[str, Field(description="what the browser calls itself")]
    current: Annotated[bool, Field(description="whether the request was sent with it")]


class OwnSessions(Schema):
    """Your sessions, the newest first."""

    sessions: list[OwnSession]


class PasskeyOptions(Schema):
    """The options for ``navigator.credentials`` of the browser (WebAuthn level 3, in JSON)."""

    options: dict[str, Any]


class PasskeyEntry(Schema):
    """The answer of the browser's device: a ``PublicKeyCredential`` in JSON."""

    credential: dict[str, Any]


class PasskeyDraft(PasskeyEntry):
    """A passkey that a device has made, and a name by which its person knows it again."""

    name: Name


class ShownPasskey(Schema):
    """A passkey as its person sees it."""

    id: str
    name: str
    created_at: str
    used_at: str | None


class PersonDraft(Schema):
    """An account to make. Without ``password`` the answer has a new one."""

    name: Name
    role: Role
    editions: Annotated[Editions, Field(default_factory=list)]
    password: NewPassword | None = None


class PersonChange(Schema):
    """Fields of an account to change. ``two_factor`` can be switched off here, not on."""

    role: Role | None = None
    editions: Editions | None = None
    disabled: bool | None = None
    two_factor: Annotated[bool | None, Field(description="false: the person lost the device")] = (
        None
    )
    new_password: Annotated[
        bool | None, Field(description="true: the answer has a new password, sessions end")
    ] = None


class Person(Schema):
    """An account as chiefs see it."""

    name: str
    role: Role
    editions: list[str]
    disabled: bool
    two_factor: bool
    passkeys: list[ShownPasskey]
    created_at: str
    created_by: str | None
    given_at: Annotated[
        str, Field(description="when somebody else last gave a password or further rights")
    ]
    given_by: Annotated[
        list[str], Field(description="who have given a password since the person chose one")
    ]

    @classmethod
    def of(cls, account: Account) -> Person:
        """Return what chiefs see of ``account``."""
        return cls(
            name=account.name,
            role=account.role,
            editions=list(account.editions),
            disabled=account.disabled,
            two_factor=account.two_factor,
            passkeys=[
                ShownPasskey(
                    id=one.id, name=one.name, created_at=one.created_at, used_at=one.used_at
                )
                for one in account.passkeys
            ],
            created_at=account.created_at,
            created_by=account.created_by,
            given_at=account.given_at or account.created_at,
            given_by=list(account.given_by),
        )


class OwnAccount(Person):
    """Your account, and by what you prove that a change is yours."""

    has_password: bool
    openid: Annotated[bool, Field(description="whether it is of the OpenID Connect provider")]
    proved_until: Annotated[
        str | None,
        Field(description="until when this session needs no proof: you have just signed in there"),
    ]

    @classmethod
    def held(cls, account: Account, proved_until: int) -> OwnAccount:
        """Return what the holder of ``account`` sees; ``proved_until`` is milliseconds or 0."""
        return cls(
            **Person.of(account).model_dump(),
            has_password=account.password is not None,
            openid=account.subject is not None,
            proved_until=rfc3339(proved_until) if proved_until else None,
        )


class PersonWithPassword(Person):
    """An account, and its new password if one was made; it is shown this once."""

    password: str | None = None


class People(Schema):
    """The newsroom's accounts, by name."""

    people: list[Person]


class Proof(Schema):
    """Your password, or the answer of one of your passkeys to a fresh challenge.

    Neither is needed in a session that has a proof of the OpenID Connect provider (`proved_until`).
    """

    password: Annotated[str, Field(max_length=PASSWORD_MAX)] = ""
    credential: dict[str, Any] | None = None


class PasswordChange(Proof):
    """A proof that it is you, and the password that you want. Your other sessions end."""

    new_password: NewPassword


class CodeSecret(Schema):
    """The secret of one-time codes, in base32 and as the address that a QR code holds."""

    secret: str
    address: str


class CodeConfirmation(Schema):
    """The code that the authenticator app shows now."""

    code: Code
