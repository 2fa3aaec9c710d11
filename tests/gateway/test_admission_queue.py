"""A storm comes in by turns."""

from __future__ import annotations

from collections.abc import Callable

from ticker.gateway.admission_queue import PER_TURN, AdmissionQueue


def test_a_storm_is_let_in_by_turns_in_order() -> None:
    turns: list[Callable[[], None]] = []
    served: list[int] = []
    lobby = AdmissionQueue(turns.append)
    for number in range(3 * PER_TURN + 1):
        lobby.enter(lambda number=number: served.append(number))  # type: ignore[misc]
    sizes = []
    while turns:
        assert len(turns) == 1, "one turn at a time"
        turns.pop()()
        sizes.append(len(served))
    assert sizes == [PER_TURN, 2 * PER_TURN, 3 * PER_TURN, 3 * PER_TURN + 1]
    assert served == sorted(served)
    lobby.enter(lambda: served.append(-1))
    turns.pop()()
    assert served[-1] == -1
