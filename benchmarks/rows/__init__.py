"""The rows of the table, in its order."""

from __future__ import annotations

from benchmarks.rows import arrival, compression, crowd, fanout, idle
from benchmarks.rows.base import Bar, Contender, Options, Row, Sample

ALL: tuple[Row, ...] = (
    fanout.WS,
    fanout.SSE,
    fanout.MANY,
    compression.ROW,
    idle.MEMORY,
    idle.STORM,
    arrival.LAST,
    crowd.SINGLE,
    crowd.STREAM,
    fanout.FILTER,
    fanout.WINDOW,
    arrival.OTHERS,
    arrival.MEMORY,
    idle.IDLE,
)

__all__ = ["ALL", "Bar", "Contender", "Options", "Row", "Sample"]
