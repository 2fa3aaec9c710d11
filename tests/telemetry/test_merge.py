"""The metrics of several processes as one answer."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from tests.support.metrics import parse
from ticker.telemetry.exposition import render
from ticker.telemetry.families import Histogram, counter, gauge, histogram
from ticker.telemetry.merge import merged


def answer(count: int) -> bytes:
    seconds = Histogram((1.0,))
    seconds.observe(0.5, count)
    return render(
        [
            counter("a_total", "A.", {'x,process="y"': count}, "kind"),
            gauge("b", "B {with braces}.", count),
            histogram("c_seconds", "C.", seconds),
        ]
    )


def test_each_sample_keeps_its_value_and_names_its_process() -> None:
    text = merged({"serve1": answer(2), "serve2": answer(5)}).decode()
    found = parse(text)
    assert found['ticker_a_total{process="serve1",kind="x,process=\\"y\\""}'] == 2
    assert found['ticker_b{process="serve1"}'] == 2
    assert found['ticker_b{process="serve2"}'] == 5
    assert found['ticker_c_seconds_bucket{process="serve2",le="+Inf"}'] == 5
    families = list(text_string_to_metric_families(text))
    assert [(one.name, one.type, len(one.samples)) for one in families] == [
        ("ticker_a", "counter", 2),
        ("ticker_b", "gauge", 2),
        ("ticker_c_seconds", "histogram", 8),
    ], "each family comes once"


def test_processes_of_processes_have_both_names() -> None:
    inner = merged({"serve1": answer(2)})
    found = parse(merged({"serve": inner, "stream": answer(1)}).decode())
    assert found['ticker_b{process="serve/serve1"}'] == 2
    assert found['ticker_b{process="stream"}'] == 1


def test_no_answer_is_an_empty_one() -> None:
    assert merged({}) == b""
