"""Whole runs against a real newsroom: small ones, whose counts must come out exactly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, get_args

import pytest

from tests.support.newsroom_process import NewsroomProcess
from tests.support.waiting import wait_until
from ticker.bench.parsers import Transport
from ticker.bench.plan import Plan
from ticker.bench.publisher import TAG, LiveNewsroom
from ticker.bench.result import Result
from ticker.bench.run import STORM_ITEMS, Run
from ticker.client import Editor, FeedRefused, Unauthorised, Unreachable

pytestmark = [pytest.mark.processes, pytest.mark.asyncio(loop_scope="module")]

CLIENTS = 40
TRANSPORTS: tuple[Transport, ...] = get_args(Transport)


class Phases:
    """A progress bar that nobody sees; ``at`` is called when a phase begins."""

    def __init__(self, at: Callable[[str], None] | None = None) -> None:
        self.counts: dict[str, list[int]] = {}
        self._at = at

    def phase(self, label: str, total: int) -> Callable[[int], None]:
        count = self.counts[label] = [0, total]
        if self._at is not None:
            self._at(label)

        def advance(steps: int) -> None:
            count[0] += steps

        return advance


async def bench(newsroom: NewsroomProcess, progress: Phases | None = None, **plan: Any) -> Result:
    chosen = Plan(
        **{"url": newsroom.url, "clients": CLIENTS, "connect_rate": 500.0, "quiet": 0.2, **plan}
    )
    async with Editor(newsroom.url, newsroom.key, attempts=1) as editor:
        return await Run(chosen, editor, progress or Phases()).go()


async def out(newsroom: NewsroomProcess) -> list[str]:
    async with Editor(newsroom.url, newsroom.key) as editor:
        return [item.headline for item in (await editor.list(limit=200)).items]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_every_line_reaches_every_reader_once(
    newsroom: NewsroomProcess, transport: Transport
) -> None:
    progress = Phases()
    result = await bench(
        newsroom,
        progress,
        transport=transport,
        publish=True,
        rate=20.0,
        seconds=1.0,
        burst=30,
        storm=True,
    )
    assert (result.ending, result.clean) == ("complete", True)
    assert (result.connected, result.connects.count) == (CLIENTS, CLIENTS)
    assert (result.failures, result.drops, result.refused, result.resets) == ({}, {}, {}, 0)
    assert result.steady is not None
    assert result.burst is not None
    assert result.storm is not None
    assert (result.steady.published, result.burst.published) == (20, 30)
    assert result.steady.to_one.count == CLIENTS * 20
    assert result.steady.to_last.count == result.acknowledged.count == 20
    assert result.burst.to_one.count == CLIENTS * 30
    assert result.burst.to_last.count == 30
    assert (result.storm.clients, result.storm.back) == (CLIENTS, CLIENTS)
    assert (result.storm.missed, result.storm.returns.count) == (STORM_ITEMS, CLIENTS)
    lines = 20 + 30 + STORM_ITEMS
    assert (result.verdict.events, result.verdict.delivered) == (lines, CLIENTS * lines)
    assert (result.verdict.lost, result.verdict.doubled, result.verdict.unseen) == (0, 0, 0)
    assert result.cleaning is not None
    assert (result.cleaning.retracted, result.cleaning.left) == (lines, 0)
    assert await out(newsroom) == []
    assert progress.counts["Connecting"] == [CLIENTS, CLIENTS]
    assert progress.counts["Publishing"] == [20, 20]
    assert progress.counts["Storm"] == [CLIENTS, CLIENTS]


async def test_the_server_on_this_machine_is_found_and_measured(newsroom: NewsroomProcess) -> None:
    result = await bench(newsroom, clients=100, seconds=0)
    assert result.server is not None
    assert len(result.server.pids) == 1
    assert result.server.rss_connected > 2**20
    assert result.listened is not None
    assert result.listened.server_cpu is not None
    assert result.json()["server"]["pids"] == result.server.pids


async def test_without_publish_it_counts_what_comes_by_itself(newsroom: NewsroomProcess) -> None:
    published = []

    async def desk() -> None:
        lines = (newsroom.publish(f"Somebody else's line {number}") for number in range(3))
        published.extend(await asyncio.gather(*lines))

    tasks = []

    def at(label: str) -> None:
        if label == "Listening":
            tasks.append(asyncio.ensure_future(desk()))

    result = await bench(newsroom, Phases(at), seconds=2.0, storm=True)
    await asyncio.gather(*tasks)
    assert result.clean
    assert (result.verdict.events, result.verdict.delivered) == (3, 3 * CLIENTS)
    assert result.spread.count == 3
    assert result.steady is None
    assert result.burst is None
    assert result.cleaning is None
    assert result.storm is not None
    assert (result.storm.back, result.storm.missed) == (CLIENTS, 0)
    assert len(await out(newsroom)) == 3
    for answer in published:
        await newsroom.act(answer["item"]["id"], "retract", reason="Test")


async def test_no_test_line_goes_out_among_real_ones(newsroom: NewsroomProcess) -> None:
    real = await newsroom.publish("Power is back in the whole valley")
    with pytest.raises(LiveNewsroom, match="Power is back"):
        await bench(newsroom, publish=True, seconds=1.0)
    with pytest.raises(LiveNewsroom):
        await bench(newsroom, publish=True, seconds=1.0, on_air="another.example")
    assert await out(newsroom) == ["Power is back in the whole valley"]
    host = newsroom.url.removeprefix("http://")
    result = await bench(newsroom, publish=True, rate=20.0, seconds=0.2, on_air=host)
    assert result.clean
    assert await out(newsroom) == ["Power is back in the whole valley"]
    await newsroom.act(real["item"]["id"], "retract", reason="Test")


async def test_no_test_line_goes_out_where_real_ones_are_scheduled(
    newsroom: NewsroomProcess,
) -> None:
    real = await newsroom.publish("The verdict is in", at="2099-01-01T00:00:00Z", force=True)
    with pytest.raises(LiveNewsroom, match="The verdict"):
        await bench(newsroom, publish=True, seconds=1.0)
    await newsroom.act(real["item"]["id"], "retract", reason="Test")


async def test_lines_that_an_earlier_run_left_are_no_obstacle(newsroom: NewsroomProcess) -> None:
    left = await newsroom.publish("Test abc-1: left over", tags=[TAG])
    result = await bench(newsroom, publish=True, rate=20.0, seconds=0.2)
    assert result.clean
    assert await out(newsroom) == ["Test abc-1: left over"]  # not ours to take back
    await newsroom.act(left["item"]["id"], "retract", reason="Test")


async def test_stopping_early_shows_what_there_is_and_cleans_up(newsroom: NewsroomProcess) -> None:
    plan = Plan(newsroom.url, clients=10, rate=50.0, seconds=60.0, publish=True)
    async with Editor(newsroom.url, newsroom.key, attempts=1) as editor:
        progress = Phases()
        run = Run(plan, editor, progress)
        going = asyncio.ensure_future(run.go())
        await wait_until(lambda: progress.counts.get("Publishing", [0])[0] >= 20)
        run.stop()
        result = await going
    assert result.ending == "interrupted"
    assert result.steady is not None
    assert result.steady.published >= 20
    assert result.steady.to_one.count >= 10 * 19
    assert result.verdict.doubled == 0
    assert result.cleaning is not None
    assert result.cleaning.retracted >= 20
    assert await out(newsroom) == []


async def test_a_wrong_key_is_refused_before_anything_is_connected(
    newsroom: NewsroomProcess,
) -> None:
    async with Editor(newsroom.url, "tk_wrong", attempts=1) as editor:
        with pytest.raises(Unauthorised):
            await Run(Plan(newsroom.url, publish=True), editor, Phases()).go()


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_wrong_edition_is_refused_with_the_known_ones(
    newsroom: NewsroomProcess, transport: Transport
) -> None:
    with pytest.raises(FeedRefused, match="known: ar, en, es"):
        await bench(newsroom, transport=transport, edition="nowhere")


async def test_nothing_at_the_address_is_unreachable(newsroom: NewsroomProcess) -> None:
    with pytest.raises(Unreachable):
        await bench(newsroom, url="http://127.0.0.1:9")


@pytest.mark.faults
async def test_a_server_that_dies_in_the_middle(newsroom: NewsroomProcess) -> None:
    progress = Phases()

    async def kill() -> None:
        await wait_until(lambda: progress.counts.get("Publishing", [0])[0] >= 5)
        newsroom.kill("serve")

    try:
        result, _ = await asyncio.gather(
            bench(newsroom, progress, publish=True, rate=20.0, seconds=30.0), kill()
        )
    finally:
        newsroom.start("serve")
        await newsroom.ready()
    assert result.ending == "server gone"
    assert result.trouble
    assert result.verdict.doubled == 0
    assert result.steady is not None
    assert not result.clean
    assert result.steady.to_one.count > 0
    async with Editor(newsroom.url, newsroom.key) as editor:
        for item in (await editor.list(limit=200)).items:
            await editor.retract(item.id, "Test")
