"""Tests of the message about ignored parameters."""

from __future__ import annotations

from ticker.domain.query_names import NAME_MAX, TOLD_MAX, ignored_message

KNOWN = ("edition", "section", "limit")


def test_cache_busters_and_trackers_are_not_told() -> None:
    assert ignored_message(["_", "T", "utm_source", "UTM_x", "fbclid", "GCLID"], KNOWN) == ""


def test_a_misspelt_name_gets_a_guess_and_the_known_names() -> None:
    message = ignored_message(["_", "secton", "secton"], KNOWN)
    assert message == (
        "ignored: unknown parameter 'secton' (did you mean section?); "
        "known: edition, section, limit"
    )


def test_a_message_is_bounded_and_plain() -> None:
    message = ignored_message([f"\u0629\r\n{n}" * 500 for n in range(50)], KNOWN)
    assert message.isascii()
    assert message.isprintable()
    assert len(message) < TOLD_MAX * NAME_MAX * 10
