"""Audiences: sums, bounds and rounding."""

from __future__ import annotations

import pytest

from ticker.domain.audience import NAMES_MAX, Audience, total


def test_the_sum_of_several_processes() -> None:
    one = Audience(3, {"editions": {"en": 2, "ar": 1}, "sections": {"all": 3}, "stories": {}})
    two = Audience(4, {"editions": {"en": 4}, "sections": {"all": 4}, "stories": {"ferries": 1}})
    found = total([one, two]).json
    assert found == {
        "readers": 7,
        "editions": {"en": 6, "ar": 1},
        "sections": {"all": 7},
        "stories": {"ferries": 1},
    }
    assert list(found["editions"]) == ["en", "ar"]
    assert Audience.read(found).json == found
    assert total([]).json["readers"] == 0


def test_names_are_bounded() -> None:
    many = {f"s{number}": number + 1 for number in range(NAMES_MAX + 50)}
    found = Audience(1, {"editions": {}, "sections": {}, "stories": many}).json["stories"]
    assert len(found) == NAMES_MAX
    assert next(iter(found)) == f"s{NAMES_MAX + 49}"


@pytest.mark.parametrize(
    ("count", "told"), [(0, 0), (9, 0), (10, 10), (99, 99), (109, 100), (12_987, 12_000)]
)
def test_readers_are_told_two_digits(count: int, told: int) -> None:
    found = Audience(count, {"editions": {"en": count}, "sections": {}, "stories": {}}).rounded()
    assert found.json["readers"] == told
    assert found.json["editions"] == ({"en": told} if told else {})
