"""``ticker tail`` as a process: it follows, resumes after a crash, and ends at Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.cli.conftest import Newsroom

pytestmark = pytest.mark.processes

TIMEOUT = 60.0
"""Seconds after which a silent process is killed, so that a test fails instead of hanging."""


@contextmanager
def tailing(newsroom: Newsroom, *options: str) -> Iterator[subprocess.Popen[str]]:
    process = newsroom.start("tail", "--json", *options)
    watchdog = threading.Timer(TIMEOUT, process.kill)
    watchdog.start()
    try:
        yield process
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


@contextmanager
def connected(newsroom: Newsroom, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Like ``tailing``, after the process has printed its empty snapshot."""
    with tailing(newsroom, "--backlog", "1", *options) as process:
        first = read(process)
        assert (first["type"], first["reset"], first["items"]) == ("snapshot", False, [])
        yield process


def read(process: subprocess.Popen[str]) -> Any:
    """Return the next event."""
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Press Ctrl-C; return the exit code and what was written to standard error."""
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    return process.returncode, err


def test_events_are_printed_and_ctrl_c_exits_cleanly(newsroom: Newsroom) -> None:
    with connected(newsroom, "-s", "arts-culture") as tail:
        item = newsroom.publish("Exhibition opens", "-s", "arts-culture")
        newsroom.publish("Nothing to do with art", "-s", "health")
        newsroom.ticker("retract", item, "--reason", "Postponed")
        published, retracted = read(tail), read(tail)
        assert (published["action"], published["item"]["id"]) == ("publish", item)
        assert (retracted["action"], retracted["item"]["id"]) == ("retract", item)
        assert "headline" not in retracted["item"]
        assert end(tail) == (0, "")


def test_a_server_crash_loses_and_repeats_nothing(
    newsroom: Newsroom,
) -> None:
    with connected(newsroom, "-t", "crash") as tail:
        expected = [newsroom.publish("Before the crash", "--tag", "crash")]
        seen = [read(tail)["item"]["id"]]
        for number in range(2):
            newsroom.kill("gateway")
            expected.append(newsroom.publish(f"After crash {number}", "--tag", "crash"))
            event = read(tail)
            assert event["type"] == "item"
            seen.append(event["item"]["id"])
        assert seen == expected
        code, err = end(tail)
        assert code == 0
        assert err.count("reconnecting…") == 2
        assert err.count("Reconnected.") == 2


def test_it_resumes_from_a_stored_cursor(newsroom: Newsroom) -> None:
    cursor = newsroom.ticker("list", "--json", "-t", "later").json["cursor"]
    items = [newsroom.publish(f"While away {n}", "--tag", "later") for n in range(3)]
    with tailing(newsroom, "-t", "later", "--after", cursor) as tail:
        events = [read(tail) for _ in items]
    assert [event["item"]["id"] for event in events] == items


def test_a_closed_pipe_is_not_an_error(newsroom: Newsroom) -> None:
    with connected(newsroom, "-t", "pipe") as tail:
        assert tail.stdout is not None
        tail.stdout.close()
        newsroom.publish("Two", "--tag", "pipe")
        assert tail.wait(timeout=30) == 0
        assert tail.stderr is not None
        assert tail.stderr.read() == ""
        tail.stdout = None


def test_one_story(newsroom: Newsroom) -> None:
    with connected(newsroom, "--story", "tidal-gate,breakwater") as tail:
        newsroom.publish("Of another story", "--story", "lagoon")
        item = newsroom.publish("Of this story", "--story", "breakwater")
        assert read(tail)["item"]["id"] == item
        assert end(tail)[0] == 0
    listed = newsroom.ticker("list", "--story", "breakwater", "--json")
    assert [one["id"] for one in listed.json["items"]] == [item]
