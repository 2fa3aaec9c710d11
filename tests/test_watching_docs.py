"""docs/bridges.md: every figure of the bridges is in its table, and its alarms ask for no other."""

from __future__ import annotations

import re
from pathlib import Path

from ticker.api.metrics_poller import EVERY, KNOWN, WEBHOOKS, MetricsPoller
from ticker.api.monitoring import DESCRIPTIONS
from ticker.domain.cursor import StreamId
from ticker.push.model.provider_health import DRY_RUN_LATE_MS, FORGOTTEN_MS, DryRun, ProviderState
from ticker.push.model.receipts import COUNTS, DELIVERIES, When
from ticker.push.store.metrics import JOBS_READ, Figures

TEXT = (Path(__file__).parent.parent / "docs" / "bridges.md").read_text()
PROSE = " ".join(TEXT.split())
TABLE = {
    name: set(filter(None, (labels or "").split(",")))
    for name, labels in re.findall(r"^\| `(ticker_\w+)(?:\{([\w,]+)\})?` \|", TEXT, re.MULTILINE)
}


class Busy:
    """A newsroom in which there is something to say of everything."""

    async def figures(self) -> Figures:
        newest = When(StreamId(1_000, 0), 2_000, 3_000)
        lane = ProviderState("fcm", 9_000, 1, 9_000, None, None, 1, 0, DryRun(8_000), newest)
        return Figures(9_000, (lane,), {}, {}, 1, 1_000)


async def test_every_figure_is_in_the_table_with_its_labels() -> None:
    watching = MetricsPoller(Busy(), lambda: 5.0)
    assert await watching.refresh()
    said: dict[str, set[str]] = {}
    for sample in watching.metrics():
        name, _, labels = sample.partition("{")
        said[f"ticker_{name}"] = set(re.findall(r"(\w+)=", labels))
        assert name in DESCRIPTIONS, name
    assert said == TABLE


def test_alarms_are_about_figures_that_there_are() -> None:
    [rules] = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    asked = re.findall(r"ticker_\w+", " ".join(re.findall(r"expr: (.*)", rules)))
    assert len(asked) >= 8
    assert set(asked) <= set(TABLE)
    assert f"> {DRY_RUN_LATE_MS // 1000}" in rules
    assert rules.count("alert:") == rules.count("expr:")


def test_its_words_and_bounds_are_the_codes() -> None:
    words = set(re.findall(r"^\| ([a-z ,]+) \| ", TEXT, re.MULTILINE))
    known = {word.strip() for row in words for word in row.split(",")}
    assert {name.replace("_", " ") for name in COUNTS} <= known
    assert set(DELIVERIES) - {"retried"} <= known
    assert ", ".join(WEBHOOKS) in PROSE
    assert f"every {EVERY:.0f} seconds" in PROSE
    assert f"older than {KNOWN:.0f} seconds" in PROSE
    assert f"the {JOBS_READ:,} jobs due first" in PROSE
    assert (DRY_RUN_LATE_MS, FORGOTTEN_MS) == (2 * 3_600_000, 7 * 86_400_000)
    assert "for two hours" in PROSE
    assert "for a week" in PROSE
