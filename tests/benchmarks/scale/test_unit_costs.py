"""The measured costs, as the files have them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.scale import unit_costs
from benchmarks.scale.unit_costs import Extra


def test_every_cost_is_there_and_positive() -> None:
    costs = unit_costs.read()
    extra = costs.extra
    figures = (costs.message_us, costs.resume_us, costs.connection_kb, costs.idle_us_per_s)
    assert all(one > 0 for one in figures)
    assert extra.handshake_us > extra.proxy_us > 0
    assert extra.measured


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    extra, path = Extra(1.0, 2.0, 3.0, 4.0, 5.0, "today"), tmp_path / "scale.json"
    path.write_text(extra.written())
    assert unit_costs.read(extra=path).extra == extra


def test_a_row_that_was_never_measured_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "benchmarks.json"
    path.write_text(json.dumps({"records": {}}))
    with pytest.raises(KeyError, match="idle"):
        unit_costs.read(benchmarks=path)
