"""Lists in a terminal: nothing that an editor has to type is cut."""

from __future__ import annotations

import pytest
from rich.console import Console

from tests.client.messages import item
from ticker.cli.output import Output
from ticker.cli.show import table
from ticker.client import Item

IDS = ["01k9zq0000000000000000ab12", "01k9zr0000000000000000cd12"]


@pytest.mark.parametrize("width", [20, 40, 80])
def test_times_editions_and_ids_are_whole_at_every_width(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    headline = "The ferry to the northern islands runs again after the storm"
    items = [Item.read(item(id, headline=headline, level="urgent")) for id in IDS]
    console = Console(width=width)
    with console.capture() as written:
        console.print(table(Output(), items))
    text = written.get()
    assert "…" not in text
    words = text.split()
    for whole in ("00ab12", "00cd12", "en", "urgent", *headline.split()):
        assert whole in words, text
    assert max(map(len, text.splitlines())) <= width
