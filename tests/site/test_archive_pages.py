"""The pages of the archive: older items, the search, and the board of a time, without a script."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.newsroom import TestNewsroom, running_newsroom
from ticker.archive import open as archives
from ticker.archive.store import ArchiveWriter
from ticker.config import Settings
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.lane_store import LaneStore
from workers.archive import ArchiveCopy

PAGE = {"accept": "text/html"}


class Newsroom:
    """A newsroom with an archive that is brought up to the lane by ``copy``."""

    def __init__(self, newsroom: TestNewsroom, lane: LaneStore, writer: ArchiveWriter) -> None:
        self.publish = newsroom.publish
        self.act = newsroom.act
        self._newsroom = newsroom
        self._lane = lane
        self._writer = writer
        self._copy = ArchiveCopy(lane, writer, 3.0)

    async def copy(self) -> None:
        _, _, top = await self._lane.open()
        for _ in range(20):
            cursor = (await self._writer.position()).cursor
            if cursor is not None and cursor.id >= top:
                return
            await self._copy.step()
        raise AssertionError("the archive does not reach the lane's end")

    async def page(self, path: str, status: int = 200, **params: str) -> httpx.Response:
        response = await self._newsroom.http.get(path, params=params or None, headers=PAGE)
        assert response.status_code == status, response.text
        return response


@pytest.fixture
async def newsroom(redis: Redis, settings: Settings, tmp_path: Path) -> AsyncIterator[Newsroom]:
    url = f"sqlite:{tmp_path / 'archive.sqlite3'}"
    settings = settings.model_copy(update={"archive_url": url})
    writer, reader = archives.writer(url), archives.reader(url)
    async with running_newsroom(redis, settings, reader) as running:
        yield Newsroom(running, LaneStore(redis, Keys(settings.namespace)), writer)
    await reader.aclose()
    await writer.aclose()


async def test_older_items_are_pages_that_follow_each_other(newsroom: Newsroom) -> None:
    for number in range(31):
        item = (await newsroom.publish(f"Story number {number}."))["item"]
        await newsroom.publish(f"Noticia {number}.", edition="es")
        if number < 5:
            await newsroom.act(item["id"], "expire")
    await newsroom.copy()
    first = await newsroom.page("/en/archive")
    assert "Story number 30." in first.text
    assert "Story number 0." not in first.text
    assert "Noticia" not in first.text
    assert 'name="robots"' not in first.text
    assert 'id="status"' not in first.text  # not live: a new item does not come onto it
    path = first.text.partition('rel="next" href="')[2].partition('"')[0]
    second = await newsroom.page(path.replace("&amp;", "&"))
    assert "Story number 0." in second.text
    assert "Story number 1." not in second.text
    assert 'rel="next"' not in second.text


async def test_the_front_page_leads_to_archive_and_search(newsroom: Newsroom) -> None:
    await newsroom.publish("Bridge")
    front = (await newsroom.page("/en")).text
    assert 'href="/en/archive"' in front
    assert 'href="/en/search" aria-label="Search"' in front


async def test_the_search_page_marks_what_it_finds_and_is_not_indexed(newsroom: Newsroom) -> None:
    old = (await newsroom.publish("The <old> Bridge & the river", summary="A BRIDGE"))["item"]["id"]
    await newsroom.act(old, "expire")
    await newsroom.publish("الجسر القديم في القُدس", edition="ar")
    await newsroom.copy()
    page = await newsroom.page("/en/search", q='bridge "river"')
    assert "The &lt;old&gt; <mark>Bridge</mark> &amp; the <mark>river</mark>" in page.text
    assert "A <mark>BRIDGE</mark>" in page.text
    assert '<meta name="robots" content="noindex">' in page.text
    assert 'value="bridge &#34;river&#34;"' in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]
    page = await newsroom.page("/ar/search", q="قدس")
    assert "<mark>القُدس</mark>" in page.text
    assert 'dir="rtl"' in page.text
    assert (await newsroom.page(f"/item/{old}")).text.count("The &lt;old&gt; Bridge") >= 1


async def test_a_search_without_results_and_a_wrong_one_say_what_to_do(newsroom: Newsroom) -> None:
    await newsroom.publish("Bridge")
    await newsroom.copy()
    assert "Nothing found" in (await newsroom.page("/en/search", q="tunnel")).text
    assert "at most 16 words" in (await newsroom.page("/en/search", q="a " * 17)).text
    assert "استخدم كلمات أقل" in (await newsroom.page("/ar/search", q="a " * 17)).text
    empty = (await newsroom.page("/en/search")).text
    assert "All words must occur" in empty
    assert "Nothing found" not in empty
    found = (await newsroom.page("/en/search", section="politics", q="")).text
    assert "Nothing found" in found
    assert '<option value="politics" selected>' in found


async def test_the_board_of_a_time_says_when_and_leaves_out_what_was_retracted(
    newsroom: Newsroom,
) -> None:
    first = (await newsroom.publish("Bridge falls"))["item"]
    second = (await newsroom.publish("Ferry late"))["item"]
    await newsroom.act(second["id"], "expire")
    await newsroom.copy()
    at = second["published_at"]
    page = (await newsroom.page(f"/en/at/{at}")).text
    assert "The news as it was: " in page
    assert "Bridge falls" in page
    assert "Ferry late" in page
    await newsroom.act(first["id"], "retract", reason="wrong")
    page = (await newsroom.page("/en/at", at=at.removesuffix("Z"))).text
    assert "Bridge falls" not in page
    assert "Ferry late" in page
    empty = (await newsroom.page("/en/at")).text
    assert "The news at a time</h1>" in empty
    assert "Date and time (UTC)" in empty
    assert "in the past" not in empty
    for wrong in ("never", "2999-01-01T00:00"):
        await newsroom.page(f"/en/at/{wrong}", 404)
        assert (
            "Choose a date and time in the past." in (await newsroom.page("/en/at", at=wrong)).text
        )


async def test_without_an_archive_there_are_no_such_pages(redis: Redis, settings: Settings) -> None:
    async with running_newsroom(redis, settings) as running:
        await running.publish("Bridge")
        for path in ("archive", "search", "at"):
            assert (await running.http.get(f"/en/{path}", headers=PAGE)).status_code == 404
        assert "/en/search" not in (await running.http.get("/en", headers=PAGE)).text


async def test_an_unknown_id_is_not_found_also_while_the_archive_is_not_there(
    newsroom: Newsroom,
) -> None:
    item = (await newsroom.publish("Bridge"))["item"]
    await newsroom.act(item["id"], "expire")
    await newsroom.page("/item/" + "0" * 26, 404)
    await newsroom.page(f"/item/{item['id']}", 503)  # there is one, and Redis knows it
    await newsroom.copy()
    await newsroom.page(f"/item/{item['id']}")


async def test_the_page_of_an_expired_item_names_no_preview_picture(newsroom: Newsroom) -> None:
    item = (await newsroom.publish("Bridge"))["item"]
    card = f"/item/{item['id']}/card-1.png"
    live = (await newsroom.page(f"/item/{item['id']}")).text
    assert live.count(card) == 2
    await newsroom.act(item["id"], "expire")
    await newsroom.copy()
    page = (await newsroom.page(f"/item/{item['id']}")).text
    assert "Bridge" in page
    assert card not in page
    assert "og:image" not in page
    assert '"image":' not in page.partition("application/ld+json")[2].partition("</script>")[0]
