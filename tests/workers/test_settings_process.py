"""The worker as a real process: killed servers, signals, and arq's own command."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from arq import ArqRedis

from tests.support import lane
from tests.support.drafts import draft
from tests.support.redis_servers import RedisServer
from tests.support.waiting import simulated_delay, wait_until
from tests.support.worker_process import worker_process
from ticker.config import Settings
from ticker.domain.errors import Unavailable
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.stream.lane_store import LaneStore
from workers import main
from workers.job_serializer import serialize

pytestmark = pytest.mark.processes

JOBS = 200
"""More than are done by the time that Redis is killed."""
INTERRUPTED = f"job queue {Keys('process').jobs}: connection lost, retrying"
ARQ = (sys.executable, "-m", "arq", "workers.settings.WorkerSettings")


class Desk:
    """An editor's and a reader's connection to the same server as the workers.

    Its commits carry nothing, so that an item in the lane shows that a worker works.
    """

    def __init__(self, url: str) -> None:
        settings = Settings(redis_url=url, namespace="process")
        self.keys = Keys(settings.namespace)
        self.redis: Redis = connect(url, blocking=True)
        self.items = lane.relayed(self.redis, settings)
        self.live = LaneStore(self.redis, self.keys)

    async def publish(self, key: str) -> str:
        """Publish until it is acknowledged, as an editor would."""
        line = draft()
        while True:
            try:
                return (await self.items.publish(line, by="ana", key=key)).item.id
            except Unavailable:
                await simulated_delay(0.05)

    async def shown(self, ids: list[str]) -> None:
        """Return when all of ``ids`` are on the board."""

        async def on_board() -> bool:
            with contextlib.suppress(Unavailable):
                return set(ids) <= set(await lane.current_items(self.redis, self.keys))
            return False

        await wait_until(on_board)


@contextlib.asynccontextmanager
async def desk(url: str) -> AsyncIterator[Desk]:
    made = Desk(url)
    yield made
    await made.redis.aclose()


def worker(
    url: str, folder: Path, command: tuple[str, ...] = ()
) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    return worker_process(url, folder, command=command, namespace="process", lane_heartbeat="0.3")


@pytest.mark.faults
async def test_two_workers_outlive_redis_killed_in_mid_stream(
    valkey: RedisServer, tmp_path: Path
) -> None:
    """kill -9 of the server, three times, while editors publish; both workers stay."""
    with worker(valkey.url, tmp_path) as one, worker(valkey.url, tmp_path) as two:
        async with desk(valkey.url) as room:
            done: list[str] = []
            for turn in range(3):
                stream = [asyncio.create_task(room.publish(f"{turn}-{n}")) for n in range(40)]
                await wait_until(lambda: any(publishing.done() for publishing in stream))
                valkey.kill()
                await simulated_delay(0.3)
                valkey.start()
                done += await asyncio.gather(*stream)
                await room.shown(done)
            assert len(done) == len(set(done)) == 120
            committed, shown = [
                [
                    id
                    for id, record in await lane.entries(room.redis, stream_name)
                    if b"h" not in record
                ]
                for stream_name in (room.keys.wire, room.keys.live)
            ]
            assert shown == committed, "every one once, in order"
        assert one.poll() is None
        assert two.poll() is None


@pytest.mark.faults
async def test_a_worker_killed_in_mid_stream_is_replaced_without_loss(
    valkey: RedisServer, tmp_path: Path
) -> None:
    async with desk(valkey.url) as room:
        done: list[str] = []
        for turn in range(3):
            with worker(valkey.url, tmp_path):
                await room.shown([await room.publish(f"{turn}-first")])
                done += await asyncio.gather(*(room.publish(f"{turn}-{n}") for n in range(30)))
            # killed on leaving the block, with whatever it was doing half done
        with worker(valkey.url, tmp_path):
            await room.shown(done)
        shown = [
            id
            for id, record in await lane.entries(room.redis, room.keys.live)
            if b"h" not in record
        ]
        assert shown == sorted(set(shown))
        assert len(shown) == len(done) + 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_signals_end_it_cleanly_with_and_without_redis(
    valkey: RedisServer, tmp_path: Path, number: signal.Signals
) -> None:
    async with desk(valkey.url) as room:
        with worker(valkey.url, tmp_path) as process:
            await room.shown([await room.publish("k")])
            process.send_signal(number)
            assert await asyncio.to_thread(process.wait, 30) == 0
        with worker(valkey.url, tmp_path) as process:
            await room.shown([await room.publish("l")])
            valkey.kill()
            await wait_until(lambda: INTERRUPTED in (tmp_path / "log").read_text())
            process.send_signal(number)
            assert await asyncio.to_thread(process.wait, 30) == 0
    log = (tmp_path / "log").read_text()
    assert "Traceback" not in log
    assert "never retrieved" not in log


@pytest.mark.faults
async def test_redis_that_dies_under_running_jobs_is_one_line_in_the_log(
    valkey: RedisServer, tmp_path: Path
) -> None:
    """A traceback for each job that ended just then: arq shields that from being cancelled, and who
    had been cancelled heard no more how it went."""
    queue = Keys("process").jobs
    async with desk(valkey.url) as room:
        with worker(valkey.url, tmp_path) as process:
            await room.shown([await room.publish("k")])
            client = connect(valkey.url)
            jobs = ArqRedis(client.connection_pool, serialize, None, queue)
            for number in range(JOBS):
                assert await jobs.enqueue_job("sweep", _job_id=f"process-{number}")
            await wait_until(
                lambda: client.zcard(queue), lambda found: found <= JOBS - main.MAX_JOBS // 2
            )
            valkey.kill()
            await client.aclose()
            await wait_until(lambda: INTERRUPTED in (tmp_path / "log").read_text())
            process.terminate()
            assert await asyncio.to_thread(process.wait, 30) == 0
    log = (tmp_path / "log").read_text()
    assert log.count(INTERRUPTED) == 1
    assert "Traceback" not in log
    assert "never retrieved" not in log


async def test_it_starts_before_redis_does(valkey: RedisServer, tmp_path: Path) -> None:
    valkey.kill()
    with worker(valkey.url, tmp_path) as process:
        await wait_until(lambda: INTERRUPTED in (tmp_path / "log").read_text())
        assert process.poll() is None
        valkey.start()
        async with desk(valkey.url) as room:
            await room.shown([await room.publish("k")])


async def test_arqs_own_command_runs_the_same_worker(valkey: RedisServer, tmp_path: Path) -> None:
    async with desk(valkey.url) as room:
        with worker(valkey.url, tmp_path, ARQ) as process:
            await room.shown([await room.publish("k")])
            at = datetime.now(UTC) + timedelta(seconds=0.3)
            later = (await room.items.publish(draft(at=at), by="ana")).item.id
            await room.shown([later])
            process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(process.wait, 30)
    assert "never retrieved" not in (tmp_path / "log").read_text()


async def test_a_release_is_never_early_and_does_not_wait_for_arq(
    valkey: RedisServer, tmp_path: Path
) -> None:
    """Counted by the server's own clock: the event's wire id against the embargo."""
    async with desk(valkey.url) as room:
        with worker(valkey.url, tmp_path):
            await room.shown([await room.publish("k")])
            late: list[int] = []
            for wait in (0.1, 0.4, 0.9):
                at = datetime.now(UTC) + timedelta(seconds=wait)
                id = (await room.items.publish(draft(at=at), by="ana")).item.id
                await room.shown([id])
                entry = (await room.items.history(id))[-1]
                assert entry.wire_id is not None
                late.append(entry.wire_id.ms - int(at.timestamp() * 1000))
    assert min(late) >= 0
    assert max(late) <= 5_000  # usually a few; the jobs below would take up to ten seconds
