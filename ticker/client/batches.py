"""Cutting drafts into the batches of ``POST /v1/import``. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

BATCH_LINES = 500
BATCH_BYTES = 7 * 2**20
"""The server takes 500 lines and 8 MB; the rest of the room is for its own counting."""


@dataclass(frozen=True, slots=True)
class Batch:
    """NDJSON of ``lines`` drafts; the first is number ``first_line`` of the import, from 1."""

    first_line: int
    lines: int
    body: bytes


def batches(
    drafts: Iterable[Mapping[str, Any]],
    run: str,
    max_lines: int = BATCH_LINES,
    max_bytes: int = BATCH_BYTES,
) -> Iterator[Batch]:
    """Yield ``drafts`` in order, at most ``max_lines`` and ``max_bytes`` a batch.

    A draft without an idempotency ``key`` gets one from ``run`` and its number, so that a batch can
    be sent again after a lost connection. A single draft over ``max_bytes`` is a batch of its own.
    """
    lines: list[bytes] = []
    size = 0
    first = 1
    for number, draft in enumerate(drafts, 1):
        keyed = draft if "key" in draft else {**draft, "key": f"{run}-{number}"}
        line = orjson.dumps(keyed)
        if lines and (len(lines) >= max_lines or size + len(line) + 1 > max_bytes):
            yield Batch(first, len(lines), b"\n".join(lines))
            lines, size, first = [], 0, number
        lines.append(line)
        size += len(line) + 1
    if lines:
        yield Batch(first, len(lines), b"\n".join(lines))
