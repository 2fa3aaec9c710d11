"""Modules that no process has compiled yet, shared out among the processes of a run.

All of them import the same modules at the same moment. In a fresh clone, where nothing is compiled,
each would rewrite the assertions of every test file and compile every source: five seconds of a
core, as many times as there are processes.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import marshal
import os
import py_compile
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from _pytest.assertion.rewrite import PYC_TAIL, get_cache_dir, rewrite_asserts

from tests.support.left_out import left_out

ROOT = Path(__file__).parents[2]


def compile_share(
    config: pytest.Config, number: int, of: int, folders: Iterable[Path] = ()
) -> None:
    """Compile what is missing, in the ``number``-th of ``of`` processes: every ``of``-th module.

    ``folders`` have the modules; without any, they are what is asked for, and Ticker's own.
    """
    if sys.dont_write_bytecode:
        return
    asked = [Path(config.invocation_params.dir, arg.partition("::")[0]) for arg in config.args]
    found = folders or [*asked, ROOT / "ticker", ROOT / "workers", ROOT / "tests" / "support"]
    files = sorted({file for folder in found for file in _python(folder, config)})
    for file in files[number::of]:
        with contextlib.suppress(SyntaxError):  # whoever imports it says so
            if file.name.startswith("test_") or file.name == "conftest.py":
                _rewrite(file, config)
            elif not Path(importlib.util.cache_from_source(str(file))).exists():
                py_compile.compile(str(file), quiet=2)


def _python(folder: Path, config: pytest.Config) -> Iterator[Path]:
    for file in folder.rglob("*.py") if folder.is_dir() else [folder]:
        if not left_out(file, config.option.markexpr):
            yield file


def _rewrite(file: Path, config: pytest.Config) -> None:
    """Write what pytest's own import hook looks for and makes where it is missing."""
    compiled = get_cache_dir(file) / (file.name.removesuffix(".py") + PYC_TAIL)
    if compiled.exists():
        return
    source = file.read_bytes()
    tree = ast.parse(source, filename=str(file))
    rewrite_asserts(tree, source, str(file), config)
    code = compile(tree, str(file), "exec", dont_inherit=True)
    # PEP 552: a compiled file that is valid for the hash of its source, which is always checked.
    head = importlib.util.MAGIC_NUMBER + b"\3\0\0\0" + importlib.util.source_hash(source)
    compiled.parent.mkdir(exist_ok=True)
    unfinished = compiled.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(head + marshal.dumps(code))
    unfinished.replace(compiled)
