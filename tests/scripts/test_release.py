"""scripts/release: the version is one, and a tag that is not it stops the release."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ticker import __version__

ROOT = Path(__file__).parent.parent.parent
CHART = "deploy/helm/ticker/Chart.yaml"
PLUGIN = "examples/wordpress/news-ticker/news-ticker.php"
FILES = ("scripts/release", "ticker/__init__.py", "ticker/web/package.json", CHART, PLUGIN)
CHANGELOG = """# Changelog

## Unreleased

### Added

- A thing.

## 0.0.1 - 2026-01-01

- The first.
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in FILES:
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    return tmp_path


def run(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(tree / "scripts" / "release"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def next_version() -> str:
    return f"{int(__version__.partition('.')[0]) + 1}.0.0"


def test_a_bump_writes_every_place_and_the_check_agrees(tree: Path) -> None:
    version = next_version()
    assert run(tree, "bump", version).returncode == 0
    assert f'__version__ = "{version}"' in (tree / "ticker" / "__init__.py").read_text()
    assert json.loads((tree / "ticker/web/package.json").read_text())["version"] == version
    assert f"\n * Version:           {version}\n" in (tree / PLUGIN).read_text()
    chart = (tree / CHART).read_text()
    assert f'\nversion: {version}\nappVersion: "{version}"\n' in chart
    assert run(tree, "check", f"v{version}").returncode == 0
    assert run(tree, "notes", version).stdout.strip() == "### Added\n\n- A thing."
    changelog = (tree / "CHANGELOG.md").read_text()
    assert changelog.index("## Unreleased") < changelog.index(f"## {version} - ")


@pytest.mark.parametrize("version", ["0.0.0", __version__, "1.0", "1.0.0rc1", "v9.0.0", "x"])
def test_a_bump_refuses_what_is_no_newer_version(tree: Path, version: str) -> None:
    before = {name: (tree / name).read_text() for name in (*FILES, "CHANGELOG.md")}
    assert run(tree, "bump", version).returncode == 1
    assert {name: (tree / name).read_text() for name in before} == before


def test_a_check_names_everything_that_is_wrong(tree: Path) -> None:
    done = run(tree, "check", "v9.9.9")
    assert done.returncode == 1
    for named in ("ticker/__init__.py", "ticker/web/package.json", "CHANGELOG.md"):
        assert named in done.stderr


@pytest.mark.parametrize("tag", ["9.9.9", "v9.9", "v9.9.9-rc.1", ""])
def test_a_check_refuses_what_is_no_release_tag(tree: Path, tag: str) -> None:
    assert run(tree, "check", tag).returncode == 1


def test_files_that_disagree_are_not_bumped(tree: Path) -> None:
    package = tree / "ticker/web/package.json"
    package.write_text(
        package.read_text().replace(f'"version": "{__version__}"', '"version": "7.0.0"')
    )
    assert run(tree, "bump", "8.0.0").returncode == 1


def test_this_repository_has_one_version() -> None:
    package = json.loads((ROOT / "ticker/web/package.json").read_text())
    assert package["version"] == __version__


def test_the_script_can_be_executed_from_a_clone() -> None:
    assert os.access(ROOT / "scripts" / "release", os.X_OK)


def test_a_usage_error_is_2(tree: Path) -> None:
    assert run(tree).returncode == 2
