"""The systemd units: systemd reads them without a complaint, and finds little that they may do."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from ticker.cli.main import app

UNITS = Path(__file__).parents[2] / "deploy" / "systemd"
ROLES = ("gateway", "web", "stream", "delivery", "archive")
EXPOSURE_MAX = 2.0
"""Of 10; systemd calls what is below 2 OK."""


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units, with a program that exists on this machine."""
    folder = tmp_path_factory.mktemp("systemd") / "units"
    shutil.copytree(UNITS, folder)
    for unit in folder.glob("*.service"):
        unit.write_text(unit.read_text().replace("/opt/ticker/bin/ticker", sys.executable))
    return folder


def analyze(units: Path, *arguments: str) -> str:
    program = shutil.which("systemd-analyze")
    assert program, "systemd-analyze is not installed (Debian: apt-get install systemd)"
    done = subprocess.run(
        [program, "--no-pager", *arguments],
        cwd=units,
        env=os.environ | {"SYSTEMD_UNIT_PATH": f"{units}:"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("role", ROLES)
def test_a_reload_replaces_the_servers_processes_in_place(role: str) -> None:
    text = (UNITS / f"ticker-{role}.service").read_text()
    serves = role in ("gateway", "web")
    assert ("ExecReload=/bin/kill -HUP $MAINPID\n" in text) == serves
    assert (f"serve --role {role} " in text and "--workers" in text) == serves
    target = (UNITS / "ticker.target").read_text()
    propagated = re.search(r"^PropagatesReloadTo=(.*)$", target, re.MULTILINE)
    assert propagated is not None
    assert (f"ticker-{role}.service" in propagated[1].split()) == serves


def test_systemd_reads_the_units(units: Path) -> None:
    files = [f"./{path.name}" for path in units.iterdir() if path.is_file()]
    assert len(files) == len(ROLES) + 1
    assert analyze(units, "verify", "--man=no", *files) == ""


@pytest.mark.parametrize("role", ROLES)
def test_a_unit_may_do_little(units: Path, role: str) -> None:
    found = analyze(units, "security", "--offline=true", f"./ticker-{role}.service")
    exposure = re.search(r"Overall exposure level for .*: ([\d.]+)", found)
    assert exposure is not None, found
    assert float(exposure[1]) <= EXPOSURE_MAX


def test_work_that_may_wait_may_lower_its_priority() -> None:
    text = (UNITS / "ticker-.service.d" / "10-hardening.conf").read_text()
    *_, last = re.findall(r"^SystemCallFilter=(.*)$", text, re.MULTILINE)
    assert last.split() == ["setpriority", "sched_setattr", "sched_setaffinity"], (
        "after what is denied"
    )


@pytest.mark.parametrize("role", ROLES)
def test_a_unit_keeps_its_files_in_directories_of_its_own(role: str) -> None:
    text = (UNITS / f"ticker-{role}.service").read_text()
    named = set(re.findall(r"^Environment=.*%S/([\w-]+)", text, re.MULTILINE))
    assert named == set(re.findall(r"^StateDirectory=(.*)$", text, re.MULTILINE))
    needed = {"web": {"ticker-archive", "ticker-media"}, "archive": {"ticker-archive"}}
    assert named == needed.get(role, set())


@pytest.mark.parametrize("role", ROLES)
def test_a_unit_starts_a_command_that_exists(role: str) -> None:
    text = (UNITS / f"ticker-{role}.service").read_text()
    line = re.search(r"^ExecStart=/opt/ticker/bin/ticker (.*)$", text, re.MULTILINE)
    assert line is not None
    name, *arguments = shlex.split(line[1])
    command = get_command(app).commands[name]  # type: ignore[attr-defined]
    command.make_context(name, arguments)


def test_the_page_on_deployment_names_every_file_that_the_units_read() -> None:
    """No page said how to install the units, and which files must be there before they start."""
    page = (UNITS.parents[1] / "docs" / "operations" / "deploy.md").read_text()
    files = [*UNITS.glob("*.service"), *UNITS.glob("*.d/*.conf")]
    read = {
        found.replace("%N", "ticker-ROLE")
        for file in files
        for found in re.findall(r"(?<=[=:-])/(?:etc|opt)/ticker[\w./%-]*", file.read_text())
    }
    assert len(read) >= 5
    missing = {path for path in read if path.removesuffix("/bin/ticker") not in page}
    assert missing == set()


def test_the_page_on_proxies_makes_a_file_for_the_units() -> None:
    root = UNITS.parents[1]
    page = (root / "docs" / "operations" / "proxies.md").read_text()
    line = re.search(r"^    (sed '[^']+' deploy/nginx\.conf) >", page, re.MULTILINE)
    assert line is not None
    made = subprocess.run(
        shlex.split(line[1]), cwd=root, capture_output=True, text=True, check=True
    ).stdout
    assert re.findall(r"^    server (\S+?);? ", made, re.MULTILINE) == [
        "127.0.0.1:8001",
        "127.0.0.1:8002",
    ]
    ports = {
        role: re.search(r"--port (\d+)", (UNITS / f"ticker-{role}.service").read_text())
        for role in ("gateway", "web")
    }
    assert [port and port[1] for port in ports.values()] == ["8001", "8002"]
    assert "pid /run/nginx.pid;" in made
    assert "error_log stderr " in made
