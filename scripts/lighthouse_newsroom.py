"""Start a newsroom with the news of the demo, measure its pages with Lighthouse, and stop it.

The news is the same each time, and does not change while it is measured.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ticker.client.editor import Editor
from ticker.config import load
from ticker.runtime.data_directory import read_run
from ticker.runtime.demo import draft
from ticker.runtime.demo_stories import STORIES

START_SECONDS = 60.0
BROWSER = Path(__file__).with_name("lighthouse.mjs")


def main(arguments: list[str]) -> int:
    """Run `scripts/lighthouse.mjs` with ``arguments``: options, and paths of the newsroom."""
    paths = [argument for argument in arguments if argument.startswith("/")]
    options = [argument for argument in arguments if argument not in paths]
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        command = [sys.executable, "-m", "ticker", "up", "--port", "0", "--data", str(data)]
        own = {name: value for name, value in os.environ.items() if not name.startswith("TICKER_")}
        with (Path(folder) / "log").open("wb") as log:
            newsroom = subprocess.Popen(command, stdout=log, stderr=log, env=own)
        try:
            url = _started(newsroom, data)
            asyncio.run(_publish(url, (data / "key").read_text().strip()))
            return subprocess.run(["node", str(BROWSER), *options, url, *paths]).returncode
        finally:
            newsroom.terminate()
            newsroom.wait(30)


def _started(newsroom: subprocess.Popen[bytes], data: Path) -> str:
    """Return the address of the newsroom when it is ready."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and newsroom.poll() is None:
        run = read_run(data)
        if run is not None and run["ready"]:
            return str(run["url"])
        time.sleep(0.05)
    raise SystemExit("the newsroom did not start")


async def _publish(url: str, key: str) -> None:
    taxonomy = load().taxonomy
    async with Editor(url, key) as editor:
        for story in STORIES:
            for step in range(len(story.developments) + 1):
                for edition in story.headlines:
                    number = story.numbers[0]
                    await editor.publish_draft(draft(story, edition, number, taxonomy, step))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
