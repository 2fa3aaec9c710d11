from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from ticker.bench import system

pytestmark = pytest.mark.skipif(not system.PROC.exists(), reason="/proc is Linux's")


@pytest.fixture
def limits() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_process_has_used_time_and_memory() -> None:
    end = time.process_time() + 0.03
    while time.process_time() < end:
        pass
    used = system.usage([os.getpid()])
    assert used is not None
    assert used.cpu > 0
    assert used.rss > 2**20
    assert system.own_cpu() > 0


def test_a_process_that_is_gone_is_not_measured() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert system.usage([gone.pid]) is None
    assert system.usage([os.getpid(), gone.pid]) is None
    assert system.usage([]) is None
    assert system.file_limit(gone.pid) is None
    assert not system.exists(gone.pid)


def test_who_serves_a_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        assert system.listeners(port) == [os.getpid()]
        child = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()"],
            stdin=subprocess.PIPE,
            pass_fds=(sock.fileno(),),
        )
        # This process holds the socket for its child, as a supervisor does.
        assert system.listeners(port) == [child.pid]
        child.communicate()
    assert system.listeners(port) == []


def test_the_file_limit_is_raised_as_far_as_it_may(limits: None) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
    assert system.raise_file_limit(100) == 200
    assert system.raise_file_limit(300) == 300
    assert system.file_limit(os.getpid()) == 300


def test_no_more_files_than_the_kernel_allows(limits: None) -> None:
    assert system.raise_file_limit(2**30) < 2**30
