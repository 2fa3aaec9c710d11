"""Feeds are read in a process of their own, as they would be read here."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from ticker.domain.messages import message_of, said
from ticker.domain.taxonomy import Taxonomy
from ticker.imports.drafts import Defaults, Unreadable
from ticker.imports.formats import read as read_here
from ticker.imports.payload import Download
from ticker.wires.reader import MODULE, read
from ticker.wires.reader_process import ENTRIES_MAX

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


async def test_of_a_very_long_feed_the_newest_entries_are_read() -> None:
    items = [{"id": f"{n}a", "title": f"Ferry {n}"} for n in range(ENTRIES_MAX + 500, 0, -1)]
    items += [{"id": "b", "url": "not one"}] * (ENTRIES_MAX + 1)
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Agency", "items": items}
    found = await read(Download(orjson.dumps(feed), None, None), DEFAULTS, Taxonomy())
    headlines = [entry.draft["headline"] for entry in found.entries]
    assert headlines == [f"Ferry {n}" for n in range(501, ENTRIES_MAX + 501)]
    assert len(found.rejected) <= ENTRIES_MAX


@pytest.mark.parametrize(
    ("data", "module", "code", "params"),
    [
        (b"plain text", MODULE, "feed-unknown", {}),
        (b"<html><title>News</title></html>", MODULE, "feed-page-titled", {"title": "'News'"}),
        (b"<rss/>", "no_such_module_of_ours", "feed-reader", {"cause": "it failed (status 1)"}),
    ],
)
async def test_what_cannot_be_read(
    data: bytes, module: str, code: str, params: dict[str, str | int]
) -> None:
    with pytest.raises(Unreadable) as raised:
        await read(Download(data, None, None), DEFAULTS, Taxonomy(), module)
    told = message_of(raised.value)
    assert (told.code, told.params, str(told)) == (code, params, said(code, **params))
