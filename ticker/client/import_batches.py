"""Split drafts into the requests of ``POST /v1/import``. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

BATCH_ITEMS = 500
BATCH_BYTES = 7 * 2**20
"""The server accepts 500 items and 8 MB; the margin allows for its own way of counting."""


@dataclass(frozen=True, slots=True)
class ImportBatch:
    """``count`` drafts as NDJSON; the first is number ``first`` of the import, from 1."""

    first: int
    count: int
    body: bytes


def split(
    drafts: Iterable[Mapping[str, Any]],
    run: str,
    max_items: int = BATCH_ITEMS,
    max_bytes: int = BATCH_BYTES,
) -> Iterator[ImportBatch]:
    """Yield ``drafts`` in order, at most ``max_items`` and ``max_bytes`` in each batch.

    A draft without an idempotency ``key`` gets one from ``run`` and its number, so that a batch can
    be sent again after a lost connection. A single draft over ``max_bytes`` is a batch of its own.
    """
    lines: list[bytes] = []
    size = 0
    first = 1
    for number, draft in enumerate(drafts, 1):
        keyed = draft if "key" in draft else {**draft, "key": f"{run}-{number}"}
        line = orjson.dumps(keyed)
        if lines and (len(lines) >= max_items or size + len(line) + 1 > max_bytes):
            yield ImportBatch(first, len(lines), b"\n".join(lines))
            lines, size, first = [], 0, number
        lines.append(line)
        size += len(line) + 1
    if lines:
        yield ImportBatch(first, len(lines), b"\n".join(lines))
