"""Text output: tables that fit, right-to-left text at the right edge, complete errors."""

from __future__ import annotations

import io
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from ticker.cli import bidi
from ticker.cli.output import Output
from ticker.cli.show import table
from ticker.client import Item, Refused, errors

ARABIC = "عاجل: افتتاح «المستشفى المركزي» الجديد (NATO) في 12 مارس 2026 بعد ثلاث سنوات من العمل"


def item(name: str, headline: str, **more: Any) -> Item:
    return Item.read(
        {
            "id": name.rjust(26, "0"),
            "version": 1,
            "status": "usable",
            "edition": "en",
            "updated_at": "2026-11-23T10:00:00.000Z",
            "published_at": "2026-11-23T10:00:00.000Z",
            "headline": headline,
        }
        | more
    )


def drawn(width: int, mode: bidi.Choice, *items: Item) -> list[str]:
    out = Output(choice=mode)
    text = io.StringIO()
    out.__dict__["console"] = Console(file=text, width=width, color_system=None)
    out.console.print(table(out, items))
    return text.getvalue().splitlines()


@pytest.mark.parametrize("mode", ["visual", "isolate", "none"])
@pytest.mark.parametrize("width", [60, 80, 109, 110, 160])
def test_a_list_fits_the_terminal_and_shows_short_ids(width: int, mode: bidi.Choice) -> None:
    items = (
        item("a", "word " * 40, pinned=True, level="bulletin"),
        item("b", ARABIC, dir="rtl", edition="ar", level="flash"),
        item("c", "A short one"),
    )
    lines = drawn(width, mode, *items)
    assert all(cell_len(line) <= width for line in lines)
    text = "\n".join(lines)
    assert all(f" {one.id[-6:]}" in text for one in items)
    assert all(one.id not in text for one in items)
    assert "…" not in text
    assert "▲" in lines[0]


def test_a_list_shows_when_an_item_is_due_and_when_a_retracted_one_was_out() -> None:
    due = {"state": "scheduled", "embargo_until": "2031-01-05T12:00:00.000Z"}
    lines = drawn(80, "none", item("s", "Later", **due), item("r", "Gone", state="retracted"))
    assert lines[0].split() == ["2031-01-05", "en", "Later", "00000s"]
    assert "scheduled for Sun 5 Jan 2031, 12:00" in lines[1]
    assert lines[2].split()[-3:] == ["en", "Gone", "00000r"]
    assert len(lines[2].split()) > 3


def test_an_arabic_headline_stands_at_the_right_edge_of_its_column() -> None:
    lines = drawn(80, "visual", item("b", ARABIC, dir="rtl"), item("a", "word " * 40))
    arabic = [
        line.rstrip().removesuffix("00000b").rstrip()
        for line in lines
        if any(char > "\u0590" for char in line)
    ]
    assert len(arabic) == 2
    assert len({cell_len(line) for line in arabic}) == 1
    assert unicodedata.normalize("NFKC", arabic[0])[::-1].startswith("عاجل")


def test_a_row_has_its_time_and_what_is_not_live_its_state() -> None:
    due = {"state": "scheduled", "embargo_until": "2026-12-01T09:00:00.000Z"}
    soon, state, gone, _ = drawn(
        80, "none", item("a", "Soon", **due), item("b", "Gone", state="retracted")
    )
    assert soon.split()[-2:] == ["Soon", "00000a"]
    assert "…" not in soon
    assert state.strip().startswith("scheduled for ")
    assert gone.split()[0] != "Gone"


def test_arabic_beside_a_label_is_wrapped_before_it_is_reordered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = Output(choice="visual")
    text = io.StringIO()
    out.__dict__["console"] = Console(file=text, width=50, color_system=None)
    monkeypatch.setattr(Output, "tty", True)
    out.labelled("Correction: ", ARABIC, direction="rtl")
    first, *rest = text.getvalue().splitlines()
    assert unicodedata.normalize("NFKC", first)[::-1].startswith("عاجل")
    assert first.startswith("Correction: ")
    assert rest
    assert all(line.startswith(" " * 12) and cell_len(line) == 50 for line in rest)


