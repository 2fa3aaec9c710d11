"""Accounts on the command line: made, changed and removed, with a password that is shown once."""

from __future__ import annotations

import httpx
import pytest

from tests.cli.conftest import Newsroom

pytestmark = pytest.mark.processes


def test_an_account_from_its_first_password_to_its_end(newsroom: Newsroom) -> None:
    made = newsroom.ticker("people", "add", "Ana Kim", "--role", "reporter", "-e", "en")
    first = made.out.strip()
    assert len(first) == 34
    assert "not shown again" in made.err
    listed = newsroom.ticker("people", "list").out
    assert "Ana Kim" in listed
    assert "reporter" in listed
    assert first not in listed
    assert sign_in(newsroom, first) == 200
    second = newsroom.ticker("people", "password", "ana kim", "--json").json["password"]
    assert (sign_in(newsroom, first), sign_in(newsroom, second)) == (401, 200)
    changed = newsroom.ticker("people", "change", "Ana Kim", "--role", "editor", "--all-editions")
    assert "editor, all editions" in changed.out
    assert "disabled" in newsroom.ticker("people", "change", "Ana Kim", "--disable").out
    assert sign_in(newsroom, second) == 401
    assert newsroom.ticker("people", "change", "Ana Kim").code == 2
    both = ("people", "change", "Ana Kim", "-e", "en", "--all-editions")
    assert newsroom.ticker(*both).code == 2
    assert newsroom.ticker("people", "remove", "Ana Kim").out == "✓ Removed the account Ana Kim.\n"
    again = newsroom.ticker("people", "remove", "Ana Kim")
    assert (again.code, "there is no account" in again.err) == (1, True)
    assert "Ana Kim" not in newsroom.ticker("people", "list").out


def sign_in(newsroom: Newsroom, password: str) -> int:
    body = {"name": "Ana Kim", "password": password}
    return httpx.post(f"{newsroom.url}/v1/session", json=body).status_code
