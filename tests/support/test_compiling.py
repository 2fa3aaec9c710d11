"""Between them, the processes of a run compile everything once, so that pytest finds it."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.compiling import compile_share

NAMES = ("conftest.py", "newsroom.py", "test_alerts.py", "test_items.py", "test_wires.py")


def compiled(folder: Path) -> set[str]:
    return {file.name.partition(".")[0] + ".py" for file in (folder / "__pycache__").iterdir()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    for name in NAMES:
        (tmp_path / name).write_text("assert 'flood warning' != ''\n")
    return tmp_path


def test_each_process_compiles_its_share(folder: Path, pytestconfig: pytest.Config) -> None:
    compile_share(pytestconfig, 0, 2, [folder])
    assert compiled(folder) == {"conftest.py", "test_alerts.py", "test_wires.py"}
    compile_share(pytestconfig, 1, 2, [folder])
    assert compiled(folder) == set(NAMES)


def test_pytest_takes_what_it_finds(folder: Path, pytestconfig: pytest.Config) -> None:
    compile_share(pytestconfig, 0, 1, [folder])
    before = written(folder)
    for name in ("conftest", "test_alerts", "test_items", "test_wires"):
        module = ModuleType(name)
        module.__spec__ = ModuleSpec(name, None, origin=str(folder / f"{name}.py"))
        pytestconfig.pluginmanager.rewrite_hook.exec_module(module)  # type: ignore[attr-defined]
    assert written(folder) == before


def written(folder: Path) -> dict[str, tuple[int, int]]:
    files = {file.name: file.stat() for file in (folder / "__pycache__").iterdir()}
    return {name: (found.st_ino, found.st_mtime_ns) for name, found in files.items()}


def test_a_file_with_an_error_stops_nobody(folder: Path, pytestconfig: pytest.Config) -> None:
    (folder / "test_alerts.py").write_text("def test_(:\n")
    (folder / "newsroom.py").write_text("def (:\n")
    compile_share(pytestconfig, 0, 1, [folder])
    assert compiled(folder) == set(NAMES) - {"test_alerts.py", "newsroom.py"}


def test_what_no_test_needs_is_not_compiled(
    folder: Path, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "test_items.py").write_text("pytestmark = pytest.mark.browser\n")
    monkeypatch.setattr(pytestconfig.option, "markexpr", "not browser")
    compile_share(pytestconfig, 0, 1, [folder])
    assert "test_items.py" not in compiled(folder)