def shown(error: Exception, *, width: int = 200) -> str:
    out = Output()
    text = io.StringIO()
    out.__dict__["stderr"] = Console(file=text, width=width, color_system=None, soft_wrap=True)
    out.problem(error)
    return text.getvalue()


def test_a_problem_names_every_field_in_columns() -> None:
    document = {
        "title": "Some fields are not valid",
        "errors": [
            {"field": "edition", "message": "unknown edition 'e'; known: ar, en, es"},
            {"field": "link", "message": "must be an http or https address [here]"},
            {"field": "push.ttl", "message": "must be at most 86,400"},
        ],
    }
    text = shown(errors.refusal(422, document))
    assert text.splitlines() == [
        "✗ Some fields are not valid",
        "  edition   unknown edition 'e'; known: ar, en, es",
        "  link      must be an http or https address [here]",
        "  push.ttl  must be at most 1d",
    ]


def test_a_long_problem_goes_on_under_itself_in_a_terminal() -> None:
    out = Output()
    text = io.StringIO()
    out.__dict__["stderr"] = Console(file=text, width=40, force_terminal=True, color_system=None)
    wrong = {"field": "link", "message": "must be an address that a reader can open " * 2}
    out.problem(errors.refusal(422, {"errors": [wrong]}))
    head, *rest = text.getvalue().splitlines()[1:]
    assert head == "  link  must be an address that a reader"
    assert len(rest) == 2
    assert all(line.startswith(" " * 8) and cell_len(line) <= 40 for line in rest)


def test_arabic_in_a_problem_is_joined_and_reordered() -> None:
    out = Output(choice="visual")
    text = io.StringIO()
    out.__dict__["stderr"] = Console(file=text, width=60, force_terminal=True, color_system=None)
    out.problem(errors.refusal(409, {"errors": [{"field": "01a", "message": ARABIC}]}))
    first = text.getvalue().splitlines()[1]
    assert first.startswith("  01a  ")
    assert unicodedata.normalize("NFKC", first)[::-1].startswith("عاجل")


@pytest.mark.parametrize(
    "error",
    [
        errors.refusal(500, {}),
        errors.refusal(422, {"errors": [{"field": "", "message": "must be a JSON object"}]}),
        errors.Unreachable("http://a", "refused"),
        errors.FeedRefused(4400, "bad_filter", "unknown edition 'xx'; known: ar, en, es"),
        errors.ProtocolError("no"),
        ValueError("odd"),
    ],
)
def test_every_problem_has_words_and_a_document(
    error: Exception, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert shown(error).startswith("✗ ")
    Output(as_json=True).problem(error)
    assert b'"title"' in capsysbinary.readouterr().out


def test_a_problem_document_comes_through_as_it_came(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    refused = errors.refusal(418, {"type": "/problems/x", "title": "X", "more": 1})
    assert isinstance(refused, Refused)
    Output(as_json=True).problem(refused)
    assert capsysbinary.readouterr().out == (
        b'{"status":418,"title":"X","type":"/problems/x","more":1}\n'
    )


@pytest.mark.parametrize("said", ["is in the past", "is more than a year away"])
@pytest.mark.parametrize("minutes", [10, -10])
def test_a_clock_that_differs_from_the_newsrooms_is_named(
    said: str, minutes: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was "in 10 min, is in the past" with a clock that is years off."""
    at = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat(timespec="seconds")
    wrong = {"field": "at", "message": said, "value": at}
    Output().problem(errors.refusal(422, {"type": "implausible-time", "errors": [wrong]}))
    assert ("by the newsroom's clock" in capsys.readouterr().err) is (minutes > 0)
