"""Drawing the faults of a run."""

from __future__ import annotations

import itertools

from tests.chaos.schedule import COOL_DOWN, RECOVERY, WARM_UP, FaultKind, draw

KINDS = [FaultKind("kill", 0.2, 1.0), FaultKind("pause", 1.0, 4.0), FaultKind("cut", 1.0, 2.0)]


def test_the_same_seed_draws_the_same_faults() -> None:
    assert draw(7, 600, KINDS) == draw(7, 600, KINDS)
    assert draw(7, 600, KINDS) != draw(8, 600, KINDS)


def test_faults_do_not_overlap_and_leave_time_before_and_after() -> None:
    planned = draw(1, 300, KINDS)
    assert planned[0].at >= WARM_UP
    for earlier, later in itertools.pairwise(planned):
        assert later.at - (earlier.at + earlier.lasts) >= RECOVERY - 0.01
    assert planned[-1].at + planned[-1].lasts <= 300 - COOL_DOWN


def test_every_fault_comes_once_before_any_comes_again() -> None:
    names = [one.name for one in draw(3, 300, KINDS)]
    for start in range(0, len(names) - len(KINDS) + 1, len(KINDS)):
        assert set(names[start : start + len(KINDS)]) == {"kill", "pause", "cut"}


def test_a_run_that_is_too_short_has_no_fault() -> None:
    assert draw(1, 5, KINDS) == []
    assert draw(1, 300, []) == []
