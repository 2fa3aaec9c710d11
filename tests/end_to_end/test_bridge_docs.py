"""The bridge in docs/guide/bridge.md is run as it stands there, killed, and run again."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from tests.support.newsroom_process import running
from tests.support.redis_servers import RedisServer
from tests.support.waiting import wait_until
from ticker.client.backoff import LAST_CEILING
from ticker.client.bridge import MAX_BATCH, SAVE_EVERY
from ticker.config import Settings

pytestmark = pytest.mark.processes

TEXT = (Path(__file__).parents[2] / "docs" / "guide" / "bridge.md").read_text()
ADDRESS = "http://127.0.0.1:8000"


async def test_the_table_holds_the_current_items(valkey: RedisServer, tmp_path: Path) -> None:
    found = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None

    def lines() -> list[str]:
        db = sqlite3.connect(f"file:{tmp_path}/items.db?mode=ro", uri=True)
        try:
            return [row[0] for row in db.execute("SELECT headline FROM items ORDER BY id")]
        finally:
            db.close()

    async def shows(*expected: str) -> None:
        def shown() -> list[str]:
            with contextlib.suppress(sqlite3.OperationalError):  # not made yet
                return lines()
            return []

        await wait_until(shown, lambda found: found == list(expected))

    async with running(valkey.url, tmp_path) as newsroom:

        async def start() -> asyncio.subprocess.Process:
            code = found[1].replace(ADDRESS, newsroom.url)
            return await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=tmp_path)

        first = (await newsroom.publish("Ferries are full"))["item"]
        board = await start()
        try:
            await shows("Ferries are full")
            await newsroom.publish("Trains run")
            await shows("Ferries are full", "Trains run")
            board.kill()
            await board.wait()
            await newsroom.act(first["id"], "retract", reason="wrong")
            await newsroom.publish("Trams follow")
            board = await start()
            await shows("Trains run", "Trams follow")
            board.send_signal(signal.SIGTERM)
            async with asyncio.timeout(20):
                assert await board.wait() == 0
        finally:
            if board.returncode is None:
                board.kill()
                await board.wait()


def test_bounds_of_the_bridge_are_the_documented_ones() -> None:
    said = " ".join(TEXT.split())
    assert f"`max_batch` ({MAX_BATCH})" in said
    assert f"`save_every` ({SAVE_EVERY:.0f}) seconds" in said
    assert "all items that match" in said
    assert f"full jitter up to {LAST_CEILING:.0f} s" in said
    assert (
        f"after {Settings.model_fields['lag_limit'].default:.0f} s it closes the connection" in said
    )
