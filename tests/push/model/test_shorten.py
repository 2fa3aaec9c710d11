import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.notes import ARABIC, CLUSTERS
from ticker.push.model.shorten import ELLIPSIS, json_size, shorten


def test_a_text_that_fits_is_unchanged() -> None:
    assert shorten("Ferries resume", 14) == "Ferries resume"


def test_ends_with_a_whole_word_and_one_ellipsis() -> None:
    assert (
        shorten("Ferries between Lindholm and Saltreef resume", 30) == "Ferries between Lindholm…"
    )


def test_punctuation_before_the_cut_goes() -> None:
    assert shorten("In Lindholm, ferries resume", 16) == "In Lindholm…"


def test_arabic_keeps_its_words_and_its_direction() -> None:
    short = shorten(ARABIC, 200)
    assert short.endswith(ELLIPSIS)
    assert json_size(short) <= 200
    assert set(short[:-1].split()) <= set(ARABIC.split())
    assert unicodedata.bidirectional(short[0]) == "AL"


def test_a_text_without_spaces_is_cut_between_signs() -> None:
    assert shorten("速報" * 100, 99) == "速報" * 16 + ELLIPSIS


@pytest.mark.parametrize("limit", range(3, 70))
def test_no_sign_is_cut_in_two(limit: int) -> None:
    whole = CLUSTERS[:4], CLUSTERS[4:11], CLUSTERS[11:13], CLUSTERS[13:]
    text = CLUSTERS * 2
    ends = ["".join((whole * 2)[:count]) for count in range(9)]
    short = shorten(text, limit)
    assert short == text or short.removesuffix(ELLIPSIS) in ends


def test_quotes_and_backslashes_count_as_json_writes_them() -> None:
    assert json_size('"\\') == 4
    assert json_size(shorten('"' * 50, 40)) <= 40


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=400), st.integers(0, 500))
def test_never_longer_than_allowed_and_always_a_beginning(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert json_size(short) <= limit
    assert short == text or text.startswith(short.removesuffix(ELLIPSIS))
