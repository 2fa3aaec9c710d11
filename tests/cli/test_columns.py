"""Lists of rows: tables on terminals of several widths, tabs in pipes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ticker.cli.columns import NARROWEST, print_rows, widths
from ticker.cli.output import Output

HEADS = ("name", "status", "codes", "address")
ROWS = (
    ("coast", "working", "", "https://coast.example/feeds/all-the-news-of-the-day.rss"),
    ("بلدية الميناء", "failing", "", "https://port.example/a"),
)


def printed(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    width: int,
    rows: Sequence[Sequence[str]] = ROWS,
) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr(Output, "tty", width > 0)
    print_rows(Output(choice="none"), HEADS, rows)
    return capsys.readouterr().out.splitlines()


def test_a_table_has_heads_and_no_empty_column(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert printed(monkeypatch, capsys, 100) == [
        "name           status   address",
        "coast          working  https://coast.example/feeds/all-the-news-of-the-day.rss",
        "بلدية الميناء  failing  https://port.example/a",
    ]
    assert printed(monkeypatch, capsys, 100, ()) == []


def test_a_value_that_is_too_long_goes_on_below_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert printed(monkeypatch, capsys, 60)[1:3] == [
        "coast          working  https://coast.example/feeds/all-the-",
        "                        news-of-the-day.rss",
    ]


def test_a_narrow_terminal_gets_a_block_for_each_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert printed(monkeypatch, capsys, 33)[:3] == [
        "coast",
        "  status   working",
        "  address  https://coast.example/",
    ]


def test_a_pipe_gets_all_values_between_tabs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = (("a\tb", "new\nline", "", "\x1b[2J"),)
    assert printed(monkeypatch, capsys, 0, rows) == ["a b\tnew line\t\t\ufffd[2J"]


@given(st.lists(st.integers(1, 90), min_size=1, max_size=8), st.integers(1, 200))
def test_columns_fit_or_are_too_many(wanted: list[int], room: int) -> None:
    found = widths(wanted, room)
    if found is None:
        assert sum(min(NARROWEST, one) for one in wanted) > room
        return
    assert sum(found) <= max(room, sum(wanted))
    assert sum(found) == min(room, sum(wanted))
    pairs = list(zip(found, wanted, strict=True))
    assert all(min(NARROWEST, most) <= one <= most for one, most in pairs)
    cut = [one for one, most in pairs if one < most]
    assert not cut or min(cut) >= max(found) - 1 or min(cut) == NARROWEST, "the widest gave way"


@given(st.lists(st.text(max_size=40), min_size=4, max_size=4), st.integers(40, 130))
def test_no_line_is_wider_than_the_terminal(row: list[str], width: int) -> None:
    lines: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(width))
        patch.setattr(Output, "tty", True)
        patch.setattr(Output, "say", lambda self, text="", style=None: lines.append(text))
        print_rows(Output(choice="none"), HEADS, [row])
    assert max(map(cell_len, lines), default=0) <= width
