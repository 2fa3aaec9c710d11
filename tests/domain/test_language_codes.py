"""Codes of languages, former codes, and codes of countries in their place."""

from __future__ import annotations

import pytest

from ticker.domain.language_codes import CODES, FORMER, MEANT, is_language


@pytest.mark.parametrize(
    ("tag", "is_one"),
    [
        *[("en", True), ("pt-BR", True), ("AR", True), ("iw", True), ("fil", True), ("qqq", True)],
        *[("jp", False), ("CZ", False), ("jp-JP", False), ("qq", False)],
    ],
)
def test_a_tag_begins_with_a_language(tag: str, is_one: bool) -> None:
    assert is_language(tag) is is_one


def test_no_country_stands_in_the_place_of_a_language() -> None:
    assert len(CODES) == 183
    assert MEANT.keys() & (CODES | FORMER) == set()
    assert set(MEANT.values()) - CODES == set()
