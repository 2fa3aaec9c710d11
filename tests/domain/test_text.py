"""Untrusted text: what is refused before it costs anything, what is cleaned, what is seen."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticker.domain import text as text_module
from ticker.domain.text import (
    MARKS_MAX,
    TooLong,
    bounded,
    clean,
    marks,
    optional,
    shortened,
    visible,
)


@pytest.mark.parametrize(
    "text",
    [
        "e" + "\u0301" * 30_000,
        "\u0301" * 1_100,
        "e" + "\u0301\u0316" * 500,
        "e" + "\u302e\U0001d165" * 500,  # spacing marks that are sorted as well
        "e" + "\u0301\u200d" * 500,  # an invisible joiner between two marks changes nothing
        "x" * 1_121,
    ],
)
def test_what_would_be_expensive_is_refused_before_it_is_normalised(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def clean(text: str) -> str:
        raise AssertionError("normalised")

    monkeypatch.setattr(text_module, "clean", clean)
    with pytest.raises(ValueError, match="at most"):
        bounded(text, 280)


@given(st.text(st.characters(max_codepoint=0x7F)))
def test_ascii_text_loses_its_controls_and_nothing_else(text: str) -> None:
    cleaned = clean(text)
    assert cleaned.replace(" ", "") == "".join(char for char in text if "!" <= char <= "~")
    assert cleaned.isprintable()
    assert optional(text, 1_000) == cleaned
    assert not cleaned.strip() or visible(cleaned)


def test_the_limit_is_for_the_cleaned_text() -> None:
    longest_greek = "\u03b1\u0313\u0300\u0345"  # four characters, one in NFC
    assert bounded(longest_greek * 280, 280) == "\u1f82" * 280
    assert bounded("\x00" * 500 + "x", 280) == "x"
    with pytest.raises(TooLong, match="at most 280 characters, not 281"):
        bounded("e\u0301" * 281, 280)


@pytest.mark.parametrize(
    "text",
    [
        "tiếng Việt",
        "بِسْمِ ٱللَّٰهِ",
        "בְּרֵאשִׁ֖ית",
        "བསྒྲུབས",
        "👩🏽‍🚀",
        "स्त्री",
    ],
)
def test_scripts_that_stack_marks_pass(text: str) -> None:
    text = unicodedata.normalize("NFD", text)
    assert marks(text, MARKS_MAX + 1) < MARKS_MAX // 2
    assert bounded(text, 280) == unicodedata.normalize("NFC", text)


def test_a_control_between_a_letter_and_its_mark_leaves_no_text_outside_of_nfc() -> None:
    assert bounded("e\x7f\u0301", 280) == "\u00e9"
    assert bounded("\u00e9\x1b\u0323", 280) == "\u1eb9\u0301"


def test_the_number_of_marks_is_bounded_on_each_character() -> None:
    assert bounded("x" + "\u0301" * MARKS_MAX + "y", 280)
    with pytest.raises(ValueError, match=f"at most {MARKS_MAX} combining marks"):
        bounded("x" + "\u0301" * (MARKS_MAX + 1), 280)


def test_text_that_nobody_can_see_is_refused() -> None:
    for text in (
        "\u200b",
        "\u2060\u00ad",
        "\u3164",
        "\u115f\u2800",
        " \ufe0f\U000e0041 ",
        "\u034f",
    ):
        assert not visible(text)
        with pytest.raises(ValueError, match="visible"):
            optional(text, 280)
    assert optional("  ", 280) == "  "
    assert visible("\u200b.")
    assert visible("\u0b83")  # a letter alone


def test_no_assigned_letter_or_digit_counts_as_invisible() -> None:
    invisible = {
        char
        for char in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(char)[0] in "LNP" and not visible(char)
    }
    assert invisible == {"\u115f", "\u1160", "\u3164", "\uffa0"}


def test_a_message_from_elsewhere_is_cut_and_cleaned() -> None:
    assert shortened("a\x1b[31mb\n" + "c" * 300, 10) == "a[31mb ccc"[:9]
    assert shortened("e" + "\u0301" * 30_000, 280) == "e"
    assert shortened("Cafe\u0301", 280) == "Café"
