"""Lines of a process are written a moment later, in order, and none is lost."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Iterator

import pytest

from tests.support.waiting import wait_until
from ticker.telemetry.later_handler import WAITING_MAX, LaterHandler


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(stream: io.StringIO) -> Iterator[logging.Logger]:
    logger = logging.Logger("later", logging.DEBUG)
    handler = LaterHandler(stream)
    logger.addHandler(handler)
    yield logger
    handler.close()


def test_outside_an_event_loop_a_line_is_written_at_once(
    log: logging.Logger, stream: io.StringIO
) -> None:
    log.info("one")
    assert stream.getvalue() == "one\n"


async def test_in_an_event_loop_lines_are_written_together_a_moment_later(
    log: logging.Logger, stream: io.StringIO
) -> None:
    log.info("one")
    log.info("two")
    await asyncio.sleep(0)
    assert stream.getvalue() == ""
    await wait_until(lambda: stream.getvalue() == "one\ntwo\n")


async def test_a_warning_is_written_at_once_after_the_lines_before_it(
    log: logging.Logger, stream: io.StringIO
) -> None:
    log.info("one")
    log.warning("two")
    assert stream.getvalue() == "one\ntwo\n"


async def test_flush_writes_what_waits(log: logging.Logger, stream: io.StringIO) -> None:
    log.info("one")
    log.handlers[0].flush()
    assert stream.getvalue() == "one\n"


async def test_with_more_lines_than_may_wait_all_are_written(
    log: logging.Logger, stream: io.StringIO
) -> None:
    for number in range(WAITING_MAX + 1):
        log.info("%d", number)
    assert stream.getvalue().splitlines() == [str(number) for number in range(WAITING_MAX + 1)]


async def test_a_line_that_cannot_be_formatted_costs_no_other(
    log: logging.Logger, stream: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    log.info("%d", "no number")
    log.info("two")
    log.handlers[0].flush()
    assert stream.getvalue() == "two\n"


async def test_a_closed_pipe_raises_nothing(log: logging.Logger, stream: io.StringIO) -> None:
    log.info("one")
    stream.close()
    log.warning("two")
