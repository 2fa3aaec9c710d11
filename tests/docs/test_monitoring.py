"""docs/operations/monitoring.md: its alarms use metrics that exist, its figures are the code's."""

from __future__ import annotations

import re
from pathlib import Path

from ticker.api.metrics_poller import MAX_AGE, POLL_INTERVAL, WEBHOOK_OUTCOMES
from ticker.push.model.provider_state import DRY_RUN_LATE_MS, FORGOTTEN_MS
from ticker.push.model.receipts import COUNTS, DELIVERIES
from ticker.push.store.metrics import JOBS_READ
from ticker.telemetry.families import LATENCY_BUCKETS

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "operations" / "monitoring.md").read_text()
PROSE = " ".join(TEXT.split())
METRICS = set(
    re.findall(r"^\| `(\w+)`", (DOCS / "reference" / "metrics.md").read_text(), re.MULTILINE)
)


def test_every_alert_says_what_to_do() -> None:
    rules = (DOCS.parent / "deploy" / "prometheus" / "rules" / "alerts.yml").read_text()
    alerts = re.findall(r"^ +- alert: (\w+)\n", rules, re.MULTILINE)
    assert len(alerts) >= 20
    assert re.findall(r"^### (Ticker\w+)$", TEXT, re.MULTILINE) == alerts
    assert re.findall(r"runbook: docs/operations/monitoring.md#(\w+)", rules) == [
        alert.lower() for alert in alerts
    ]
    assert set(re.findall(r"`(ticker_\w+)`", TEXT)) <= METRICS
    assert f"> {DRY_RUN_LATE_MS // 1000}" in rules


def test_the_objective_is_the_rules_own() -> None:
    page = (DOCS / "operations" / "slo.md").read_text()
    rules = (DOCS.parent / "deploy" / "prometheus" / "rules" / "slo.yml").read_text()
    assert 'le="0.25"' in page
    assert 'le="0.25"' in rules
    assert 0.25 in LATENCY_BUCKETS
    for burn in re.findall(r"> \(([\d.]+) \* 0.01\)", rules):
        assert f"| {burn} |" in page
    assert set(re.findall(r"`(ticker_\w+)", page)) <= METRICS


def test_its_words_and_bounds_are_the_codes() -> None:
    receipts = (DOCS / "guide" / "push.md").read_text()
    words = set(re.findall(r"^\| ([a-z ,]+) \| ", receipts, re.MULTILINE))
    known = {word.strip() for row in words for word in row.split(",")}
    assert {name.replace("_", " ") for name in COUNTS} <= known
    assert set(DELIVERIES) - {"retried"} <= known
    assert ", ".join(WEBHOOK_OUTCOMES) in PROSE
    assert f"every {POLL_INTERVAL:.0f} seconds" in PROSE
    assert f"older than {MAX_AGE:.0f} seconds" in PROSE
    assert f"the {JOBS_READ:,} jobs due first" in PROSE
    assert (DRY_RUN_LATE_MS, FORGOTTEN_MS) == (2 * 3_600_000, 7 * 86_400_000)
    assert "for two hours" in PROSE
    assert "for a week" in PROSE
