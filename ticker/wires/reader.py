"""Reads a feed in a process of its own, with limits of time and memory."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson

from ticker.domain.messages import Message, other, said
from ticker.domain.taxonomy import Taxonomy
from ticker.imports.drafts import Defaults, Entry, ParsedInput, Rejection, Unreadable
from ticker.imports.payload import Download
from ticker.runtime import one_shot

TIMEOUT = 20.0
"""Seconds that one feed may take, on a busy machine."""
ANSWER_MAX = 32 * 2**20
"""Bytes of an answer: drafts of a feed of the largest size."""
MODULE = "ticker.wires.reader_process"


async def read(
    answer: Download,
    defaults: Defaults,
    taxonomy: Taxonomy,
    module: str = MODULE,
    timeout: float = TIMEOUT,
) -> ParsedInput:
    """Return the newest entries of a feed. Raises Unreadable, with a message for the editor."""
    head = orjson.dumps(
        {
            "defaults": asdict(defaults),
            "taxonomy": asdict(taxonomy),
            "url": answer.url,
            "charset": answer.charset,
        }
    )
    data = len(head).to_bytes(4, "big") + head + answer.data
    try:
        found = await one_shot.answer_of(module, data, timeout=timeout, answer_max=ANSWER_MAX)
    except one_shot.Failed as error:
        raise Unreadable(said("feed-reader", cause=str(error))) from None
    return await asyncio.to_thread(_parsed, found)  # megabytes: the loop goes on meanwhile


def _parsed(found: bytes) -> ParsedInput:
    """Return the answer in ``found``. Its form is checked: a parser of foreign text made it."""
    try:
        # Line by line: within one call of the parser no other thread runs.
        head, *lines = found.splitlines()
        document: dict[str, Any] = orjson.loads(head)
        if "unreadable" in document:
            raise Unreadable(_said(document["unreadable"]))
        lists = {
            name: [Rejection(**one) for one in document[name]] for name in ("rejected", "skipped")
        }
        entries = [Entry(**orjson.loads(line)) for line in lines]
        for entry in entries:
            if isinstance(entry.moment, str):
                entry.moment = datetime.fromisoformat(entry.moment)
        return ParsedInput(document["format"], entries, **lists, notes=document["notes"])
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(said("feed-reader-torn")) from error


def _said(told: dict[str, Any]) -> Message:
    """Return why the feed cannot be read. The process that says so may have been taken over."""
    params = {
        str(name)[:40]: value if isinstance(value, int) else str(value)[:200]
        for name, value in dict(told["params"]).items()
    }
    try:
        return said(str(told["code"]), **params)
    except (KeyError, ValueError, TypeError):  # no code of ours, or without its parameters
        return other(str(told["text"])[:400])
