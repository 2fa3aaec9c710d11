"""The report of a run."""

from __future__ import annotations

import json

from tests.chaos.checker import Verdict
from tests.chaos.records import Injected
from tests.chaos.report import as_json, as_text


def test_the_text_has_the_seed_the_counts_and_each_recovery() -> None:
    verdict = Verdict(published=1_200, acknowledged=1_199)
    verdict.faults.append(Injected("kill store", 5.0, 6.5, recovered=7.25))
    text = as_text(verdict, seed=7, store="valkey")
    assert "seed 7" in text
    assert "1,199" in text
    assert "kill store" in text
    assert "0.75" in text
    assert text.endswith("Every promise was kept.")


def test_a_breach_is_told_in_words() -> None:
    verdict = Verdict()
    verdict.breach("lost", "'Line 3' is not in the lane")
    verdict.faults.append(Injected("kill web", 5.0, 6.0))
    text = as_text(verdict)
    assert "lost: 'Line 3' is not in the lane" in text
    assert "never" in text
    assert text.endswith("PROMISES WERE BROKEN.")


def test_only_the_first_breaches_of_a_kind_are_told_and_all_are_counted() -> None:
    verdict = Verdict()
    for number in range(100):
        verdict.breach("missed", f"event {number}")
    assert verdict.missed == 100
    assert len(verdict.breaches) == 5


def test_the_json_is_plain_data() -> None:
    verdict = Verdict(published=3)
    verdict.faults.append(Injected("kill web", 5.0, 6.0, recovered=6.5))
    verdict.faults[0].refusals["store-failover"] = 3
    written = json.loads(json.dumps(as_json(verdict, seed=7)))
    assert (written["seed"], written["published"], written["kept"]) == (7, 3, True)
    assert written["faults"][0]["recovered"] == 6.5
    assert written["faults"][0]["refusals"] == {"store-failover": 3}


def test_a_failover_has_its_times_and_what_is_over_the_limit() -> None:
    fault = Injected("kill primary", 5.0, 11.0, decided=7.5, to_publish=0.4, to_screens=2.25)
    fault.refusals["store-failover"] = 3
    text = as_text(Verdict(faults=[fault]))
    assert "decided 2.50  publish 0.40  screens 2.25 (over 2 s)  3 store-failover" in text
