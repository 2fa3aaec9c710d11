"""The delays before restarts, with invented times."""

from __future__ import annotations

from ticker.runtime.restart_policy import RestartPolicy


def test_pauses_double_up_to_a_bound_and_there_is_no_restart_after_the_limit() -> None:
    restarts = RestartPolicy(limit=9)
    pauses = [restarts.crashed(now) for now in range(9)]
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, None]


def test_old_crashes_do_not_count() -> None:
    restarts = RestartPolicy(limit=3)
    assert [restarts.crashed(now) for now in (0.0, 50.0, 61.0, 130.0)] == [0.1, 0.2, 0.2, 0.1]


def test_a_child_that_is_tried_again_waits_ever_longer_until_it_has_run_for_a_while() -> None:
    restarts = RestartPolicy(limit=2)
    assert [restarts.crashed(0.0), restarts.crashed(1.0)] == [0.1, None]
    assert [restarts.retry(float(now)) for now in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert restarts.crashed(100.0) is None  # the window has no crash, but it never ran for long
    assert restarts.retry(100.0) == 60
    assert restarts.crashed(300.0) == 0.1
    assert [restarts.crashed(300.1), restarts.retry(300.1)] == [None, 1]
