"""``Bridge`` with a real newsroom and failing connections, handlers and processes."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from pathlib import Path

import pytest

from tests.client.test_newsroom import cutting
from tests.support.metrics import scraped
from tests.support.newsroom_process import NewsroomProcess, running
from tests.support.redis_servers import RedisServer
from tests.support.waiting import wait_until
from ticker.client import Batch, Bridge, Editor, FileCursors
from ticker.client.backoff import Backoff

pytestmark = pytest.mark.processes

ITEMS = 120


def soon() -> Backoff:
    return Backoff(first=0.02, last=0.05)


class Database:
    """Cursor and effect in one transaction: exactly once, as docs/guide/bridge.md says."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path)
        self.db.execute("CREATE TABLE IF NOT EXISTS sent (id TEXT, version INT, action TEXT)")
        self.db.execute("CREATE TABLE IF NOT EXISTS place (cursor TEXT)")
        self.db.commit()

    async def load(self) -> str | None:
        row = self.db.execute("SELECT cursor FROM place").fetchone()
        return None if row is None else str(row[0])

    async def save(self, cursor: str) -> None:
        with self.db:
            self.put(cursor)

    def put(self, cursor: str) -> None:
        self.db.execute("DELETE FROM place")
        self.db.execute("INSERT INTO place VALUES (?)", (cursor,))

    @property
    def sent(self) -> list[str]:
        return [row[0] for row in self.db.execute("SELECT id FROM sent ORDER BY rowid")]


class FailingHandler:
    """A handler that fails before, within and after its transaction."""

    def __init__(self, database: Database, seed: int) -> None:
        self._database = database
        self._random = random.Random(seed)
        self.failures = 0

    async def __call__(self, batch: Batch) -> None:
        assert batch.reset is None, "a reset, although the history has every event"
        self._fail_sometimes()
        with self._database.db:
            for event in batch.events:
                row = (event.item.id, event.item.version, event.action)
                self._database.db.execute("INSERT INTO sent VALUES (?, ?, ?)", row)
                self._fail_sometimes(0.05)
            self._database.put(batch.cursor)
        await asyncio.sleep(0)
        self._fail_sometimes()

    def _fail_sometimes(self, chance: float = 0.2) -> None:
        if self._random.random() < chance:
            self.failures += 1
            raise ConnectionError("injected failure")


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_each_event_once_whatever_fails(
    valkey: RedisServer, tmp_path: Path, seed: int
) -> None:
    """Connections cut in mid-message, a handler that keeps failing, a bridge that is killed."""
    chance = random.Random(seed)
    async with (
        running(valkey.url, tmp_path) as newsroom,
        cutting(newsroom.url, seed, 4_000) as proxy,
        asyncio.timeout(90),
    ):
        database = Database(tmp_path / "bridge.db")
        handler = FailingHandler(database, seed)
        await database.save((await newsroom.http.get("/v1/items")).json()["cursor"])
        published: list[str] = []

        async def publish() -> None:
            for number in range(ITEMS):
                done = await newsroom.publish(f"Item number {number}", tags=["cut"])
                published.append(done["item"]["id"])

        writing = asyncio.create_task(publish())
        deaths = 0
        while len(database.sent) < ITEMS:
            bridge = Bridge(
                *(proxy.url, database),
                tag=["cut"],
                max_batch=chance.randrange(1, 8),
                max_wait=chance.choice([0.0, 0.02]),
                save_every=0.05,
                new_backoff=soon,
            )
            life = asyncio.create_task(bridge.run(handler))
            lives = len(database.sent) + chance.randrange(5, 40)
            await wait_until(
                lambda: life.done() or len(database.sent) >= min(lives, ITEMS), seconds=90
            )
            assert not life.done()
            life.cancel()  # what is in hand is not finished, as at a kill
            await asyncio.gather(life, return_exceptions=True)
            deaths += 1
        await writing
        assert database.sent == published
        assert proxy.cuts > 20
        assert handler.failures > 20
        assert deaths >= 3


async def test_a_story_alone(valkey: RedisServer, tmp_path: Path) -> None:
    seen: list[str] = []
    cursors = FileCursors(tmp_path / "cursor")
    async with running(valkey.url, tmp_path) as newsroom, asyncio.timeout(30):

        async def handler(batch: Batch) -> None:
            seen.extend(event.item.headline for event in batch.events)
            if len(seen) == 2:
                bridge.stop()

        bridge = Bridge(newsroom.url, cursors, story=["delta-floods", "harbour-fire"])
        life = asyncio.create_task(bridge.run(handler))
        await wait_until(lambda: bridge.cursor is not None)
        await newsroom.publish("The dam holds", story="delta-floods")
        await newsroom.publish("Trams run late", story="tram-strike")
        await newsroom.publish("Quay four is closed", story="harbour-fire")
        await life
    assert seen == ["The dam holds", "Quay four is closed"]
    assert await cursors.load() == bridge.cursor
    cursors.close()


