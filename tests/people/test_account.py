"""Accounts: what ends the sessions, and what an older version makes of a newer record."""

from __future__ import annotations

from dataclasses import replace

import orjson

from ticker.people.account import Account, account_id, changes, read_account

ANA = Account("Ana Kim", "editor", ("en",), password="hash")


def test_a_record_can_be_read_back() -> None:
    assert read_account(ANA.record()) == ANA
    assert ANA.editor("s1").editions == frozenset({"en"})
    assert ANA.editor("s1").account
    assert replace(ANA, editions=()).editor("s1").editions is None


def test_names_that_differ_in_case_only_are_one_account() -> None:
    assert account_id(" ANA kim ") == ANA.id == "ana kim"


def test_what_ends_the_sessions() -> None:
    assert ANA.with_password("other").generation == ANA.generation + 1
    assert ANA.with_secret("S").confirming().generation == ANA.generation + 1
    assert ANA.with_rights("chief", (), disabled=True).generation == ANA.generation + 1
    assert ANA.with_rights("chief", (), disabled=False).generation == ANA.generation


def test_codes_count_once_they_are_confirmed() -> None:
    begun = ANA.with_secret("S")
    assert not begun.two_factor
    assert begun.confirming().two_factor
    assert not begun.confirming().with_secret(None).two_factor


def test_what_the_audit_says_of_a_change_is_no_secret() -> None:
    secret = ANA.with_secret("JBSWY3DP").confirming().with_password("new hash")
    found = changes(ANA, secret.with_rights("chief", (), disabled=False))
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


def test_a_role_of_a_newer_version_is_a_reporters() -> None:
    data = orjson.loads(ANA.record()) | {"role": "publisher", "badge": 7}
    assert read_account(orjson.dumps(data)).role == "reporter"
