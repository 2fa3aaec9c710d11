"""The wire desk: feeds become drafts once, whatever the server, the worker and Redis do."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import orjson
import pytest

from tests.support.http_server import Answer, Asked, ScriptedServer, listening
from ticker.config import Settings
from ticker.domain.errors import Conflict, NotFound, Unavailable
from ticker.domain.taxonomy import Taxonomy
from ticker.imports.drafts import Defaults, ParsedInput
from ticker.imports.formats import read as read_here
from ticker.imports.payload import Download
from ticker.imports.watch_step import SLOWEST
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.wires.feed import FEEDS_MAX, Feed, FeedState
from ticker.wires.store import Wires
from workers import wires as module
from workers.wires import WireDesk

NOW = 1_795_900_000_000


async def read(answer: Download, defaults: Defaults, taxonomy: Taxonomy) -> ParsedInput:
    """Read a feed in this process: the process of its own has tests of its own."""
    return read_here(
        answer.data, defaults, taxonomy=taxonomy, url=answer.url, charset=answer.charset
    )


class Agency(ScriptedServer):
    """A JSON feed whose entries a test sets; it answers conditional requests."""

    def __init__(self) -> None:
        super().__init__([])
        self.entries: list[tuple[str, str]] = []
        self.failure: Answer | None = None
        self.during: Callable[[], None] = lambda: None

    def answer(self, asked: Asked) -> Answer:
        self.during()
        if self.failure is not None:
            return self.failure
        items = [
            {"id": id, "content_text": headline, "title": headline}
            for id, headline in reversed(self.entries)
        ]
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Agency", "items": items}
        body = orjson.dumps(feed)
        etag = f'"{hash(body)}"'
        if asked.headers.get("if-none-match") == etag:
            return Answer(304, b"")
        return Answer(200, body, {"ETag": etag, "Content-Type": "application/feed+json"})


class Desk:
    """A newsroom with one feed, and its workers."""

    def __init__(self, wires: Wires, items: ItemService, settings: Settings, web: Agency) -> None:
        self.wires, self.items, self.web = wires, items, web
        self.settings = settings
        self.now = NOW

    def worker(self, items: ItemService | None = None, wires: Wires | None = None) -> WireDesk:
        return WireDesk(
            wires or self.wires, items or self.items, self.settings, lambda: self.now, read
        )

    async def look(self, worker: WireDesk) -> FeedState:
        """Let a worker look at what is due, a minute later than before."""
        self.now += 60_000
        await worker.step()
        await worker.idle()
        return await self.state()

    async def state(self) -> FeedState:
        return (await self.wires.get("ap"))[1]

    async def headlines(self) -> list[str]:
        return [item.headline for item in await self.items.wire_drafts(50)]

    @asynccontextmanager
    async def working(self) -> AsyncIterator[WireDesk]:
        worker = self.worker()
        try:
            yield worker
        finally:
            await worker.aclose()


@pytest.fixture
async def desk(
    redis: Redis, keys: Keys, items: ItemService, settings: Settings
) -> AsyncIterator[Desk]:
    here = (ipaddress.ip_network("127.0.0.0/8"),)
    settings = settings.model_copy(update={"outbound_private_networks": here})
    async with listening(Agency()) as web:
        wires = Wires(redis, keys)
        await wires.add(
            Feed("ap", f"{web.url}/feed", "en", source="AP", desk="world", setters=("Eva",)), NOW
        )
        yield Desk(wires, items, settings, web)


def metric(worker: WireDesk, name: str) -> dict[Any, Any]:
    return {
        labels: value
        for f in worker.metrics()
        if f.name == name
        for labels, value in f.values.items()
    }


async def test_entries_become_drafts_and_follow_their_source(desk: Desk) -> None:
    desk.web.entries = [("1", "Ferry late"), ("2", "Fog")]
    async with desk.working() as worker:
        state = await desk.look(worker)
        assert (state.status, state.new, state.entries) == ("working", 2, 2)
        assert await desk.headlines() == ["Fog", "Ferry late"]
        [fog, ferry] = await desk.items.wire_drafts(10)
        assert (fog.created_by, fog.source, fog.state) == ("wire:ap", "AP", "draft")
        assert fog.authors == ["wire:ap", "wire:ap:Eva"]
        assert (await desk.look(worker)).new == 2
        assert desk.web.asked[-1].headers["if-none-match"]
        desk.web.entries = [("1", "Ferry late by an hour"), ("2", "Fog"), ("3", "Frost")]
        state = await desk.look(worker)
        assert (state.new, state.updated) == (3, 1)
        assert set(await desk.headlines()) == {"Frost", "Ferry late by an hour", "Fog"}
        await desk.items.approve(ferry.id, by="ana")
        await desk.items.retract(fog.id, None, by="ana")
        desk.web.entries = [("1", "Ferry sunk"), ("2", "Thick fog"), ("3", "Frost")]
        state = await desk.look(worker)
        assert await desk.headlines() == ["Frost"]
        [note] = state.notes
        assert (note.item, note.did, note.headline) == (ferry.id, "changed", "Ferry sunk")
        assert (await desk.items.get(ferry.id)).headline == "Ferry late by an hour"
        outcomes = metric(worker, "ticker_wire_entries_total")
        assert outcomes["new",] == 3
        assert metric(worker, "ticker_wire_failures") == {("ap",): 0}


async def test_a_feed_is_asked_when_it_is_due_or_an_editor_asks(desk: Desk) -> None:
    async with desk.working() as worker:
        await desk.look(worker)
        assert len(desk.web.asked) == 1
        desk.now += 59_000
        await worker.step()
        await worker.idle()
        assert len(desk.web.asked) == 1
        await desk.wires.look_soon("ap")
        await worker.step()
        await worker.idle()
        assert len(desk.web.asked) == 2
        await desk.wires.change("ap", desk.now, every=600)
        await desk.look(worker)
        await desk.look(worker)
        assert len(desk.web.asked) == 3


@pytest.mark.parametrize(
    ("failure", "error", "least"),
    [
        (Answer(503, b"", {"Retry-After": "1800"}), "HTTP 503", 1_800),
        (Answer(410, b""), "HTTP 410", SLOWEST),
        (Answer(200, b"plain text"), "neither JSON nor XML", 30),
    ],
    ids=["retry-after", "gone", "no feed"],
)
async def test_a_feed_that_fails_says_so_and_works_again(
    desk: Desk, failure: Answer, error: str, least: float
) -> None:
    desk.web.entries = [("1", "Ferry late")]
    desk.web.failure = failure
    async with desk.working() as worker:
        state = await desk.look(worker)
        assert (state.status, state.failures, state.failing_ms) == ("failing", 1, desk.now)
        assert error in (state.error or "")
        assert (state.error_said or {})["code"] in ("feed-http", "feed-unknown")
        assert state.next_ms >= desk.now + least * 1000
        assert metric(worker, "ticker_wire_failures") == {("ap",): 1}
        since, asked = state.failing_ms, len(desk.web.asked)
        desk.now = state.next_ms - 61_000
        await desk.look(worker)
        assert len(desk.web.asked) == asked
        state = await desk.look(worker)
        assert (state.failures, state.failing_ms) == (2, since)
        desk.web.failure = None
        desk.now = state.next_ms
        state = await desk.look(worker)
        assert (state.status, state.failures, state.error) == ("working", 0, None)
        assert state.error_said is None
        assert await desk.headlines() == ["Ferry late"]


async def test_one_worker_looks_and_another_takes_over(
    desk: Desk, redis: Redis, keys: Keys
) -> None:
    desk.web.entries = [("1", "Ferry late")]
    async with desk.working() as first, desk.working() as second:
        await desk.look(first)
        assert await second.step() == module.IDLE
        await desk.look(second)
        assert len(desk.web.asked) == 1
        assert metric(second, "ticker_wire_failures") == {}
        await command(redis, "DEL", keys.wires_lease)  # the first one dies
        await desk.look(second)
        assert len(desk.web.asked) == 2
        assert await first.step() == module.IDLE


async def test_two_workers_that_both_look_make_each_draft_once(
    desk: Desk, redis: Redis, keys: Keys
) -> None:
    """As after a pause of the first that was longer than its lease."""
    desk.web.entries = [(str(number), f"Ferry {number} late") for number in range(20)]
    client = connect(desk.settings.redis_url)
    items = ItemService(client, keys, desk.settings.taxonomy, desk.settings)
    first, second = desk.worker(), desk.worker(items, Wires(client, keys))
    arrived = asyncio.Barrier(2)

    async def together(answer: Download, defaults: Defaults, taxonomy: Taxonomy) -> ParsedInput:
        await arrived.wait()
        return await read(answer, defaults, taxonomy)

    workers = [
        WireDesk(wires, service, desk.settings, lambda: desk.now, together)
        for wires, service in ((desk.wires, desk.items), (Wires(client, keys), items))
    ]
    try:
        await workers[0].step()
        await command(redis, "DEL", keys.wires_lease)
        await workers[1].step()
        await asyncio.gather(*(worker.idle() for worker in workers))
        assert sorted(await desk.headlines()) == sorted(text for _, text in desk.web.entries)
        state = await desk.state()
        assert state.looked_ms == desk.now  # of the one with the lease
    finally:
        for worker in (first, second, *workers):
            await worker.aclose()
        await client.aclose()


async def test_a_look_that_is_cut_off_is_repeated_and_nothing_is_lost(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off where a killed worker would leave most behind: the drafts, without the state."""
    desk.web.entries = [("1", "Ferry late"), ("2", "Fog")]
    worker = desk.worker()

    async def killed(*_: object) -> bool:
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr(desk.wires, "save", killed)
        await worker.step()
        await worker.idle()
    await worker.aclose()
    assert len(await desk.headlines()) == 2
    assert (await desk.state()).looked_ms is None
    desk.web.entries.append(("3", "Frost"))
    async with desk.working() as next_one:
        state = await desk.look(next_one)
        assert state.new == 1
        assert await desk.headlines() == ["Frost", "Fog", "Ferry late"]


