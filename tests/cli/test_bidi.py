"""Right-to-left text for terminals that reorder it themselves, and for those that do not."""

from __future__ import annotations

import unicodedata

import pytest
from rich.cells import cell_len

from ticker.cli import bidi
from ticker.cli.bidi import LRI, PDI, RLI, Mode

LONG = "عاجل: افتتاح «المستشفى المركزي» الجديد (NATO) في 12 مارس 2026 بعد ثلاث سنوات"


@pytest.mark.parametrize(
    ("env", "mode"),
    [
        ({"VTE_VERSION": "7600", "TERM": "xterm-256color"}, "isolate"),
        ({"TERM_PROGRAM": "Apple_Terminal"}, "isolate"),
        ({"KONSOLE_VERSION": "230805"}, "isolate"),
        ({"TERM": "mlterm"}, "isolate"),
        ({"TERM": "xterm-256color"}, "visual"),
        ({"TERM": "xterm-kitty"}, "visual"),
        ({"TERM": "alacritty"}, "visual"),
        ({"TERM": "linux"}, "visual"),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/tmux-0/default,1,0"}, "visual"),
        ({"TERM": "screen", "STY": "1.pts"}, "visual"),
        ({"TMUX": "/tmp/tmux-0/default,1,0", "VTE_VERSION": "7600"}, "none"),
        ({}, "visual"),
    ],
)
def test_terminals_are_detected(env: dict[str, str], mode: Mode) -> None:
    assert bidi.detect(env, tty=True, encoding="utf-8") == mode


def test_pipes_and_other_encodings_get_logical_text() -> None:
    env = {"VTE_VERSION": "7600"}
    assert bidi.detect(env, tty=False, encoding="utf-8") == "none"
    assert bidi.detect(env, tty=True, encoding="ascii") == "none"


def test_visual_order_is_left_to_right() -> None:
    shown = bidi.one_line("مرحبا", "visual")
    assert unicodedata.normalize("NFKC", shown)[::-1] == "مرحبا"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("קו 12 (חדש)", "(שדח) 12 וק"),  # numbers keep their order, brackets turn round
        ("קו NATO (ar)", "NATO (ar) וק"),  # a pair belongs to what is in it (UAX #9, N0)
        ("(a) קו", "וק (a)"),
        ("«קו»", "«וק»"),
        ("((קו))", "((וק))"),
    ],
)
def test_numbers_brackets_and_foreign_words(text: str, shown: str) -> None:
    assert bidi.lines(text, 0, "visual", "rtl") == [shown]


def test_a_hebrew_name_in_an_english_line() -> None:
    assert bidi.one_line("The ship קו (12) sails", "visual") == "The ship (12) וק sails"


def test_an_isolate_keeps_its_neighbours_in_place() -> None:
    assert bidi.one_line("سلام", "isolate") == f"{RLI}سلام{PDI}"
    assert bidi.one_line("The ship قو", "isolate") == f"{LRI}The ship قو{PDI}"
    assert bidi.one_line("News", "isolate") == "News"


@pytest.mark.parametrize("mode", ["isolate", "visual", "none"])
@pytest.mark.parametrize("width", [10, 24, 40])
def test_long_lines_are_wrapped_and_right_aligned(mode: Mode, width: int) -> None:
    lines = bidi.lines(LONG, width, mode)
    assert len(lines) > 1
    assert all(cell_len(line) == width for line in lines)


def test_wrapping_comes_before_reordering() -> None:
    """Reordered first, the beginning of the headline would stand on its last line."""
    first = bidi.lines(LONG, 24, "visual")[0]
    assert unicodedata.normalize("NFKC", first)[::-1].startswith("عاجل")


def test_left_to_right_lines_are_wrapped_and_not_moved() -> None:
    assert bidi.lines("Power is back in the valley", 12, "visual") == [
        "Power is",
        "back in the",
        "valley",
    ]


def test_words_longer_than_a_line_are_cut() -> None:
    assert bidi.wrap("abcdefghij kl", 4) == ["abcd", "efgh", "ij", "kl"]
    assert bidi.wrap("", 10) == [""]
    assert bidi.wrap("漢字漢字", 5) == ["漢字", "漢字"]


def test_the_direction_is_the_items_or_the_first_letters() -> None:
    assert bidi.is_rtl("12 – سلام")
    assert not bidi.is_rtl("NATO سلام")
    assert bidi.is_rtl("NATO سلام", "rtl")
    assert not bidi.is_rtl("سلام", "ltr")
    assert bidi.is_rtl("سلام", "auto")
