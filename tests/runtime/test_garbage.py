"""Tests of the number of objects after which a process looks for garbage."""

from __future__ import annotations

import gc
import subprocess
import sys

from ticker.runtime.garbage import USUAL, look_as_usual

COMMAND = """
import gc, runpy, sys
sys.argv = ["ticker", "--version"]
try:
    runpy.run_module("ticker", run_name="__main__", alter_sys=True)
except SystemExit as ended:
    print(ended.code, gc.get_threshold()[0], gc.get_freeze_count() > 10_000)
"""


def test_a_short_command_does_not_look_for_garbage() -> None:
    done = subprocess.run(
        [sys.executable, "-c", COMMAND], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "0 50000 True"


def test_a_server_looks_as_often_as_usual() -> None:
    before = gc.get_threshold()
    try:
        gc.set_threshold(50_000)
        look_as_usual()
        assert gc.get_threshold() == USUAL
    finally:
        gc.set_threshold(*before)
