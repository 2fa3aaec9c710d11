"""The text output of ``ticker tail``."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from tests.client.messages import cursor, gone, item
from ticker.cli.output import Output
from ticker.cli.tail import EventPrinter
from ticker.client import Item, ItemEvent, Retry, Snapshot, Unreachable


class Terminal:
    """An EventPrinter and its output."""

    def __init__(self, width: int = 80) -> None:
        out = Output(choice="visual")
        self._out, self._err = io.StringIO(), io.StringIO()
        out.__dict__["console"] = Console(file=self._out, width=width, color_system=None)
        out.__dict__["stderr"] = Console(file=self._err, width=width, color_system=None)
        self.view = EventPrinter(out)

    @property
    def out(self) -> list[str]:
        return self._out.getvalue().splitlines()

    @property
    def err(self) -> str:
        return self._err.getvalue()


def event(action: str, data: dict[str, Any]) -> ItemEvent:
    return ItemEvent(action, Item.read(data), cursor(1))


def test_a_snapshot_is_printed_with_the_newest_item_last() -> None:
    terminal = Terminal()
    items = (Item.read(item("b", pinned=True)), Item.read(item("a", level="flash")))
    terminal.view.show(Snapshot(items, cursor(1)))
    first, second = terminal.out
    assert "en  FLASH  Headline of a" in first
    assert "en  pinned  Headline of b" in second


def test_a_reset_is_reported() -> None:
    terminal = Terminal()
    terminal.view.show(Snapshot((), cursor(1), reset=True, reason="epoch"))
    assert "Some events were missed (epoch)" in terminal.err


def test_corrections_show_their_note_and_removals_no_text() -> None:
    terminal = Terminal()
    note = {"text": "It said noon", "at": "2026-11-23T19:33:24.123Z"}
    terminal.view.show(event("correct", item("a", 2, correction=note)))
    terminal.view.show(event("retract", gone("a", 3)))
    assert "corrected  Headline of a" in terminal.out[0]
    assert terminal.out[1] == " " * terminal.out[0].index("Headline") + "It said noon"
    assert terminal.out[2].endswith("retracted  a")


def test_an_item_in_place_of_a_retracted_one_shows_its_notice_whenever_it_is_shown() -> None:
    terminal = Terminal()
    note = {"text": "Withdrawn by mistake", "at": "2026-11-23T19:33:24.123Z"}
    again = item("b", replaces="a", correction=note)
    terminal.view.show(event("publish", again))
    terminal.view.show(event("pin", again | {"version": 2, "pinned": True}))
    terminal.view.show(Snapshot((Item.read(again),), cursor(3)))
    assert [line.strip() for line in terminal.out[1::2]] == ["Withdrawn by mistake"] * 3


def test_long_lines_go_on_under_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Output, "tty", True)
    terminal = Terminal(width=60)
    terminal.view.show(event("publish", item("a", headline="word " * 30)))
    terminal.view.show(event("publish", item("b", headline="كلمة " * 30, dir="rtl")))
    assert all(cell_len(line) <= 60 for line in terminal.out)
    head = terminal.out[0].index("word")
    assert terminal.out[1].startswith(" " * head + "word")
    assert {cell_len(line) for line in terminal.out if "ﻛ" in line} == {60}


def test_an_action_of_a_newer_server_is_shown_by_its_name() -> None:
    terminal = Terminal()
    terminal.view.show(event("embellish", item("a")))
    assert "embellish  Headline of a" in terminal.out[0]


def test_a_lost_connection_is_reported_once() -> None:
    terminal = Terminal()
    with pytest.raises(Unreachable):
        terminal.view.disconnected(Retry(0.1, 1, "refused"))  # no connection before: do not retry
    terminal.view.connected()
    for failures in (1, 2, 3):
        terminal.view.disconnected(Retry(0.1, failures, "refused"))
    terminal.view.connected()
    assert terminal.err.splitlines() == ["Connection lost (refused), reconnecting…", "Reconnected."]
    terminal.view.disconnected(Retry(0.1, 1, "drain"))
    assert terminal.err.splitlines()[2:] == [
        "Connection lost (the server is stopping), reconnecting…"
    ]
