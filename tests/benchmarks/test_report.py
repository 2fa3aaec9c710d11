"""Figures to records, records to the page: by hand, without running anything."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

from benchmarks import plot, report
from benchmarks.record import Book, record
from benchmarks.rows import ALL, Sample
from benchmarks.runs import Result, Spread

FANOUT = next(row for row in ALL if row.name == "fanout-ws")


def result() -> Result:
    return Result(
        FANOUT,
        titles={"ticker": "ticker", "floor": "the floor", "nchan": "nchan", "ws": "ws"},
        samples={
            "ticker": [Sample(5.0, {"delivered": 10}), Sample(7.5), None],
            "floor": [Sample(4.0), Sample(6.0), Sample(5.0)],
            "nchan": [Sample(10.0), None, Sample(9.0, warning="load core busy")],
            "ws": [None, None, None],
        },
        missing={"broadcast": "not here"},
        failures=["ws 1: lost"],
    )


def test_ratios_are_taken_within_a_round() -> None:
    assert result().ratio("ticker", "floor") == Spread(1.25, 1.25, 1.25)
    assert result().ratio("ticker", "nchan") == Spread(0.5, 0.5, 0.5)
    assert result().ratio("ws", "floor") is None


def test_a_record_has_verdicts_and_survives_the_file(tmp_path: Path) -> None:
    done = record(result(), 3, "2026-11-23", "python -m benchmarks fanout-ws")
    assert [entry.name for entry in done.entries] == ["floor", "ticker", "nchan"]
    assert done.verdicts == [("≤ 1.25 × floor", True), ("≤ 1 × nchan", True)]
    book = Book("a machine", {"Python": "3"}, {done.name: done})
    book.write(tmp_path / "figures.json")
    assert Book.read(tmp_path / "figures.json") == book
    assert Book.read(tmp_path / "none.json").records == {}


def test_a_bar_that_cannot_be_judged_is_not_reached() -> None:
    found = result()
    found.samples["floor"] = [None, None, None]
    assert record(found, 3, "", "").verdicts[0] == ("≤ 1.25 × floor", None)


def test_the_page_keeps_what_people_wrote(tmp_path: Path) -> None:
    done = record(result(), 3, "2026-11-23", "python -m benchmarks fanout-ws")
    book = Book("a machine", {"Python": "3"}, {done.name: done})
    page = tmp_path / "page.md"
    page.write_text(f"# Before\n{report.BEGIN}\nold\n{report.END}\n## After\n")
    report.write(page, book)
    report.write(page, book)
    text = page.read_text()
    assert text.startswith("# Before\n")
    assert text.endswith("\n## After\n")
    assert "old" not in text
    assert "| ticker | 6.25 (5.00–7.50) |" in text
    assert "broadcast is missing: not here" in text
    assert "broadcast is skipped: not here" in report.text(done)


def test_the_picture_is_well_formed() -> None:
    done = record(result(), 3, "2026-11-23", "x")
    root = ElementTree.fromstring(plot.svg(Book("", {}, {done.name: done})))
    assert sum(element.tag.endswith("rect") for element in root.iter()) == 3
