"""The bidirectional algorithm, compared with python-bidi's order of the same text."""

from __future__ import annotations

import pytest
from bidi import get_display  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from ticker.site.cards.bidi import levels, visual_runs


def display(text: str, base: int) -> str:
    """Return ``text`` in visual order, without mirroring, as python-bidi does."""
    runs = visual_runs(levels(text, base))
    return "".join(text[start:end][:: -1 if rtl else 1] for start, end, rtl in runs)


@pytest.mark.parametrize(
    ("text", "base", "visual"),
    [
        ("درنة (FIFA) 2026", 1, "2026 )FIFA( ةنرد"),
        ("السعر 1,234.50 دولار", 1, "رالود 1,234.50 رعسلا"),
        ("abc (درنة) 12%", 0, "abc (ةنرد) 12%"),
        ("بنسبة 12%", 1, "%12 ةبسنب"),
    ],
)
def test_headlines(text: str, base: int, visual: str) -> None:
    assert display(text, base) == visual


@given(st.text("ab1 2٣,.%-+()[]دره«»!", max_size=24), st.sampled_from([0, 1]))
def test_the_order_is_python_bidis(text: str, base: int) -> None:
    # Trailing spaces take the paragraph's direction in a whole paragraph (L1); lines have none.
    text = text.strip()
    assert display(text, base) == get_display(text, base_dir="LR"[base])
