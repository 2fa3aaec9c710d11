"""The rows of the table, in its order."""

from __future__ import annotations

from benchmarks.rows import fanout
from benchmarks.rows.base import Contender, Options, Row, Sample

ALL: tuple[Row, ...] = (fanout.WS, fanout.SSE, fanout.BURST)

__all__ = ["ALL", "Contender", "Options", "Row", "Sample"]
