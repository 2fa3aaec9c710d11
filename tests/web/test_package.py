"""The npm package as a site gets it: its types are strict, and a server can import it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser  # it is the browser's side, and needs Node.js

ROOT = Path(__file__).parents[2]
TSC = ROOT / "node_modules" / "typescript" / "bin" / "tsc"


def run(*command: str | Path, at: Path) -> str:
    done = subprocess.run(command, cwd=at, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where the packed package is installed, with nothing else."""
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
    """No document, no window, no WebSocket: only what connects may need them."""
    script = """
      import { apply, EMPTY, Ticker } from "news-ticker";
      const ticker = new Ticker({ edition: "en", url: "http://127.0.0.1:9/", cache: true });
      const board = apply(EMPTY, { type: "heartbeat", cursor: "c1" });
      console.log(ticker.status.phase, ticker.board.items.length, board.cursor);
    """
    said = run("node", "--input-type=module", "--eval", script, at=site)
    assert said == "idle 0 c1\n"


def test_the_package_holds_what_it_needs_and_no_sources(site: Path) -> None:
    folder = site / "node_modules" / "news-ticker"
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {"package.json", "dist/client.js", "dist/types/client/index.d.ts"} <= files
    assert {"dist/widget.js", "dist/poll-1.js", "dist/types/widget/index.d.ts"} <= files
    assert all(name == "package.json" or name.startswith("dist/") for name in files)
