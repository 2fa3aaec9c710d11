"""Older items while the lane goes on: what happens during a question is in its answer.

The archive is a real file. A question to it, or to the states of the items, stands still while the
test changes the lane.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, cast

import orjson
import pytest

from tests.support.archives import TestArchive, query
from tests.support.in_memory import EPOCH, InMemoryNewsroom
from tests.support.newsroom import FakeGateway
from ticker.api.live_items import LiveItems
from ticker.api.older_items import OlderItems
from ticker.api.places import Before
from ticker.api.shown_now import Found
from ticker.archive import open as archives
from ticker.archive.place import Place
from ticker.archive.query import Query
from ticker.archive.store import Archived, ArchiveReader, Position
from ticker.domain.cursor import StreamId
from ticker.domain.errors import Unavailable
from ticker.domain.event import LaneEvent
from ticker.domain.filter import Filter
from ticker.stream.replay import Lane

EVERYTHING = Filter()


class Scene:
    """A newsroom with an archive; ``meanwhile`` is called once, when the question ``at`` is asked.

    ``at`` is the name of a method of the archive, or ``states``.
    """

    def __init__(self, archive: TestArchive) -> None:
        self.news = InMemoryNewsroom()
        self.gateway = FakeGateway()
        self.at = ""
        self.meanwhile: Callable[[], object] = lambda: None
        self.archive = archive
        live = LiveItems(self.gateway, cast(Any, None))
        self.older = OlderItems(live, States(self), Slow(self, archive.reader))

    async def take(self, *events: LaneEvent) -> None:
        """Add ``events`` to the lane and to the archive."""
        self.lane(*events)
        await self.archive.take(events)

    def lane(self, *events: LaneEvent) -> None:
        """Add ``events`` to the lane alone."""
        for event in events:
            assert self.gateway.lane.advance(event)

    def pause(self, at: str) -> None:
        if at == self.at:
            self.at = ""
            self.meanwhile()

    async def headlines(self, question: str, id: str = "") -> list[str]:
        """Return the headlines in the answer to ``question``."""
        found: Sequence[Found]
        top = Before(Place(1 << 60, "z"))
        match question:
            case "search":
                found = (await self.older.search(query("bridge"), None, 2)).items
            case "board":  # before the last two events
                found = await self.older.board(self.news.clock - 2, EVERYTHING, 9)
            case "list":
                found = (await self.older.in_order(EVERYTHING, None, 2)).items
            case "after":
                found = (await self.older.after_snapshot(EVERYTHING, top, 2)).items
            case "pinned":
                pinned = Before(top.place, pinned=True)
                found = (await self.older.after_snapshot(EVERYTHING, pinned, 2)).items
            case "part":
                ids = await self.older.ids(id, 9)
                found = await self.older.with_part(id, ids)
            case _:
                one = await self.older.item(id)
                found = [] if one is None else [one]
        return [orjson.loads(one.item)["headline"] for one in found]


class States:
    """The states of items, as Redis has them."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    async def states(self, ids: Sequence[str]) -> list[tuple[str | None, StreamId | None]]:
        found = [self._scene.news.items[id].state for id in ids]
        self._scene.pause("states")
        return [(state, None) for state in found]


class Slow:
    """An archive that answers what it found before the test went on."""

    def __init__(self, scene: Scene, reader: ArchiveReader) -> None:
        self._scene = scene
        self._reader = reader

    async def find(self, query: Query, before: Place | None, limit: int) -> list[Archived]:
        found = await self._reader.find(query, before, limit)
        self._scene.pause("find")
        return found

    async def get(self, id: str) -> Archived | None:
        found = await self._reader.get(id)
        self._scene.pause("get")
        return found

    async def ids(self, part: str, limit: int) -> list[str]:
        found = await self._reader.ids(part, limit)
        self._scene.pause("ids")
        return found

    async def board(self, at_ms: int, query: Query, limit: int) -> list[Archived]:
        found = await self._reader.board(at_ms, query, limit)
        self._scene.pause("board")
        return found

    async def position(self) -> Position:
        return await self._reader.position()

    async def aclose(self) -> None:
        await self._reader.aclose()


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    url = f"sqlite:{tmp_path / 'archive.sqlite3'}"
    archive = TestArchive(archives.writer(url), archives.reader(url))
    yield Scene(archive)
    await archive.aclose()


QUESTIONS = [
    (question, at)
    for question, asks in (
        *((name, "find") for name in ("search", "list", "after", "pinned")),
        ("board", "board"),
    )
    for at in (asks, "states")
]


@pytest.mark.parametrize(("question", "at"), QUESTIONS)
async def test_what_is_retracted_during_a_question_is_not_in_its_answer(
    scene: Scene, question: str, at: str
) -> None:
    news = scene.news
    ended, stays = news.publish("Bridge of the past"), news.publish("Bridge stays")
    live, old, pinned = (news.publish(f"Bridge {name}") for name in ("live", "old", "pinned"))
    await scene.take(ended, stays, live, old, pinned)
    await scene.take(news.pin(pinned.item_id), news.expire(old.item_id), news.expire(ended.item_id))
    scene.at = at
    scene.meanwhile = lambda: scene.lane(
        *(news.retract(one.item_id) for one in (live, old, pinned)),
        news.change(stays.item_id, headline="Bridge stays open"),
    )
    stayed = "Bridge stays" if question == "board" else "Bridge stays open"
    assert await scene.headlines(question) == [stayed, "Bridge of the past"]
    assert scene.at == ""


@pytest.mark.parametrize("at", ["get", "states"])
@pytest.mark.parametrize("question", ["item", "part"])
async def test_an_expired_item_that_is_retracted_during_the_question_is_none(
    scene: Scene, question: str, at: str
) -> None:
    one = scene.news.publish("Bridge falls")
    await scene.take(one, scene.news.expire(one.item_id))
    assert await scene.headlines(question, one.item_id) == ["Bridge falls"]
    scene.at = at
    scene.meanwhile = lambda: scene.lane(scene.news.retract(one.item_id))
    assert await scene.headlines(question, one.item_id) == []


@pytest.mark.parametrize(
    ("at", "found"), [("find", ["Bridge other", "Bridge one"]), ("states", ["Bridge other"])]
)
async def test_what_expires_during_a_search_is_shown_if_its_state_was_asked_for(
    scene: Scene, at: str, found: list[str]
) -> None:
    one, other = scene.news.publish("Bridge one"), scene.news.publish("Bridge other")
    await scene.take(one, other, scene.news.expire(other.item_id))
    scene.at = at
    scene.meanwhile = lambda: scene.lane(scene.news.expire(one.item_id))
    assert await scene.headlines("search") == found


async def test_a_lane_that_is_rewritten_during_a_question_is_asked_about_again_later(
    scene: Scene,
) -> None:
    await scene.take(scene.news.publish("Bridge"))

    def rewrite() -> None:
        scene.gateway.lane = Lane(1_000, EPOCH)

    scene.at, scene.meanwhile = "find", rewrite
    with pytest.raises(Unavailable) as error:
        await scene.headlines("search")
    assert error.value.retry_after == 1
