"""Accounts: what ends the sessions, and what an older version makes of a newer record."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import orjson
import pytest

from ticker.domain.editor import Role
from ticker.domain.errors import Conflict
from ticker.people.account import GIVERS_MAX, Account, account_id, changes, read_account

EARLY, LATE = "2026-01-01T00:00:00.000Z", "2026-11-29T00:00:00.000Z"
ANA = Account("Ana Kim", "editor", ("en",), password="hash")


def test_a_record_can_be_read_back() -> None:
    assert read_account(ANA.record()) == ANA
    assert ANA.editor("s1").editions == frozenset({"en"})
    assert ANA.editor("s1").account
    assert replace(ANA, editions=()).editor("s1").editions is None


def test_names_that_differ_in_case_only_are_one_account() -> None:
    assert account_id(" ANA kim ") == account_id("Ａna Kim") == ANA.id == "ana kim"


def test_what_ends_the_sessions() -> None:
    assert ANA.with_password("other").generation == ANA.generation + 1
    assert ANA.with_secret("S").confirming().generation == ANA.generation + 1
    assert ANA.with_rights("chief", (), True, "").generation == ANA.generation + 1
    assert ANA.with_rights("chief", (), False, "").generation == ANA.generation


def test_codes_count_once_they_are_confirmed() -> None:
    begun = ANA.with_secret("S")
    assert not begun.two_factor
    assert begun.confirming().two_factor
    assert not begun.confirming().with_secret(None).two_factor


def test_what_the_audit_says_of_a_change_is_no_secret() -> None:
    secret = ANA.with_secret("JBSWY3DP").confirming().with_password("new hash")
    found = changes(ANA, secret.with_rights("chief", (), False, ""))
    assert found == {
        "role": ("editor", "chief"),
        "editions": (["en"], []),
        "two_factor": (False, True),
        "password": ("one", "another one"),
        "sessions": (None, "ended"),
    }
    assert changes(ANA, ANA.with_secret("JBSWY3DP")) == {}
    made = {"name", "role", "editions", "disabled", "two_factor", "password"}
    assert set(changes(None, ANA)) == made
    assert changes(ANA, None) == {
        "name": ("Ana Kim", None),
        **{
            name: (before, None)
            for name, (_, before) in changes(None, ANA).items()
            if name != "name"
        },
        "sessions": (None, "ended"),
    }
    assert "hash" not in str([changes(None, ANA), changes(ANA, None), found])


def test_when_somebody_else_last_gave_rights_and_who_knows_the_password() -> None:
    made = replace(ANA, created_at=EARLY, created_by="chief", given_by=("chief",))
    assert made.with_password("own").editor("s").made_by == "chief"
    assert replace(made, subject="https://id.example 7").editor("s").made_by is None
    assert (made.editor("s").given_at, made.editor("s").given_by) == (EARLY, ("chief",))
    own = made.with_password("own")
    assert (own.editor("s").given_at, own.editor("s").given_by) == (EARLY, ())
    again = own.with_given_password("given", "Eva", LATE)
    assert (again.given_at, again.given_by) == (LATE, ("Eva",))
    twice = again.with_given_password("given", "Ben", LATE).with_given_password("x", "Eva", LATE)
    assert twice.given_by == ("Eva", "Ben"), "a second reset hides nobody"
    assert twice.with_password("own").given_by == ()
    assert read_account(twice.record()) == twice
    full = replace(twice, given_by=tuple(map(str, range(GIVERS_MAX))))
    assert full.with_given_password("x", "1", LATE).given_by == full.given_by
    with pytest.raises(Conflict):
        full.with_given_password("x", "Eva", LATE)
    for role, editions, disabled, more in (
        ("editor", ("en",), False, False),
        ("reporter", ("en",), False, False),
        ("editor", ("en",), True, False),
        ("chief", ("en",), False, True),
        ("editor", (), False, True),
        ("editor", ("en", "ar"), False, True),
        ("editor", ("ar",), False, True),
    ):
        changed = own.with_rights(cast("Role", role), editions, disabled, LATE)
        assert (changed.editor("s").given_at == LATE) is more, (role, editions, disabled)
    off = own.with_rights("editor", ("en",), True, LATE)
    assert off.with_rights("editor", ("en",), False, LATE).given_at == LATE
    assert own.with_secret("S").confirming().given_at == ""
    assert own.without_codes(LATE).given_at == LATE


def test_a_role_of_a_newer_version_is_a_reporters() -> None:
    data = orjson.loads(ANA.record()) | {"role": "publisher", "badge": 7}
    assert read_account(orjson.dumps(data)).role == "reporter"
