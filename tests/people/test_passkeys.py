"""Challenges of passkeys: of this newsroom, for one purpose and holder, and for five minutes."""

from __future__ import annotations

import pytest

from ticker.people.passkeys import (
    AHEAD_MS,
    LIFETIME_MS,
    PasskeyError,
    Site,
    challenge_of,
    check_challenge,
    from_text,
    handle_of,
    new_challenge,
    to_text,
    user_handle,
)

NOW = 1_764_000_000_000
SECRET = b"s" * 32


@pytest.mark.parametrize(
    ("secret", "purpose", "holder", "now", "why"),
    [
        (SECRET, "register", "ana", NOW, None),
        (SECRET, "register", "ana", NOW + LIFETIME_MS, None),
        (SECRET, "register", "ana", NOW + LIFETIME_MS + 1, "too long"),
        (SECRET, "register", "ana", NOW - AHEAD_MS, None),
        (SECRET, "register", "ana", NOW - AHEAD_MS - 1, "too long"),
        (SECRET, "sign in", "ana", NOW, "no challenge"),
        (SECRET, "register", "eva", NOW, "no challenge"),
        (b"t" * 32, "register", "ana", NOW, "no challenge"),
    ],
)
def test_which_challenges_count(
    secret: bytes, purpose: str, holder: str, now: int, why: str | None
) -> None:
    challenge = new_challenge(SECRET, "register", "ana", NOW)
    assert challenge != new_challenge(SECRET, "register", "ana", NOW)
    if why is None:
        check_challenge(challenge, secret, "register", holder, now)
        return
    with pytest.raises(PasskeyError, match=why):
        check_challenge(challenge, secret, purpose, holder, now)  # type: ignore[arg-type]
    for wrong in (b"", challenge[:24], challenge[:-1], b"0" + challenge[1:], challenge + b"0"):
        with pytest.raises(PasskeyError):
            check_challenge(wrong, SECRET, "register", "ana", NOW)


@pytest.mark.parametrize(
    "answer", [{}, {"response": None}, {"response": {"clientDataJSON": 3}}, {"response": {}}]
)
def test_what_is_no_answer_has_no_challenge(answer: dict[str, object]) -> None:
    with pytest.raises(PasskeyError):
        challenge_of(answer)
    with pytest.raises(PasskeyError):
        handle_of(answer)
    for text in ("bm8", "W10", "e30", "eyJjaGFsbGVuZ2UiOiAzfQ", "\u00e9"):
        with pytest.raises(PasskeyError):
            challenge_of({"response": {"clientDataJSON": text}})


def test_an_answer_of_a_frame_of_another_site_does_not_count() -> None:
    told = to_text(b'{"challenge": "YQ", "crossOrigin": true}')
    with pytest.raises(PasskeyError, match="frame"):
        challenge_of({"response": {"clientDataJSON": told}})
    told = to_text(b'{"challenge": "YQ", "crossOrigin": false}')
    assert challenge_of({"response": {"clientDataJSON": told}}) == b"a"


@pytest.mark.parametrize(
    ("address", "origin", "host"),
    [
        ("https://news.test", "https://news.test", "news.test"),
        ("https://News.Test:443", "https://news.test", "news.test"),
        ("https://news.test:8443", "https://news.test:8443", "news.test"),
        ("http://localhost:8000", "http://localhost:8000", "localhost"),
        ("http://localhost:80", "http://localhost", "localhost"),
    ],
)
def test_an_address_as_browsers_write_an_origin(address: str, origin: str, host: str) -> None:
    assert (Site(address).origin, Site(address).host) == (origin, host)


def test_an_account_made_anew_is_another_one_to_devices() -> None:
    assert user_handle("ana", "2026-01-01T00:00:00Z") != user_handle("ana", "2026-01-02T00:00:00Z")


def test_base64url_with_and_without_padding() -> None:
    assert from_text(to_text(b"ab?")) == from_text("YWI_") == b"ab?"
    assert from_text("YQ") == from_text("YQ==") == b"a"
