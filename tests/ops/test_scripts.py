"""The scripts: one set-up, no pip call when nothing changed, helpful errors.

The set-up itself needs a package index, so a fake Python records its arguments here.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-docs.lock"]
BASH = shutil.which("bash") or "/bin/bash"

TOOLS = ["basename", "cat", "cksum", "cp", "dirname", "grep", "id", "mkdir", "mktemp"]
TOOLS += ["rm", "sed", "tail", "tee"]
FAKE_PYTHON = """\
#!{bash}
echo "$*" >>"{log}"
case "$*" in
  -c*) exit {suits} ;;
  "-m venv "*)
    mkdir -p "${{@: -1}}/bin"
    cp "$0" "${{@: -1}}/bin/python"
    cp "$0" "${{@: -1}}/bin/lint-imports"
    ;;
  *"-m pytest"*) echo "=== 3 passed, 1 failed in 1.23s ==="; exit {pytest} ;;
esac
"""


class Machine:
    """A copy of the scripts, and a PATH with nothing but a few tools and stand-in Pythons."""

    def __init__(self, path: Path) -> None:
        self.root = path / "clone here"
        self.log = path / "log"
        self.bin = path / "bin"
        self.bin.mkdir()
        self.root.mkdir()
        self.log.write_text("")
        for name in ("pyproject.toml", *LOCKS, "scripts"):
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, self.root / name)
        for tool in TOOLS:
            os.symlink(shutil.which(tool) or f"/bin/{tool}", self.bin / tool)

    def python(self, name: str, suits: bool, pytest: int = 0) -> None:
        path = self.bin / name
        text = FAKE_PYTHON.format(bash=BASH, log=self.log, suits=int(not suits), pytest=pytest)
        path.write_text(text)
        path.chmod(0o755)

    def up(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("up", *arguments)

    def run(
        self, script: str, *arguments: str, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [BASH, str(self.root / "scripts" / script), *arguments],
            cwd="/",
            env={"PATH": str(self.bin), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def asked(self) -> list[str]:
        lines = self.log.read_text().splitlines()
        self.log.write_text("")
        return lines


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_first_run_installs_what_the_lock_says_and_starts(machine: Machine) -> None:
    machine.python("python3", suits=True)
    done = machine.up("--port", "0")
    asked = machine.asked()
    assert done.returncode == 0, done.stderr
    assert any(line.startswith("-m venv ") for line in asked)
    assert any("--no-deps --require-hashes -r" in line for line in asked)
    assert any("--no-build-isolation --editable ." in line for line in asked)
    assert asked[-1] == "-m ticker up --port 0"
    assert "Making .venv" in done.stderr
    assert re.search(r"Installing \d+ pinned packages", done.stderr)


def test_a_second_run_starts_at_once(machine: Machine) -> None:
    machine.python("python3", suits=True)
    machine.up()
    machine.asked()
    done = machine.up("--demo")
    assert machine.asked() == ["-m ticker up --demo"]
    assert done.stderr == ""


@pytest.mark.parametrize("name", ["pyproject.toml", "requirements.lock"])
def test_a_change_installs_again_into_the_same_environment(machine: Machine, name: str) -> None:
    machine.python("python3", suits=True)
    machine.up()
    machine.asked()
    with (machine.root / name).open("a") as file:
        file.write("# changed\n")
    machine.up()
    asked = machine.asked()
    assert any("--require-hashes" in line for line in asked)
    assert not any(line.startswith("-m venv") for line in asked)


def test_a_moved_clone_gets_a_new_environment(machine: Machine) -> None:
    machine.python("python3", suits=True)
    machine.up()
    machine.root = machine.root.rename(machine.root.with_name("moved"))
    done = machine.up()
    assert "moved; making a new .venv" in done.stderr
    assert done.returncode == 0


def test_an_interrupted_set_up_is_done_again(machine: Machine) -> None:
    machine.python("python3", suits=True)
    machine.up()
    (machine.root / ".venv" / "bin" / "python").unlink()
    (machine.root / ".venv" / ".installed-up").unlink()
    machine.asked()
    done = machine.up()
    assert done.returncode == 0
    assert any(line.startswith("-m venv ") for line in machine.asked())


def test_a_newer_python_is_found_when_python3_is_old(machine: Machine) -> None:
    machine.python("python3", suits=False)
    machine.python("python3.12", suits=True)
    done = machine.up()
    assert done.returncode == 0
    assert str(machine.bin / "python3.12") in done.stderr


@pytest.mark.parametrize("old", [True, False])
def test_without_a_python_the_error_helps(machine: Machine, old: bool) -> None:
    if old:
        machine.python("python3", suits=False)
    done = machine.up()
    assert done.returncode == 2
    assert "needs Python 3.11 or newer" in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr
    assert "PYTHON=" in done.stderr


CLOSING_LINE = "=== 3 passed, 1 failed in 1.23s ==="


def test_checks_that_could_not_run_are_reported_and_fail_only_in_ci(machine: Machine) -> None:
    machine.python("python3", suits=True)
    done = machine.run("test")
    assert done.returncode == 0, done.stderr
    assert "*** NOT EVERYTHING RAN ***" in done.stderr
    assert "redis-server is not installed" in done.stderr
    assert "npm is not installed" in done.stderr
    assert done.stdout.splitlines()[-1] == CLOSING_LINE
    done = machine.run("test", CI="true")
    assert done.returncode == 1
    assert "FAILED: complete run (CI=true)" in done.stderr


def test_the_quick_checks_need_only_python(machine: Machine) -> None:
    machine.python("python3", suits=True)
    done = machine.run("test", "--quick", CI="true")
    assert done.returncode == 0, done.stderr
    assert "NOT EVERYTHING RAN" not in done.stderr
    assert "only unit tests and contracts of the embedded store ran" in done.stderr


def test_nothing_is_run_a_second_time(machine: Machine) -> None:
    machine.python("python3", suits=True, pytest=1)
    assert machine.run("test").returncode == 1
    (tests,) = [line for line in machine.asked() if "-m pytest" in line]
    assert "--last-failed" not in tests
    assert "--durations=10" in tests


def test_every_check_runs_and_the_closing_line_is_the_last(machine: Machine) -> None:
    machine.python("python3", suits=True, pytest=1)
    done = machine.run("test", "tests/core", "-x")
    asked = machine.asked()
    assert done.returncode == 1
    assert "FAILED: tests" in done.stderr
    assert "chromium is not installed" in done.stderr
    assert "firefox-esr is not installed" in done.stderr
    assert done.stdout.splitlines()[-1] == CLOSING_LINE
    checks = ("-m ruff format --check .", "-m ruff check .", "-m mypy")
    for check in (*checks, "scripts/language.py", "scripts/testing_rules.py"):
        assert check in asked
    (tests,) = [line for line in asked if "-m pytest" in line]
    assert tests.startswith("-m pytest ")
    assert tests.endswith("tests/core -x")
    machine.run("test", "--quick", "--cover", "tests/core")
    (tests,) = [line for line in machine.asked() if "-m pytest" in line]
    assert tests.startswith("-m coverage run -m pytest ")
    assert tests.endswith(
        "-m not browser and not faults and not processes and not long and not redis_server"
        " and not postgres_server tests/core"
    )


def test_scripts_can_be_executed_from_a_clone() -> None:
    for name in ("scripts/up", "scripts/test", "scripts/lock", ".ci/run"):
        assert os.access(ROOT / name, os.X_OK), name
        subprocess.run([BASH, "-n", str(ROOT / name)], check=True)


def test_the_lock_of_the_browsers_tools_names_no_address() -> None:
    text = (ROOT / "package-lock.json").read_text()
    assert "://" not in text
    assert '"resolved"' not in text
    assert text.count('"integrity"') > 5


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_names_no_address_and_has_a_hash_for_everything(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert not re.search(r"^\s*-[-a-z]*(index|find-links|trusted)", text, re.MULTILINE)
    blocks = re.split(r"\n(?=\S)", text.strip())[1:]
    assert len(blocks) > 30
    assert all("==" in block and "--hash=sha256:" in block for block in blocks)


def test_the_lock_holds_what_pyproject_asks_for() -> None:
    """Without this the image and ./scripts/up would lack a package that the checks have.

    The image has every extra: it has no pip, and a setting may need any of them.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    own = {f"ticker[{extra}]" for extra in extras}
    wanted = project["project"]["dependencies"]
    wanted += [need for needs in extras.values() for need in needs if need not in own]
    groups = project["dependency-groups"]
    needed = (wanted, wanted + groups["dev"], wanted + groups["docs"])
    for name, needs in zip(LOCKS, needed, strict=True):
        locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / name).read_text(), re.MULTILINE))
        missing = {re.split(r"[\[<>=;]", need)[0] for need in needs} - locked
        assert not missing, f"run ./scripts/lock: {name} lacks {missing}"


def test_the_locks_pin_the_same_versions() -> None:
    base, dev, docs = (
        dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))
        for name in LOCKS
    )
    assert base.items() < dev.items()
    assert base.items() < docs.items()
    assert all(dev.get(name, version) == version for name, version in docs.items())
