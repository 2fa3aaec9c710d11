"""Standard output that cannot be written."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from ticker.cli.standard_streams import CannotPrint, Descriptor


def test_a_full_disk_is_named_and_standard_error_is_dropped() -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(CannotPrint, match="cannot be written: No space left on device"):
            Descriptor(descriptor, raises=True).write(b"abc")
        assert Descriptor(descriptor, raises=False).write(b"abc") == 3
    finally:
        os.close(descriptor)


def test_a_stream_that_was_closed() -> None:
    with pytest.raises(CannotPrint, match="it is closed"):
        Descriptor(None, raises=True).write(b"abc")
    assert not Descriptor(None, raises=True).isatty()


def test_a_closed_pipe_is_told_apart() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(CannotPrint) as raised:
        Descriptor(writer, raises=True).write(b"abc")
    os.close(writer)
    assert raised.value.closed_pipe


def test_a_pipe_that_does_not_block_is_waited_for() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    size = 1_000_000
    read: list[int] = []

    def drain() -> None:
        while sum(read) < size:
            read.append(len(os.read(reader, 65_536)))

    thread = threading.Thread(target=drain)
    stream, data = Descriptor(writer, raises=True), memoryview(bytes(size))
    data = data[stream.write(data) :]  # the pipe is full before anybody reads
    thread.start()
    while data:
        data = data[stream.write(data) :]
    thread.join()
    assert sum(read) == size
    os.close(reader)
    os.close(writer)


@pytest.mark.processes
@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("config show > /dev/full", 1, "✗ Standard output cannot be written"),
        ("config show | head -1", 0, ""),
        ("acl >&-", 1, "✗ Standard output cannot be written: it is closed"),
        ("config show 2>&-", 0, ""),
        ("lst", 2, "No such command: lst (did you mean list?)"),
    ],
)
def test_a_process_of_its_own(line: str, code: int, said: str) -> None:
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{sys.executable} -m ticker {line}"],
        env=os.environ | {"TICKER_CONFIG": os.devnull, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
