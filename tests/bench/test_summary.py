from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from ticker.bench import summary
from ticker.bench.chart import POINTS, Curve, chart
from ticker.bench.latencies import Latencies
from ticker.bench.ledger import Verdict
from ticker.bench.publisher import Cleaning
from ticker.bench.report import page
from ticker.bench.result import ItemCounts, Result, Server, Storm, Work


def result(**fields: object) -> Result:
    made = Result("http://news.example", "ws", "en", "2026-11-23T19:33:24+00:00", True, 500, 5.0)
    made.connected = 500
    made.connects = Latencies([0.001, 0.002])
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def everything() -> Result:
    work = Work(seconds=20.0, arrivals=50_000, server_cpu=0.5, own_cpu=2.0)
    times = Latencies(0.002 + i * 1e-5 for i in range(1_000))
    return result(
        steady=ItemCounts(work, 100, times, times),
        burst=ItemCounts(work, 1, times, times),
        storm=Storm(500, 500, 20, 0.4567, times, work),
        server=Server([1234], 50 * 2**20, 55 * 2**20),
        verdict=Verdict(121, 60_500, 0, 0, 0),
        cleaning=Cleaning(120, 1),
        acknowledged=times,
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.000_25, "0.25 ms"),
        (0.004_21, "4.21 ms"),
        (0.0421, "42.1 ms"),
        (0.421, "421 ms"),
        (1.2345, "1.23 s"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert summary.duration(seconds) == text


def test_the_figure_to_look_at_is_the_last_reader() -> None:
    rows = summary.rows(everything())
    assert rows[0].name == "Publish → last reader"
    assert [row.name for row in rows if row.head] == ["Publish → last reader"]


def test_costs_are_said() -> None:
    facts = dict(summary.facts(everything()))
    assert "10.0 µs CPU a delivery" in facts["Server"]
    assert "memory grew by 10.2 KB a connection, beyond what was free" in facts["Server"]
    assert "(process 1234)" in facts["Server"]
    assert facts["Storm"] == "all 500 readers live again after 457 ms"
    assert facts["Cleaned up"] == "120 items retracted, 1 left to expire within a minute"


def test_what_is_too_little_to_measure_is_left_out() -> None:
    made = everything()
    assert made.steady is not None
    made.steady.work.server_cpu = 0.01
    made.server = Server([1, 2], 50 * 2**20, 50 * 2**20 + 4096)
    found = result(steady=made.steady, server=made.server)
    assert dict(summary.facts(found))["Server"] == "50 MB resident (processes 1, 2)"


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        (Verdict(2, 1_000, 0, 0, 0), "1,000 deliveries of 2 events: none lost, none doubled"),
        (Verdict(2, 1_000, 3, 1, 0), "1,000 deliveries of 2 events: 3 lost, 1 doubled"),
        (Verdict(1, 5, 0, 0, 1), "5 deliveries of 1 event: 1 acknowledged item reached no reader"),
    ],
)
def test_the_verdict(verdict: Verdict, text: str) -> None:
    assert summary.verdict(result(verdict=verdict)) == text


def test_everything_that_went_wrong_is_a_sentence() -> None:
    made = result(
        ending="server gone",
        trouble="connection reset",
        failures={"HTTP 503": 2},
        drops={"closed with 4001 lagging": 1},
        resets=1,
        refused={"Not now": 3},
    )
    assert summary.problems(made) == [
        "The server stopped answering: connection reset",
        "2 connections failed: 2 × HTTP 503",
        "1 reader lost the connection: 1 × closed with 4001 lagging",
        "1 reader had a gap that was announced (reset)",
        "3 items not published: 3 × Not now",
    ]
    assert not made.clean


class Balance(HTMLParser):
    """Checks that every element is closed in its turn."""

    VOID = ("meta",)

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("made", [everything(), result(connects=Latencies())])
def test_the_report_is_whole_and_needs_nothing_else(made: Result) -> None:
    html = page(made)
    balance = Balance()
    balance.feed(html)
    assert balance.open == []
    assert not {"script", "link", "img", "iframe"} & set(balance.seen)
    assert re.findall(r"(?:src|href|url\()", html) == []
    assert "prefers-color-scheme:dark" in html


def test_what_others_wrote_is_text_in_the_report() -> None:
    html = page(result(url="http://<b>", drops={"<script>alert(1)</script>": 1}))
    assert "<script" not in html
    assert "http://<b>" not in html


@pytest.mark.parametrize(
    "seconds",
    [[0.0], [0.004], [1e-9, 5_000.0], [0.01] * 5, [i / 1000 for i in range(1, 2_000)]],
)
def test_any_curve_stays_in_the_picture(seconds: list[float]) -> None:
    drawn = chart([Curve("one", Latencies(seconds))], "Test")
    box = re.search(r'viewBox="0 0 (\d+) (\d+)"', drawn)
    assert box is not None
    path = re.search(r'class="curve c0" d="([^"]+)"', drawn)
    assert path is not None
    assert path[1].count("V") <= POINTS + 1
    for command, value in re.findall(r"([HV])(-?[\d.]+)", path[1]):
        assert 0 <= float(value) <= float(box[1] if command == "H" else box[2])


def test_nothing_measured_draws_nothing() -> None:
    assert chart([Curve("none", Latencies())], "Test") == ""
