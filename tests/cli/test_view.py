"""How ``ticker tail`` shows events to a person."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from tests.client.messages import cursor, gone, item
from ticker.cli.output import Output
from ticker.cli.tail import _View
from ticker.client import Item, ItemEvent, Retry, Snapshot, Unreachable


class Screen:
    """A view, and what it has written."""

    def __init__(self, width: int = 80) -> None:
        out = Output(choice="visual")
        self._out, self._err = io.StringIO(), io.StringIO()
        out.__dict__["console"] = Console(file=self._out, width=width, color_system=None)
        out.__dict__["stderr"] = Console(file=self._err, width=width, color_system=None)
        self.view = _View(out)

    @property
    def out(self) -> list[str]:
        return self._out.getvalue().splitlines()

    @property
    def err(self) -> str:
        return self._err.getvalue()


def event(action: str, data: dict[str, Any]) -> ItemEvent:
    return ItemEvent(action, Item.read(data), cursor(1))


def test_a_snapshot_is_read_downwards_with_the_newest_last() -> None:
    screen = Screen()
    items = (Item.read(item("b", pinned=True)), Item.read(item("a", level="flash")))
    screen.view.show(Snapshot(items, cursor(1)))
    first, second = screen.out
    assert "en  FLASH  Headline of a" in first
    assert "en  pinned  Headline of b" in second


def test_a_reset_is_said() -> None:
    screen = Screen()
    screen.view.show(Snapshot((), cursor(1), reset=True, reason="epoch"))
    assert "the gap could not be closed (epoch)" in screen.err


def test_corrections_tell_what_was_wrong_and_removals_do_not_repeat_the_text() -> None:
    screen = Screen()
    note = {"text": "It said noon", "at": "2026-11-23T19:33:24.123Z"}
    screen.view.show(event("correct", item("a", 2, correction=note)))
    screen.view.show(event("retract", gone("a", 3)))
    assert "corrected  Headline of a" in screen.out[0]
    assert screen.out[1] == " " * screen.out[0].index("Headline") + "It said noon"
    assert screen.out[2].endswith("retracted  a")


def test_long_lines_go_on_under_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Output, "tty", True)
    screen = Screen(width=60)
    screen.view.show(event("publish", item("a", headline="word " * 30)))
    screen.view.show(event("publish", item("b", headline="كلمة " * 30, dir="rtl")))
    assert all(cell_len(line) <= 60 for line in screen.out)
    head = screen.out[0].index("word")
    assert screen.out[1].startswith(" " * head + "word")
    assert {cell_len(line) for line in screen.out if "ﻛ" in line} == {60}


def test_an_action_of_a_newer_server_is_shown_by_its_name() -> None:
    screen = Screen()
    screen.view.show(event("embellish", item("a")))
    assert "embellish  Headline of a" in screen.out[0]


def test_the_connection_is_spoken_of_once() -> None:
    screen = Screen()
    with pytest.raises(Unreachable):
        screen.view.retry(Retry(0.1, 1, "refused"))  # there never was one: do not wait for ever
    screen.view.welcome()
    for failures in (1, 2, 3):
        screen.view.retry(Retry(0.1, failures, "refused"))
    screen.view.welcome()
    assert screen.err.splitlines() == ["reconnecting… (refused)", "connected again"]
    screen.view.retry(Retry(0.1, 1, "drain"))
    assert screen.err.splitlines()[2:] == ["reconnecting… (the server is stopping)"]
