"""Items of any age: pages of the archive behind the newest items."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.client.messages import item
from tests.support.http_server import Answer, Asked, ScriptedServer, listening
from ticker.cli import archive_pages
from ticker.client import Editor, Refused

IDS = [f"01m8jd9kg0{n:016d}" for n in range(250)]
KEPT = [f"kept{n}" for n in range(5)]
SINCE = "2026-10-01T00:00:00.000Z"
PROBLEM = {"type": "/problems/not-found", "title": "Not found", "status": 404}


class Newsroom(ScriptedServer):
    """Has drafts, scheduled, retracted and live items, and 250 expired ones in pages of 100."""

    archive = True
    more = False
    newest: Sequence[dict[str, Any]] = ()

    def answer(self, asked: Asked) -> Answer:
        at = urlsplit(asked.path)
        query = {name: values[0] for name, values in parse_qs(at.query).items()}
        if query.get("state") == "retracted":
            return self.kept(query.get("before"))
        if at.path == "/v1/search" or "before" in query:
            if not self.archive and at.path == "/v1/search":
                return Answer(404, PROBLEM)
            start = int(query["before"]) if query.get("before", "").isdecimal() else 0
            found = [self.expired(n) for n in range(start, min(start + 100, len(IDS)))]
            following = str(start + 100) if start + 100 < len(IDS) else None
            key = "items" if "q" not in query else "results"
            rows = found if key == "items" else [{"item": one, "marks": {}} for one in found]
            return Answer(200, {"mode": "page", key: rows, "next": following})
        if at.path.startswith("/v1/ids/"):
            found = [self.expired(n) for n, id in enumerate(IDS) if id == at.path[8:]]
            return Answer(200, {"items": found})
        if at.path != "/v1/items":
            return Answer(404, PROBLEM)
        states = [query["state"]] if "state" in query else ["live", "retracted"]
        newest = [item(one, headline=f"Ferry {one}", state=one) for one in states]
        following = "older" if self.more else None
        return Answer(200, {"items": [*newest, *self.newest], "next": following, "since": None})

    @staticmethod
    def kept(before: str | None) -> Answer:
        """Return a page of two retracted items."""
        start = 0 if before is None else KEPT.index(before) + 1
        found = [item(one, headline=f"Ferry {one}", state="retracted") for one in KEPT]
        last = start + 2 >= len(KEPT)
        following = None if last else KEPT[start + 1]
        since = SINCE if last else None
        page = {"items": found[start : start + 2], "next": following, "since": since}
        return Answer(200, page)

    @staticmethod
    def expired(n: int) -> dict[str, Any]:
        return item(IDS[n], state="expired", published_at="2026-11-01T00:00:00.000Z")


@asynccontextmanager
async def editing(*, archive: bool = True) -> AsyncIterator[tuple[Editor, Newsroom]]:
    async with listening(Newsroom([])) as web, Editor(web.url, "tk_key") as client:
        web.archive = archive
        yield client, web


async def test_expired_items_come_from_the_archive_page_by_page() -> None:
    async with editing() as (client, web):
        found, notes = await archive_pages.in_states(client, ["expired"], {}, 150)
        assert ([one.id for one in found], notes) == (IDS[:150], [])
        assert len(web.asked) == 5
        found, _ = await archive_pages.in_states(client, ["expired"], {}, 1_000)
        assert len(found) == len(IDS)


async def test_only_a_place_with_items_behind_it_is_said_to_have_older_ones() -> None:
    async with editing() as (client, _):
        for place, found in (("100", "100"), ("200", "200"), ("250", None)):
            assert await archive_pages.further(client, False, place, {}) == found


async def test_an_old_date_among_the_newest_hides_no_item_of_the_archive() -> None:
    async with editing() as (client, web):
        web.newest = [item("dated", state="expired", published_at="2020-01-01T00:00:00.000Z")]
        found, _ = await archive_pages.in_states(client, ["expired"], {}, 300)
        assert [one.id for one in found] == [*IDS, "dated"]
        places = [one.path.partition("before=")[2] for one in web.asked if "before" in one.path]
        assert places[0].startswith("9999")


async def test_scheduled_items_and_drafts_are_listed_whatever_their_age() -> None:
    async with editing() as (client, _):
        states = ["draft", "scheduled", "retracted"]
        found, _ = await archive_pages.in_states(client, states, {}, 10)
        assert {one.id for one in found} == {"retracted", "draft", "scheduled", *KEPT}
        found, notes = await archive_pages.in_states(client, ["retracted"], {}, 3)
        assert (len(found), notes) == (3, [])


async def test_retracted_items_are_searched_as_far_as_they_are_listed() -> None:
    async with editing() as (client, _):
        found, notes = await archive_pages.searched(client, KEPT[-1], ["retracted"], {}, 10)
        assert [one.id for one in found] == [KEPT[-1]]
        assert notes == [f"Retracted items from before {SINCE} are only found by their ids."]


async def test_a_search_says_that_it_had_only_the_newest_of_what_editors_see() -> None:
    async with editing() as (client, web):
        assert (await archive_pages.searched(client, "ferry", [], {}, 300)).notes == []
        web.more = True
        [note] = (await archive_pages.searched(client, "ferry", [], {}, 300)).notes
        assert "the newest 200 items were searched" in note


async def test_a_search_has_the_archive_and_what_only_editors_see() -> None:
    async with editing() as (client, _):
        found, notes = await archive_pages.searched(client, "ferry", [], {}, 300)
        assert notes == []
        assert {one.id for one in found} == {*IDS, "retracted", "draft", "scheduled"}
        found, _ = await archive_pages.searched(client, "ferry", ["scheduled"], {}, 300)
        assert [one.id for one in found] == ["scheduled"]


async def test_without_an_archive_the_newest_items_are_searched() -> None:
    async with editing(archive=False) as (client, _):
        found, notes = await archive_pages.searched(client, "ferry", [], {}, 300)
        assert notes == ["There is no archive: only the newest 200 items are searched."]
        assert {one.id for one in found} == {"live", "retracted", "draft", "scheduled"}


async def test_pages_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_pages, "PAGES_MAX", 2)
    async with editing() as (client, _):
        pages = [one async for one in archive_pages.older(client, {}, archive_pages.END_OF_TIME)]
        assert len(pages) == 200


async def test_an_item_that_only_the_archive_has_is_shown() -> None:
    async with editing() as (client, _):
        detail = await archive_pages.detail(client, IDS[3])
        assert (detail.item.id, detail.state, detail.history) == (IDS[3], "expired", ())
        with pytest.raises(Refused):
            await archive_pages.detail(client, "no id at all")
