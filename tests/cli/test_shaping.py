"""Arabic letters in the forms in which they join, for terminals that do not join them."""

from __future__ import annotations

import unicodedata

import pytest

from ticker.cli.shaping import shape


def forms(text: str) -> list[str]:
    """Return the form of each letter, as Unicode names it."""
    return [unicodedata.name(char).rsplit(" ", 2)[-2] for char in shape(text)]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("بيت", ["INITIAL", "MEDIAL", "FINAL"]),
        ("دار", ["ISOLATED", "ISOLATED", "ISOLATED"]),  # letters that do not reach on
        ("باب", ["INITIAL", "FINAL", "ISOLATED"]),
        ("ب", ["ISOLATED"]),
    ],
)
def test_letters_join_their_neighbours(word: str, expected: list[str]) -> None:
    assert forms(word) == expected


def test_lam_and_alef_are_one_sign() -> None:
    assert shape("لا") == "\ufefb"  # isolated
    assert shape("بلا") == "\ufe91\ufefc"  # final after a letter that reaches on
    assert shape("الأقسام")[1] == "\ufef7"  # with hamza


def test_marks_are_left_out_and_do_not_part_letters() -> None:
    assert shape("بَيْت") == shape("بيت")


def test_a_non_joiner_parts_letters() -> None:
    assert shape("ب\u200cب") == "\ufe8f\u200c\ufe8f"


def test_persian_letters_have_forms_too() -> None:
    assert shape("پیچ") == "\ufb58\ufbff\ufb7b"


@pytest.mark.parametrize("text", ["", "News at ten", "Español: mañana", "שלום", "12:30 – “x”"])
def test_everything_else_stays_as_it_is(text: str) -> None:
    assert shape(text) == text


def test_the_original_comes_back_under_compatibility_normalisation() -> None:
    """The forms are display only, but what is copied from a terminal can at least be recovered."""
    text = "وزارة الصحة تعلن افتتاح المستشفى"
    assert unicodedata.normalize("NFKC", shape(text)) == text
