"""Older items and the search: memory and archive as one list, and nothing that was retracted.

The archive is a real file. ``archive`` copies the lane only when a test says so: in between it is
behind, as a worker may be.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import BaseModel

from tests.support.newsroom import FakeGateway, TestNewsroom, check_problem, running_newsroom
from ticker.api import item_schemas as schemas
from ticker.api.live_items import LiveItems
from ticker.api.older_items import ABSENT_SECONDS, OlderItems
from ticker.api.search_schemas import SearchResults
from ticker.archive import open as archives
from ticker.archive.store import ArchiveWriter
from ticker.config import Settings
from ticker.domain.clock import parse_ms, rfc3339
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.lane_store import LaneStore
from workers.archive import ArchiveCopy


class Newsroom:
    """A newsroom with an archive; ``copy`` brings the archive up to the lane."""

    def __init__(self, newsroom: TestNewsroom, lane: LaneStore, writer: ArchiveWriter) -> None:
        self.newsroom = newsroom
        self.publish = newsroom.publish
        self.act = newsroom.act
        self.key = newsroom.key
        self._lane = lane
        self._writer = writer
        self._copy = ArchiveCopy(lane, writer, 3.0)

    async def copy(self) -> None:
        _, _, top = await self._lane.open()
        while (await self._writer.position()).cursor is None or (
            (await self._writer.position()).cursor.id < top  # type: ignore[union-attr]
        ):
            await self._copy.step()

    async def get(self, path: str, model: type[BaseModel], **options: Any) -> Any:
        response = await self.newsroom.http.get(path, **options)
        assert response.status_code == 200, response.text
        model.model_validate_json(response.content)
        return response.json()

    async def search(self, q: str, **params: Any) -> list[str]:
        answer = await self.get("/v1/search", SearchResults, params={"q": q} | params)
        return [one["item"]["headline"] for one in answer["results"]]

    async def pages(self, path: str, limit: int) -> list[list[str]]:
        """Return the headlines of the live items and of every page after them."""
        answer = await self.get(path, schemas.Snapshot, params={"limit": limit})
        found = [[item["headline"] for item in answer["items"]]]
        while answer["next"] is not None:
            params = {"limit": limit, "before": answer["next"]}
            answer = await self.get(path, schemas.ItemPage, params=params)
            found.append([item["headline"] for item in answer["items"]])
        return found


@pytest.fixture
async def newsroom(redis: Redis, settings: Settings, tmp_path: Path) -> AsyncIterator[Newsroom]:
    url = f"sqlite:{tmp_path / 'archive.sqlite3'}"
    writer, reader = archives.writer(url), archives.reader(url)
    async with running_newsroom(redis, settings, reader) as running:
        yield Newsroom(running, LaneStore(redis, Keys(settings.namespace)), writer)
    await reader.aclose()
    await writer.aclose()


async def id_of(newsroom: Newsroom, headline: str, **fields: Any) -> str:
    found: str = (await newsroom.publish(headline, **fields))["item"]["id"]
    return found


async def test_pages_go_on_into_the_archive_without_a_seam(newsroom: Newsroom) -> None:
    ids = [await id_of(newsroom, f"Item {number}") for number in range(9)]
    for number in (0, 1, 4):
        await newsroom.act(ids[number], "expire")
    await newsroom.copy()
    ids += [await id_of(newsroom, f"Item {number}") for number in (9, 10)]  # not archived yet
    await newsroom.act(ids[3], "pin")
    await newsroom.act(ids[2], "pin")
    for limit in (1, 2, 3, 4, 20):
        pages = await newsroom.pages("/v1/items", limit)
        listed = [headline for page in pages for headline in page]
        assert sorted(listed) == sorted({f"Item {number}" for number in range(11)} - missing(pages))
        assert listed[:2] == ["Item 3", "Item 2"]
        assert all(len(page) == limit for page in pages[:-2])


def missing(pages: list[list[str]]) -> set[str]:
    """Return what has expired and would be on the first page, which has live items alone."""
    last = int(pages[0][-1].split()[1])
    pinned = {"Item 3", "Item 2"}
    if set(pages[0]) <= pinned:
        return set()
    return {f"Item {number}" for number in (0, 1, 4) if number > last}


async def test_a_page_may_begin_at_an_item_or_at_a_time(newsroom: Newsroom) -> None:
    first = await newsroom.publish("First")
    second = (await newsroom.publish("Second"))["item"]
    await newsroom.act(second["id"], "expire")
    third = await id_of(newsroom, "Third")
    await newsroom.copy()
    after = rfc3339(parse_ms(second["published_at"]) + 1).replace("Z", "+00:00")
    for before, found in (
        (third, ["Second", "First"]),
        (second["id"], ["First"]),
        (first["item"]["published_at"], []),
        (after, ["Second", "First"]),
        (after.replace("+", " "), ["Second", "First"]),
        ("7zzzzzzzzzzzzzzzzzzzzzzzzz", ["Third", "Second", "First"]),
    ):
        answer = await newsroom.get("/v1/items", schemas.ItemPage, params={"before": before})
        assert [item["headline"] for item in answer["items"]] == found, before
        assert answer["next"] is None


async def test_pages_of_a_filter_link_to_the_next(newsroom: Newsroom) -> None:
    for number in range(4):
        await id_of(newsroom, f"Item {number}", tags=["even"] if number % 2 == 0 else ["odd"])
    await newsroom.copy()
    path = "/v1/items?tag=even&limit=1&before=7zzzzzzzzzzzzzzzzzzzzzzzzz"
    found = []
    while path:
        response = await newsroom.newsroom.http.get(path)
        assert response.headers["cache-control"].startswith("public, max-age=1")
        found += [item["headline"] for item in response.json()["items"]]
        path = response.links.get("next", {}).get("url", "")
        assert ("before=" in path) == (response.json()["next"] is not None)
    assert found == ["Item 2", "Item 0"]


async def test_the_search_finds_live_and_expired_items_and_marks_the_words(
    newsroom: Newsroom,
) -> None:
    old = await id_of(newsroom, "River floods the old bridge", level="urgent")
    await newsroom.act(old, "expire")
    await id_of(newsroom, "Bridge «Río» reopens", edition="es", summary="The BRIDGE is dry")
    await id_of(newsroom, "Ferry late", sections=["politics"])
    await newsroom.copy()
    assert await newsroom.search("bridge") == [
        "Bridge «Río» reopens",
        "River floods the old bridge",
    ]
    assert await newsroom.search("rio bridge") == ["Bridge «Río» reopens"]
    assert await newsroom.search("bridge", edition="en") == ["River floods the old bridge"]
    assert await newsroom.search("bridge -river") == ["Bridge «Río» reopens"]
    assert await newsroom.search("", section="politics") == ["Ferry late"]
    assert await newsroom.search("level:urgent") == ["River floods the old bridge"]
    assert await newsroom.search("bridge", to="2020") == []
    assert await newsroom.search("from:2020 bridge", limit=1) == ["Bridge «Río» reopens"]
    answer = await newsroom.get("/v1/search?q=bridge&limit=1", SearchResults)
    assert answer["results"][0]["marks"] == {"headline": [[0, 6]], "summary": [[4, 10]]}
    following = await newsroom.get(
        "/v1/search", SearchResults, params={"q": "bridge", "before": answer["next"]}
    )
    assert [one["item"]["id"] for one in following["results"]] == [old]


async def test_what_the_archive_does_not_have_yet_comes_from_memory(newsroom: Newsroom) -> None:
    changed = await id_of(newsroom, "Bridge closed")
    await newsroom.copy()
    await newsroom.newsroom.http.patch(
        f"/v1/items/{changed}", json={"headline": "Tunnel closed"}, headers=newsroom.key
    )
    await newsroom.newsroom.catch_up()
    await id_of(newsroom, "Bridge open")
    assert await newsroom.search("bridge") == ["Bridge open"]
    assert await newsroom.search("tunnel") == ["Tunnel closed"]
    assert await newsroom.search("closed -bridge") == ["Tunnel closed"]


async def test_a_retracted_item_never_shows_also_while_the_archive_is_behind(
    newsroom: Newsroom,
) -> None:
    expired = await id_of(newsroom, "Bridge falls")
    await newsroom.act(expired, "expire")
    live = await id_of(newsroom, "Bridge falls again")
    at = rfc3339(parse_ms((await newsroom.publish("Ferry"))["item"]["published_at"]))
    await newsroom.copy()
    board = await newsroom.get(f"/v1/items?at={at}", schemas.Board)
    assert len(board["items"]) == 2
    for id in (expired, live):
        await newsroom.act(id, "retract", reason="wrong")
    for path in (
        "/v1/search?q=bridge",
        "/v1/items?before=7zzzzzzzzzzzzzzzzzzzzzzzzz",
        f"/v1/items?at={at}",
    ):
        text = (await newsroom.newsroom.http.get(path)).text
        assert "Bridge" not in text, path
    await newsroom.copy()
    assert await newsroom.search("bridge") == []


async def test_an_item_that_the_archive_alone_keeps_can_be_retracted(
    newsroom: Newsroom, redis: Redis, settings: Settings
) -> None:
    http, keys = newsroom.newsroom.http, Keys(settings.namespace)
    id = await id_of(newsroom, "Bridge falls", tags=["bridge"], published_at="2026-01-05T10:00:00Z")
    await newsroom.act(id, "expire")
    at = rfc3339(parse_ms((await newsroom.publish("Ferry"))["item"]["published_at"]))
    await newsroom.copy()
    for key in await redis.keys(f"*{id}*"):
        await redis.delete(key)
    await redis.zrem(keys.latest, id)
    assert await newsroom.search("bridge") == ["Bridge falls"]  # so it is shown for ever

    path = f"/v1/items/{id}/retract"
    check_problem(await http.post(path), 401, "unauthorised")
    unknown = f"/v1/items/{'0' * 26}/retract"
    check_problem(await http.post(unknown, headers=newsroom.key), 404, "not-found")
    for act in ("pin", "expire"):
        response = await http.post(f"/v1/items/{id}/{act}", headers=newsroom.key)
        check_problem(response, 404, "not-found")
    headers = newsroom.key | {"idempotency-key": "one"}
    done = (await http.post(path, json={"reason": "wrong"}, headers=headers)).json()
    assert (done["state"], done["changed"], done["repeated"]) == ("retracted", True, False)
    assert done["item"]["version"] == 3  # after the publication and the expiry
    again = (await http.post(path, json={"reason": "wrong"}, headers=headers)).json()
    assert (again["wire_id"], again["changed"], again["repeated"]) == (done["wire_id"], False, True)
    second = await newsroom.act(id, "retract")
    assert (second["wire_id"], second["changed"]) == (None, False)

    await newsroom.newsroom.catch_up()
    events = [event for _, event in await newsroom.newsroom.wire() if event.action == "retract"]
    [event] = events
    assert (event.item.id, event.note, event.by) == (id, "wrong", "desk")
    assert event.was is not None
    assert event.was.tags == {"bridge"}
    assert b"Bridge" not in event.public()
    for archived in (False, True):  # the archive is behind, then it has the retraction
        if archived:
            await newsroom.copy()
        for page in (
            "/v1/search?q=bridge",
            "/v1/items?before=7zzzzzzzzzzzzzzzzzzzzzzzzz",
            f"/v1/items?at={at}",
            "/en/archive",
            "/en/search?q=falls",
            f"/en/at/{at}",
        ):
            response = await http.get(page)
            assert response.status_code == 200, page
            assert "Bridge falls" not in response.text, (page, archived)
        check_problem(await http.get(f"/v1/items/{id}"), 410, "gone")
        assert (await http.get(f"/item/{id}")).status_code == 410
    listed = (await http.get("/v1/items?all=true", headers=newsroom.key)).json()["items"]
    assert [item["id"] for item in listed][-1] == id  # where its age puts it


async def test_the_board_of_a_time(newsroom: Newsroom) -> None:
    first = await newsroom.publish("First")
    second = await newsroom.publish("Second", edition="es")
    await newsroom.act(first["item"]["id"], "expire")
    await newsroom.copy()
    at = second["item"]["published_at"]
    board = await newsroom.get(f"/v1/items?at={at}", schemas.Board)
    assert [item["headline"] for item in board["items"]] == ["Second", "First"]
    assert board["at"] == at
    board = await newsroom.get(f"/v1/items?at={at}&edition=en", schemas.Board, headers=newsroom.key)
    assert [(item["headline"], item["state"]) for item in board["items"]] == [("First", "expired")]


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ("not.section=sports", ["Vote", "Storm"]),
        ("not.section=sports,politics&edition=en", ["Storm"]),
        ("any=section%3Dpolitics&any=tag%3Dcup", ["Vote", "Final"]),
    ],
)
async def test_exclusions_and_alternatives_count_for_expired_items_too(
    newsroom: Newsroom, filter: str, expected: list[str]
) -> None:
    for headline, fields in (
        ("Storm", {}),
        ("Final", {"sections": ["sports"], "tags": ["cup"]}),
        ("Match", {"sections": ["sports"]}),
        ("Vote", {"sections": ["politics"]}),
    ):
        await newsroom.act(await id_of(newsroom, headline, **fields), "expire")
    await newsroom.copy()
    last = "7zzzzzzzzzzzzzzzzzzzzzzzzz"
    page = await newsroom.get(f"/v1/items?{filter}&before={last}", schemas.ItemPage)
    assert [item["headline"] for item in page["items"]] == expected
    answer = await newsroom.get(f"/v1/search?q=from:2020&{filter}", SearchResults)
    assert [one["item"]["headline"] for one in answer["results"]] == expected


async def test_editors_see_states_and_their_answers_are_private(newsroom: Newsroom) -> None:
    old = await id_of(newsroom, "Bridge closed")
    await newsroom.act(old, "expire")
    await id_of(newsroom, "Bridge open")
    await newsroom.copy()
    response = await newsroom.newsroom.http.get("/v1/search?q=bridge", headers=newsroom.key)
    assert [one["item"]["state"] for one in response.json()["results"]] == ["live", "expired"]
    assert response.headers["cache-control"] == "private, no-store"
    wrong = {"authorization": "Bearer tk_" + "x" * 32}
    for path in ("/v1/search?q=bridge", f"/v1/items?before={old}"):
        check_problem(await newsroom.newsroom.http.get(path, headers=wrong), 401, "unauthorised")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/search", "q"),
        ("/v1/search?q=%E2%80%A6", "q"),
        ("/v1/search?q=a&q=b", "q"),
        ("/v1/search?q=section:weather", "q"),
        ("/v1/search?q=" + "x" * 201, "q"),
        ("/v1/search?q=x&section=weather", "section"),
        ("/v1/search?q=x&from=never", "from"),
        ("/v1/search?q=x&to=2026-13", "to"),
        ("/v1/search?q=x&before=y", "before"),
        ("/v1/search?q=x&limit=101", "limit"),
        ("/v1/items?before=x", "before"),
        ("/v1/items?at=x", "at"),
        ("/v1/items?at=2999-01-01T00:00:00Z", "at"),
        ("/v1/items?before=2026-01-01T00:00:00Z&after=1.1-1", "before"),
    ],
)
async def test_what_cannot_be_answered_is_a_problem_that_names_the_parameter(
    newsroom: Newsroom, path: str, field: str
) -> None:
    problem = check_problem(await newsroom.newsroom.http.get(path), 400, "bad-filter")
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_an_untrusted_client_has_a_budget(newsroom: Newsroom, settings: Settings) -> None:
    await id_of(newsroom, "Bridge")
    await newsroom.copy()
    async with newsroom.newsroom.at("192.0.2.7") as http:
        answers = [await http.get(f"/v1/search?q=w{number}") for number in range(210)]
    assert answers[0].status_code == 200
    check_problem(answers[-1], 429, "too-many-requests")


async def test_without_an_archive_there_are_live_items_alone(
    redis: Redis, settings: Settings
) -> None:
    async with running_newsroom(redis, settings) as running:
        for number in range(3):
            await running.publish(f"Item {number}")
        answer = (await running.http.get("/v1/items?limit=2")).json()
        page = (await running.http.get(f"/v1/items?before={answer['next']}")).json()
        assert [item["headline"] for item in page["items"]] == ["Item 0"]
        assert page["next"] is None
        for path in ("/v1/search?q=item", "/v1/items?at=2026-01-01T00:00:00Z"):
            check_problem(await running.http.get(path), 404, "not-found")
        response = await running.http.post(f"/v1/items/{'0' * 26}/retract", headers=running.key)
        check_problem(response, 404, "not-found")


async def test_while_the_archive_is_not_there_yet_the_answer_says_to_come_back(
    newsroom: Newsroom,
) -> None:
    response = await newsroom.newsroom.http.get("/v1/search?q=bridge")
    check_problem(response, 503, "unavailable")
    assert int(response.headers["retry-after"]) > 0


async def test_an_id_that_is_nowhere_is_looked_up_once_in_a_while() -> None:
    class Empty:
        asked = 0

        async def get(self, id: str) -> None:
            self.asked += 1

    archive, now = Empty(), 0.0
    live = LiveItems(FakeGateway(), cast(Any, None))
    older = OlderItems(live, cast(Any, None), cast(Any, archive), lambda: now)
    for _ in range(3):
        assert await older.item("0" * 26) is None
    assert archive.asked == 1
    now += ABSENT_SECONDS
    assert await older.item("0" * 26) is None
    assert archive.asked == 2


async def test_a_part_of_an_id_finds_every_item_and_readers_none_that_they_must_not_know(
    newsroom: Newsroom,
) -> None:
    ids = {name: await id_of(newsroom, name) for name in ("live", "expired", "retracted")}
    ids["scheduled"] = await id_of(newsroom, "scheduled", at="2099-01-01T00:00:00Z", force=True)
    await newsroom.act(ids["expired"], "expire")
    await newsroom.act(ids["retracted"], "retract", reason="wrong")
    await newsroom.copy()
    for state, id in ids.items():
        for part in (id, id[-6:], id[-6:].upper()):
            path = f"/v1/ids/{part}"
            answer = await newsroom.get(path, schemas.ItemsWithPart)
            public = [id] if state in ("live", "expired") else []
            assert [item["id"] for item in answer["items"]] == public
            answer = await newsroom.get(path, schemas.ItemsWithPart, headers=newsroom.key)
            assert [(item["id"], item["state"]) for item in answer["items"]] == [(id, state)]
    common = f"/v1/ids/{ids['live'][:4]}"
    answer = await newsroom.get(common, schemas.ItemsWithPart, headers=newsroom.key)
    assert [item["id"] for item in answer["items"]] == sorted(ids.values(), reverse=True)
    answer = await newsroom.get(common, schemas.ItemsWithPart)
    assert {item["id"] for item in answer["items"]} == {ids["live"], ids["expired"]}
    for wrong in ("abc", "a" * 27, "ab%25d"):
        check_problem(await newsroom.newsroom.http.get(f"/v1/ids/{wrong}"), 404, "not-found")
