"""Every row of the benchmarks runs, small: what a run counts must add up, or it raises ``Lost``."""

from __future__ import annotations

import pytest

from benchmarks import rows
from benchmarks.rows import Options
from ticker.runtime.embedded_store import EmbeddedError, find_server

pytestmark = pytest.mark.processes

SMALL = Options(clients=20, seconds=0.1)
RUNS = [
    ("fanout-ws", "ticker"),
    ("fanout-ws", "floor"),
    ("fanout-sse", "ticker"),
    ("fanout-sse", "floor"),
    ("burst", "ticker"),
    ("memory", "ticker"),
    ("storm", "ticker"),
    ("last", "ticker"),
    ("last", "floor"),
    ("crowd", "ticker"),
    ("stream", "ticker"),
    ("filters", "1,000 filters"),
    ("window", "window 100"),
    ("stuck", "one stuck"),
    ("stuck-memory", "ticker"),
    ("idle", "ticker"),
    ("compression", "compressed"),
]
BY_NAME = {row.name: row for row in rows.ALL}


@pytest.fixture(autouse=True)
def here() -> None:
    try:
        find_server()
    except EmbeddedError as error:
        pytest.skip(f"the benchmarks are NOT tested: {error}")


@pytest.mark.parametrize(("row", "name"), RUNS)
def test_a_run_counts_every_message(row: str, name: str) -> None:
    contenders = {one.name: one for one in BY_NAME[row].contenders(SMALL)}
    sample = contenders[name].run()
    assert sample.value >= 0
    if row == "storm":
        assert sample.notes["resumes"] == SMALL.clients
        assert str(sample.notes["redis"]).endswith("other 0")
    if row == "stuck":
        assert sample.notes["behind"] == 1


def test_every_row_is_run() -> None:
    assert {row for row, _ in RUNS} == set(BY_NAME)
