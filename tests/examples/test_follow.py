"""The smallest program that follows a newsroom."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

EXAMPLE = Path(__file__).parents[2] / "examples" / "follow.py"


def test_it_says_that_it_tries_again_and_ends_at_ctrl_c_without_a_traceback() -> None:
    command = [sys.executable, str(EXAMPLE), "http://127.0.0.1:9", "en"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        said = running.stderr.readline()
        running.send_signal(signal.SIGINT)
        rest = running.stderr.read()
        code = running.wait(30)
    assert said.startswith("connection lost (")
    assert not [line for line in rest.splitlines() if not line.startswith("connection lost (")]
    assert code == 0
