"""One record is one line, whatever text it contains, in both formats."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from ticker.domain.request_context import RequestContext
from ticker.telemetry.context import request_context
from ticker.telemetry.logs import PROCESS_VARIABLE, Format, configure, escape, fields

EVIL = 'a\n2026-01-01T00:00:00.000Z error x: forged\x1b[2J\x9b1m\u2028\u202eabc\udcff "q"'


@pytest.fixture(autouse=True)
def kept_logging() -> Iterator[None]:
    """Give pytest's handlers back to the root logger."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(format: Format | None, level: str = "info", *, terminal: bool = False) -> io.StringIO:
    class Stream(io.StringIO):
        def isatty(self) -> bool:
            return terminal

    stream = Stream()
    configure(level, format, "server", stream)
    return stream


def records(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_has_time_level_process_logger_message_and_fields() -> None:
    stream = lines("json")
    with request_context(RequestContext(1, "abc")):
        logging.getLogger("ticker.x").info("publish %s", "now", extra=fields(item="i1", by=None))
    [record] = records(stream)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record.pop("time"))
    assert record == {
        "level": "info",
        "process": "server",
        "logger": "ticker.x",
        "message": "publish now",
        "item": "i1",
        "request": "abc",
    }


def test_a_supervisor_names_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PROCESS_VARIABLE, "serve2")
    stream = lines("json")
    logging.getLogger().warning("x")
    assert records(stream)[0]["process"] == "serve2"


def test_foreign_text_stays_on_one_line() -> None:
    for format in ("json", "console"):
        stream = lines(format)
        logging.getLogger("ticker").info("feed %s", EVIL, extra=fields(title=EVIL, count=2))
        written = stream.getvalue()
        assert written.endswith("\n")
        assert len(written.splitlines()) == 1, written
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", written)
        assert "forged" in written


def test_a_traceback_is_one_record() -> None:
    for format in ("json", "console"):
        stream = lines(format)
        try:
            raise ValueError("first\n2026-01-01T00:00:00.000Z error x: forged")
        except ValueError:
            logging.getLogger("ticker").exception("failed")
        first, *rest = stream.getvalue().splitlines()
        if format == "json":
            assert rest == []
            assert "ValueError" in json.loads(first)["exception"]
        else:
            assert first.endswith("ticker: failed")
            assert all(line.startswith("    ") for line in rest)


def test_console_on_a_terminal_and_json_elsewhere() -> None:
    stream = lines(None, terminal=True)
    logging.getLogger("ticker").info("up", extra=fields(where="a b", n=1))
    assert re.fullmatch(r'\S+Z info    ticker: up where="a b" n=1\n', stream.getvalue())
    stream = lines(None)
    logging.getLogger("ticker").info("up")
    assert records(stream)[0]["message"] == "up"


def test_libraries_are_quiet_and_in_the_same_format() -> None:
    uvicorn.Config("no:application", log_level="critical")  # makes handlers and levels of its own
    stream = lines("json")
    logging.getLogger("arq.worker").info("every job")
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    logging.getLogger("arq.worker").warning("a job failed")
    logging.getLogger("uvicorn.error").info("Application startup complete.")
    found = [record["message"] for record in records(stream)]
    assert found == ["a job failed", "Application startup complete."]
    stream = lines("json", "debug")
    logging.getLogger("arq.worker").info("every job")
    assert records(stream)


def test_escapes_can_be_read() -> None:
    assert escape("a\n\t\x1b\x85\u2029é😀") == "a\\n\\t\\x1b\\x85\\u2029é😀"
