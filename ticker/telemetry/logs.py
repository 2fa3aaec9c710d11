"""Logs of a process: the standard library's logging with one formatter, JSON or console.

A line has time, level, process, logger, message and fields: ``event`` (the id on wire and lane),
``item``, ``by`` (the name of a key, never the key) and ``request``. These ids are the same in every
process that an event passes. Text of others is escaped, so that one record is one line.

structlog would give the same lines; records of uvicorn and arq would still need this formatter.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, TextIO, TypeAlias

import orjson

from ticker.telemetry import context
from ticker.telemetry.later_handler import LaterHandler

Format: TypeAlias = Literal["console", "json"]

PROCESS_VARIABLE, FORMAT_VARIABLE = "TICKER_PROCESS", "TICKER_LOG_FORMAT"
"""A supervisor tells its processes their name and its own format."""

_CONTROLS = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
_UNSAFE = re.compile(f"[{_CONTROLS}\ud800-\udfff]")
_UNSAFE_JSON = re.compile(f"[{_CONTROLS}]")
_QUOTED = re.compile(r'[\s"=]|^$')
_LIBRARIES = {
    "arq": logging.WARNING,
    "httpx": logging.WARNING,
    "opentelemetry": logging.ERROR,
    "urllib3": logging.ERROR,  # the exporter's retries
    "uvicorn": logging.NOTSET,
    "uvicorn.error": logging.NOTSET,
    "websockets": logging.WARNING,
}
"""The least level of libraries whose lines are of interest only to those who debug, and of uvicorn,
which may have made handlers and levels of its own."""
_NOISE = ("Invalid HTTP request received.",)
"""Lines of uvicorn that anybody's connection causes."""


def fields(**values: object) -> dict[str, Any]:
    """Return ``extra`` for a log call: named values beside the message. None is left out."""
    return {"fields": {name: value for name, value in values.items() if value is not None}}


def configure(
    level: str, format: Format | None, process: str, stream: TextIO | None = None
) -> None:
    """Send all records of this process to ``stream`` (standard error), in ``format``.

    Without a format: console on a terminal, else JSON. ``process`` is the role, unless a supervisor
    has given this process a name.
    """
    stream = sys.stderr if stream is None else stream
    chosen = format or default_format(stream)
    name = os.environ.get(PROCESS_VARIABLE) or process
    handler = LaterHandler(stream)
    handler.setFormatter(JsonFormatter(name) if chosen == "json" else ConsoleFormatter())
    handler.addFilter(lambda record: record.msg not in _NOISE)
    handler.addFilter(_note_request)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for library, least in _LIBRARIES.items():
        logger = logging.getLogger(library)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.NOTSET if level == "debug" else least)


def default_format(stream: TextIO) -> Format:
    """Return the format for ``stream``: console on a terminal, else JSON."""
    return "console" if stream.isatty() else "json"


def escape(text: str) -> str:
    """Return ``text`` with control characters and bidirectional overrides as backslash escapes."""
    return _UNSAFE.sub(_escape, text)


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return ``record`` as a line without its end."""
        found: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            found["exception"] = self.formatException(record.exc_info)
        return json_line(found)


class ConsoleFormatter(logging.Formatter):
    """A line for people, with ``name=value`` at its end; a traceback follows indented."""

    def format(self, record: logging.LogRecord) -> str:
        """Return ``record`` as a line without its end."""
        pairs = "".join(f" {name}={_quoted(value)}" for name, value in _fields(record).items())
        message = escape(record.getMessage())
        line = f"{_time(record)} {record.levelname.lower():7} {record.name}: {message}{pairs}"
        if record.exc_info:
            trace = self.formatException(record.exc_info).split("\n")
            line = "\n    ".join([line, *map(escape, trace)])
        return line


def json_line(values: Mapping[str, Any]) -> str:
    """Return ``values`` as JSON that is one line for every reader of lines."""
    try:
        text = orjson.dumps(values, default=str).decode()
    except TypeError:  # an invalid character: text that is not Unicode
        safe = {name: escape(str(value)) for name, value in values.items()}
        text = orjson.dumps(safe).decode()
    return _UNSAFE_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _note_request(record: logging.LogRecord) -> bool:
    """Add the id of the request that runs now: the line is written later."""
    request = context.current()
    if request is not None:
        found: dict[str, Any] = dict(getattr(record, "fields", {}))
        found.setdefault("request", request.id)
        record.fields = found
    return True


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    found: dict[str, Any] = getattr(record, "fields", {})
    return {
        name: value if isinstance(value, int | float) else str(value)
        for name, value in found.items()
    }


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _quoted(value: object) -> str:
    text = escape(str(value))
    return '"' + text.replace('"', '\\"') + '"' if _QUOTED.search(text) else text


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    short = {9: "\\t", 10: "\\n", 13: "\\r"}
    return short.get(code) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
