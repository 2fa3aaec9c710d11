"""The examples in docs/guide/client-python.md and client-js.md are run as they stand there."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import pytest

from tests.support.newsroom_process import running
from tests.support.redis_servers import RedisServer
from tests.web.test_package import NODE_22

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
PYTHON = (ROOT / "docs" / "guide" / "client-python.md").read_text()
JAVASCRIPT = (ROOT / "docs" / "guide" / "client-js.md").read_text()
ADDRESS = "http://127.0.0.1:8000"


async def test_one_example_shows_what_the_other_does(valkey: RedisServer, tmp_path: Path) -> None:
    follow, several, edit = re.findall(r"```python\n(.*?)```", PYTHON, re.DOTALL)
    in_javascript = re.findall(r"```js\n(.*?)```", JAVASCRIPT, re.DOTALL)[1]
    client = (ROOT / "ticker" / "web" / "dist" / "node.js").as_uri()
    async with running(valkey.url, tmp_path) as newsroom:
        (tmp_path / ".ticker").mkdir()
        (tmp_path / ".ticker" / "key").write_text(newsroom.key + "\n")

        async def start(code: str, *program: str | Path) -> asyncio.subprocess.Process:
            code = code.replace(ADDRESS, newsroom.url).replace('"news-ticker"', f'"{client}"')
            return await asyncio.create_subprocess_exec(
                *program, code, cwd=tmp_path, stdout=asyncio.subprocess.PIPE
            )

        async def lines(process: asyncio.subprocess.Process, count: int) -> list[str]:
            assert process.stdout is not None
            return [(await process.stdout.readline()).decode() for _ in range(count)]

        python = (sys.executable, "-c")
        node = (NODE_22, "--input-type=module", "--eval")
        reader = await start(follow, *python)
        named = [await start(several, *python), await start(in_javascript, *node)]
        try:
            async with asyncio.timeout(20):
                assert await lines(reader, 1) == ["[]\n"]
                for one in named:
                    assert set(await lines(one, 2)) == {"economy []\n", "rest []\n"}
                editor = await start(edit, *python)
                listed, _ = await editor.communicate()
                assert editor.returncode == 0
                seen = await lines(reader, 4)
                in_python, in_node = [await lines(one, 4) for one in named]
        finally:
            for process in (reader, *named):
                process.kill()
                await process.communicate()
    assert listed.decode().endswith(" Power is back in the northern valley\n")
    assert seen == [
        "['Power is back in the whole valley']\n",
        "['Power is back in the northern valley']\n",  # corrected
        "['Power is back in the northern valley']\n",  # pinned
        "[]\n",  # retracted
    ]
    assert in_python == [f"economy {line}" for line in seen]
    assert [line.replace("[ ", "[").replace(" ]", "]") for line in in_node] == in_python
