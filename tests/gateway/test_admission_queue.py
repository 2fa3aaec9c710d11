"""The admission queue lets a storm in by turns, in order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from ticker.gateway.admission_queue import PER_TURN, AdmissionQueue


def test_a_storm_is_admitted_by_turns_in_order() -> None:
    turns: list[Callable[[], None]] = []
    served: list[int] = []
    queue = AdmissionQueue(turns.append)
    for number in range(3 * PER_TURN + 1):
        queue.add(partial(served.append, number))
    sizes = []
    while turns:
        assert len(turns) == 1, "one turn at a time"
        turns.pop()()
        sizes.append(len(served))
    assert sizes == [PER_TURN, 2 * PER_TURN, 3 * PER_TURN, 3 * PER_TURN + 1]
    assert served == sorted(served)
    queue.add(lambda: served.append(-1))
    turns.pop()()
    assert served[-1] == -1


def test_a_connection_that_fails_does_not_keep_the_others_out() -> None:
    turns: list[Callable[[], None]] = []
    served: list[int] = []
    queue = AdmissionQueue(turns.append)
    queue.add(partial(served.remove, 0))
    queue.add(partial(served.append, 1))
    with pytest.raises(ValueError, match="not in list"):
        turns.pop()()
    turns.pop()()
    assert served == [1]
