"""Guesses at misspelt names."""

from __future__ import annotations

import pytest

from ticker.domain.did_you_mean import KNOWN_MAX, WRONG_MAX, guess, nearest
from ticker.domain.taxonomy import Taxonomy

SECTIONS = Taxonomy().sections


@pytest.mark.parametrize(
    ("wrong", "known", "expected"),
    [
        (["politcs"], SECTIONS, " (did you mean politics?)"),
        (["politcs", "econmy"], SECTIONS, " (did you mean politics, economy?)"),
        (["Sport"], SECTIONS, " (did you mean sports?)"),
        (["latin america"], Taxonomy().regions, " (did you mean latin-america?)"),
        (["em"], Taxonomy().editions, " (did you mean en or es?)"),
        (["fr"], Taxonomy().editions, ""),
        (["delete"], ("release", "retract", "end"), ""),
        (["undo"], ("end", "unpin"), ""),
        ([""], Taxonomy().editions, ""),
        (["zzz"], SECTIONS, ""),
        (["REDIS-URL"], ("redis_url", "read_redis_url"), " (did you mean redis_url?)"),
        (["سياسه"], ("سياسة", "اقتصاد"), " (did you mean سياسة?)"),
    ],
)
def test_the_nearest_known_name_is_guessed(
    wrong: list[str], known: tuple[str, ...], expected: str
) -> None:
    assert guess(wrong, known) == expected


def test_a_guess_has_bounds() -> None:
    assert nearest("s" * (WRONG_MAX + 1), SECTIONS) == ()
    assert nearest("sports", [f"n{number}" for number in range(KNOWN_MAX)] + ["sports"]) == ()
    assert guess(["politcs", "econmy", "helth"], SECTIONS) == " (did you mean politics, economy?)"
