"""Levels from the urgency that agencies give."""

from __future__ import annotations

import pytest

from ticker.imports.urgency import level


@pytest.mark.parametrize(
    ("urgency", "of_others", "own"),
    [
        (1, "flash", "flash"),
        ("2", "bulletin", "bulletin"),
        (3, None, "urgent"),
        (5, None, None),
        (0, None, None),
        ("9", None, None),
        ("high", None, None),
        (None, None, None),
        (1.0, None, None),
    ],
)
def test_the_scale(urgency: object, of_others: str | None, own: str | None) -> None:
    assert (level(urgency), level(urgency, own=True)) == (of_others, own)
