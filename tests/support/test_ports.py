"""A port that is given to one process is given to no other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.ports import free_port

DRAWN = """
import random, sys
drawn = map(int, sys.argv[1:])
random.SystemRandom.randint = lambda *_: next(drawn)
from tests.support.ports import free_port
print(free_port(), free_port())
"""


def test_a_port_is_given_once() -> None:
    mine = free_port()
    drawn = map(str, (mine, 9_998, 9_998, mine, 9_999))
    command = [sys.executable, "-c", DRAWN, *drawn]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["9998", "9999"]
