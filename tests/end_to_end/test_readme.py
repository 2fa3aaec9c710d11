"""The README's Python example is run as it stands there."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.newsroom_process import running
from tests.support.redis_servers import RedisServer

pytestmark = pytest.mark.processes

README = Path(__file__).parents[2] / "README.md"
ADDRESS = "http://127.0.0.1:8000"


@pytest.fixture
def valkey() -> Iterator[RedisServer]:
    server = RedisServer("valkey")
    server.start()
    yield server
    server.stop()


async def test_the_python_example_publishes_and_follows(
    valkey: RedisServer, tmp_path: Path
) -> None:
    found = re.search(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert found is not None
    async with running(valkey.url, tmp_path) as newsroom:
        (tmp_path / ".ticker").mkdir()
        (tmp_path / ".ticker" / "key").write_text(newsroom.key + "\n")
        example = await asyncio.create_subprocess_exec(
            *(sys.executable, "-u", "-c", found[1].replace(ADDRESS, newsroom.url)),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
        )
        assert example.stdout is not None
        try:
            async with asyncio.timeout(20):
                snapshot = (await example.stdout.readline()).decode()
                await newsroom.publish("Water follows in the afternoon")
                event = (await example.stdout.readline()).decode()
        finally:
            example.kill()
            await example.communicate()
    assert snapshot.startswith("Snapshot(")
    assert "Power is back in the whole valley" in snapshot
    assert event.startswith("ItemEvent(")
    assert "Water follows in the afternoon" in event