async def test_what_the_store_refuses_for_a_while_comes_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.web.entries = [("1", "Ferry late"), ("2", "Fog")]
    run = desk.items.importer.run

    async def half(*arguments: Any, **options: Any) -> Any:
        return [Unavailable("busy"), *(await run(*arguments, **options))[1:]]

    async with desk.working() as worker:
        with monkeypatch.context() as patched:
            patched.setattr(desk.items.importer, "run", half)
            state = await desk.look(worker)
        assert state.new == 1
        state = await desk.look(worker)
        assert "if-none-match" not in desk.web.asked[-1].headers
        assert sorted(await desk.headlines()) == ["Ferry late", "Fog"]


async def test_a_feed_that_is_changed_or_removed_during_a_look_keeps_nothing_of_it(
    desk: Desk, redis: Redis, keys: Keys
) -> None:
    desk.web.entries = [("1", "Ferry late")]
    changing: list[asyncio.Task[Any]] = []
    desk.web.during = lambda: changing.append(
        asyncio.ensure_future(desk.wires.change("ap", desk.now, source="Agency"))
    )
    async with desk.working() as worker:
        state = await desk.look(worker)
        await asyncio.gather(*changing)
        assert state.looked_ms is None
        desk.web.during = lambda: None
        assert (await desk.look(worker)).looked_ms == desk.now
        desk.web.during = lambda: changing.append(asyncio.ensure_future(desk.wires.remove("ap")))
        desk.now += 60_000
        await worker.step()
        await worker.idle()
        await asyncio.gather(*changing)
        for name in (keys.wires, keys.wire_states, keys.wires_due, keys.wire_seen("ap")):
            assert await command(redis, "EXISTS", name) == 0
        assert await worker.step() == module.IDLE


