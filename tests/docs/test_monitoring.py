"""docs/operations/monitoring.md: its alarms use metrics that exist, its figures are the code's."""

from __future__ import annotations

import re
from pathlib import Path

from ticker.api.metrics_poller import MAX_AGE, POLL_INTERVAL, WEBHOOK_OUTCOMES
from ticker.push.model.provider_state import DRY_RUN_LATE_MS, FORGOTTEN_MS
from ticker.push.model.receipts import COUNTS, DELIVERIES
from ticker.push.store.metrics import JOBS_READ

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "operations" / "monitoring.md").read_text()
PROSE = " ".join(TEXT.split())
METRICS = set(
    re.findall(r"^\| `(\w+)`", (DOCS / "reference" / "metrics.md").read_text(), re.MULTILINE)
)


def test_alarms_use_metrics_that_exist() -> None:
    [rules] = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    asked = re.findall(r"ticker_\w+", " ".join(re.findall(r"expr: (.*)", rules)))
    assert len(asked) >= 8
    assert set(asked) <= METRICS
    assert set(re.findall(r"`(ticker_\w+)`", TEXT)) <= METRICS
    assert f"> {DRY_RUN_LATE_MS // 1000}" in rules
    assert rules.count("alert:") == rules.count("expr:")


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
