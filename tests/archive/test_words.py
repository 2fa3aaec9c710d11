"""Words as the search compares them."""

from __future__ import annotations

import pytest

from ticker.archive.words import Word, folded, words


@pytest.mark.parametrize(
    ("written", "searched"),
    [
        ("ÉLECTION", "election"),
        ("España", "espana"),
        ("AÑO nuevo", "ano NUEVO"),
        ("pingüino", "pinguino"),
        ("Straße", "STRASSE"),
        ("Łódź", "lodz"),
        ("ﬁnance", "finance"),
        ("İstanbul", "istanbul"),
        ("ёлка", "елка"),
        ("مُحَمَّد", "محمد"),
        ("أحمد", "احمد"),
        ("إسرائيل", "اسرائيل"),
        ("آسيا", "اسيا"),
        ("مستشفى", "مستشفي"),
        ("غزة", "غزه"),
        ("القـــــدس", "القدس"),
        ("القدس", "قدس"),
        ("والحكومة", "حكومة"),
        ("بالقاهرة", "القاهرة"),
        ("للحكومة", "الحكومة"),
        ("٢٠٢٦", "2026"),
        ("ﻣﺪﻳﻨﺔ", "مدينة"),
        ("ایران", "ايران"),
        ("می\u200cخواهم", "میخواهم"),
        ("\ufdfa", "صلى الله عليه وسلم"),
        ("\u2474 \u00bd", "1 1 2"),
    ],
)
def test_both_spellings_are_the_same_word(written: str, searched: str) -> None:
    assert folded(written) == folded(searched) != ""


@pytest.mark.parametrize(
    ("one", "other"), [("الله", "له"), ("مدن", "مدين"), ("año", "anos"), ("क", "कि")]
)
def test_different_words_stay_different(one: str, other: str) -> None:
    assert folded(one) != folded(other)


def test_words_have_their_places_in_the_text() -> None:
    assert list(words("Élise's «año»: 3,5")) == [
        Word("elise", 0, 5),
        Word("s", 6, 7),
        Word("ano", 9, 12),
        Word("3", 15, 16),
        Word("5", 17, 18),
    ]


def test_scripts_without_spaces_have_a_word_a_character() -> None:
    assert folded("東京 Tokyo 大雨") == "東 京 tokyo 大 雨"


def test_punctuation_has_no_words() -> None:
    assert folded("… — «» \u0640 _") == ""