async def test_a_fault_of_ours_stops_one_feed_alone(desk: Desk) -> None:
    async def broken(*_: object) -> ParsedInput:
        raise RuntimeError("a bug")

    worker = WireDesk(desk.wires, desk.items, desk.settings, lambda: desk.now, broken)
    try:
        state = await desk.look(worker)
    finally:
        await worker.aclose()
    assert state.error == "unexpected error; see the log of the worker"
    assert state.next_ms > desk.now


async def test_the_store_has_bounds_and_names(desk: Desk) -> None:
    feed = Feed("ap", "https://ap.example/", "en")
    with pytest.raises(Conflict, match="already"):
        await desk.wires.add(feed, NOW)
    for number in range(FEEDS_MAX - 1):
        await desk.wires.add(replace(feed, name=f"ap-{number}"), NOW)
    with pytest.raises(Conflict, match="remove one"):
        await desk.wires.add(replace(feed, name="more"), NOW)
    assert len(await desk.wires.all()) == FEEDS_MAX
    for act in (
        desk.wires.change("none", NOW, every=60),
        desk.wires.remove("none"),
        desk.wires.look_soon("none"),
    ):
        with pytest.raises(NotFound):
            await act
    async with desk.working() as worker:
        desk.web.during = lambda: None
        assert await worker.step() == module.STEP
        assert len(await desk.wires.due(NOW)) == FEEDS_MAX
