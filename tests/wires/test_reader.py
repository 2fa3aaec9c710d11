"""Feeds are read in a process of their own, as they would be read here."""

from __future__ import annotations

from pathlib import Path

import pytest

from ticker.domain.taxonomy import Taxonomy
from ticker.imports.drafts import Defaults, Unreadable
from ticker.imports.formats import read as read_here
from ticker.imports.payload import Download
from ticker.wires.reader import read

CORPUS = Path(__file__).parents[1] / "imports" / "corpus"
DEFAULTS = Defaults("en", ("politics",), source="Agency")


async def test_the_entries_are_the_same_as_without_a_process() -> None:
    data = (CORPUS / "date-ties.rss").read_bytes()
    answer = Download(data, "https://ap.example/rss", "utf-8")
    found = await read(answer, DEFAULTS, Taxonomy())
    here = read_here(data, DEFAULTS, url=answer.url, charset="utf-8")
    assert [entry.lines() for entry in found.entries] == [entry.lines() for entry in here.entries]
    assert [entry.moment for entry in found.entries] == [entry.moment for entry in here.entries]
    assert found.format == here.format


@pytest.mark.parametrize(
    ("data", "module", "message"),
    [
        (b"plain text", "ticker.wires.reader_process", "neither JSON nor XML"),
        (b"<rss/>", "no_such_module_of_ours", "status 1"),
    ],
)
async def test_what_cannot_be_read(data: bytes, module: str, message: str) -> None:
    with pytest.raises(Unreadable, match=message):
        await read(Download(data, None, None), DEFAULTS, Taxonomy(), module)