async def test_it_survives_server_crashes(valkey: RedisServer, tmp_path: Path) -> None:
    database = Database(tmp_path / "bridge.db")
    async with running(valkey.url, tmp_path) as newsroom, asyncio.timeout(60):
        published: list[str] = []

        async def handler(batch: Batch) -> None:
            with database.db:
                for event in batch.events:
                    row = (event.item.id, event.item.version, event.action)
                    database.db.execute("INSERT INTO sent VALUES (?, ?, ?)", row)
                database.put(batch.cursor)

        bridge = Bridge(newsroom.url, database, edition="en", new_backoff=soon)
        life = asyncio.create_task(bridge.run(handler))
        await wait_until(lambda: bridge.cursor is not None)
        for _ in range(3):
            for number in range(5):
                done = await newsroom.publish(f"Item {len(published)}, of {number}")
                published.append(done["item"]["id"])
            newsroom.kill("serve")
            newsroom.start("serve")
            await newsroom.ready()
        await wait_until(lambda: len(database.sent) >= len(published), seconds=60)
        bridge.stop()
        await life
    assert database.sent == published


async def test_an_outage_longer_than_the_history_is_a_reset(
    valkey: RedisServer, tmp_path: Path
) -> None:
    database = Database(tmp_path / "bridge.db")
    async with (
        running(valkey.url, tmp_path, replay_window="10", lane_events_max="10") as newsroom,
        asyncio.timeout(60),
    ):
        resets: list[str | None] = []
        cursors: list[str] = []
        shown: set[str] = set()

        async def handler(batch: Batch) -> None:
            resets.append(batch.reset)
            cursors.append(batch.cursor)
            if batch.snapshot is not None:
                shown.update(item.id for item in batch.snapshot.items)
            for event in batch.events:  # the gateway may take in the last ones after the snapshot
                (shown.discard if event.removal else shown.add)(event.item.id)
            if expected <= shown and retracted not in shown:
                bridge.stop()

        await newsroom.publish("Before it began")
        await database.save((await newsroom.http.get("/v1/items")).json()["cursor"])
        ids = [(await newsroom.publish(f"Missed {n}"))["item"]["id"] for n in range(30)]
        retracted = ids[3]
        expected = set(ids) - {retracted}
        await newsroom.act(retracted, "retract", reason="wrong")
        bridge = Bridge(newsroom.url, database, edition="en")
        await bridge.run(handler)
    assert resets[0] == "expired"
    assert not any(resets[1:])
    assert await database.load() == cursors[-1]


async def test_a_handler_slower_than_the_gateways_limit_loses_nothing(
    valkey: RedisServer, tmp_path: Path
) -> None:
    """The gateway closes it as lagging (4001) while the handler works; it resumes from history."""
    lines, text = 1_500, "The water stands at the third step. " * 50
    async with (
        running(valkey.url, tmp_path, lag_limit="0.5") as newsroom,
        Editor(newsroom.url, newsroom.key) as editor,
        asyncio.timeout(120),
    ):
        database = Database(tmp_path / "bridge.db")
        await database.save((await newsroom.http.get("/v1/items")).json()["cursor"])
        retries: list[str] = []
        published = asyncio.Event()

        async def handler(batch: Batch) -> None:
            await published.wait()
            assert batch.reset is None
            with database.db:
                for event in batch.events:
                    row = (event.item.id, event.item.version, event.action)
                    database.db.execute("INSERT INTO sent VALUES (?, ?, ?)", row)
                database.put(batch.cursor)

        bridge = Bridge(
            *(newsroom.url, database),
            edition="en",
            max_batch=50,
            on_retry=lambda retry: retries.append(retry.reason),
            new_backoff=soon,
        )
        life = asyncio.create_task(bridge.run(handler))
        async for _ in editor.import_drafts(
            {"headline": f"Level {n}", "summary": text, "edition": "en"} for n in range(lines)
        ):
            pass
        await wait_until(lambda: _lagging(newsroom), lambda found: found != 0, seconds=60)
        published.set()
        await wait_until(lambda: len(database.sent) >= lines, seconds=90)
        bridge.stop()
        await life
        assert retries  # "lagging", or the reset that follows when that is not read in time
        assert len(database.sent) == len(set(database.sent)) == lines


async def _lagging(newsroom: NewsroomProcess) -> int:
    """Return the number of readers that the gateway has closed for lagging."""
    found = await scraped(newsroom.metrics_url)
    closes = (sample for sample in found if sample.startswith("ticker_closes_total{"))
    return int(sum(found[sample] for sample in closes if 'code="4001"' in sample))
