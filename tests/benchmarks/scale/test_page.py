"""The tables in docs/scale.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.scale import page, unit_costs


def test_the_page_has_what_is_calculated_from_the_measured_costs() -> None:
    """`python -m benchmarks.scale --write` writes it anew."""
    text = page.PAGE.read_text()
    assert page.tables(unit_costs.read()) in text


def test_write_replaces_only_what_is_between_the_marks(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(f"Before.\n{page.BEGIN}\nold\n{page.END}\nAfter.\n")
    page.write("new", path)
    assert path.read_text() == f"Before.\n{page.BEGIN}\nnew\n{page.END}\nAfter.\n"


def test_a_page_without_marks_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("No marks.\n")
    with pytest.raises(ValueError, match="unpack"):
        page.write("new", path)
