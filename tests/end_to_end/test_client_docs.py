"""The examples in docs/guide/client-python.md are run as they stand there."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import pytest

from tests.support.newsroom_process import running
from tests.support.redis_servers import RedisServer

pytestmark = pytest.mark.processes

TEXT = (Path(__file__).parents[2] / "docs" / "guide" / "client-python.md").read_text()
ADDRESS = "http://127.0.0.1:8000"


async def test_one_example_shows_what_the_other_does(valkey: RedisServer, tmp_path: Path) -> None:
    follow, several, edit = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    async with running(valkey.url, tmp_path) as newsroom:
        (tmp_path / ".ticker").mkdir()
        (tmp_path / ".ticker" / "key").write_text(newsroom.key + "\n")

        async def start(code: str) -> asyncio.subprocess.Process:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", code.replace(ADDRESS, newsroom.url)),
                cwd=tmp_path,
                stdout=asyncio.subprocess.PIPE,
            )

        reader, other = await start(follow), await start(several)
        assert reader.stdout is not None
        assert other.stdout is not None
        try:
            async with asyncio.timeout(20):
                assert (await reader.stdout.readline()).decode() == "[]\n"
                begun = {(await other.stdout.readline()).decode() for _ in range(2)}
                editor = await start(edit)
                listed, _ = await editor.communicate()
                assert editor.returncode == 0
                seen = [(await reader.stdout.readline()).decode() for _ in range(4)]
                named = [(await other.stdout.readline()).decode() for _ in range(4)]
        finally:
            for process in (reader, other):
                process.kill()
                await process.communicate()
    assert listed.decode().endswith(" Power is back in the northern valley\n")
    assert seen == [
        "['Power is back in the whole valley']\n",
        "['Power is back in the northern valley']\n",  # corrected
        "['Power is back in the northern valley']\n",  # pinned
        "[]\n",  # retracted
    ]
    assert begun == {"economy []\n", "rest []\n"}
    assert named == [f"economy {line}" for line in seen]
