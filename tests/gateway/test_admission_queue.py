"""The admission queue lets a storm in by turns, in order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from ticker.gateway.admission_queue import (
    PER_TURN,
    REQUEST_TURNS,
    TURN_SECONDS,
    WAITING_MAX,
    AdmissionQueue,
)

CLIENT = "192.0.2.1"


def still() -> float:
    """Return the time of a clock that stands still: a turn is as long as its work.

    By a real one, a process that another one delays by 0.3 ms ends its turn.
    """
    return 0.0


def start(started: list[int], number: int) -> bool:
    started.append(number)
    return True


def test_a_storm_is_admitted_by_turns_in_order() -> None:
    turns: list[Callable[[], None]] = []
    served: list[int] = []
    queue = AdmissionQueue(turns.append, still)
    for number in range(3 * PER_TURN + 1):
        queue.add(CLIENT, partial(served.append, number))
    sizes = []
    while turns:
        assert len(turns) == 1, "one turn at a time"
        turns.pop()()
        sizes.append(len(served))
    assert sizes == [PER_TURN, 2 * PER_TURN, 3 * PER_TURN, 3 * PER_TURN + 1]
    assert served == sorted(served)
    queue.add(CLIENT, lambda: served.append(-1))
    turns.pop()()
    assert served[-1] == -1


def test_a_connection_that_fails_does_not_keep_the_others_out() -> None:
    turns: list[Callable[[], None]] = []
    served: list[int] = []
    queue = AdmissionQueue(turns.append, still)
    queue.add(CLIENT, partial(served.remove, 0))
    queue.add(CLIENT, partial(served.append, 1))
    with pytest.raises(ValueError, match="not in list"):
        turns.pop()()
    turns.pop()()
    assert served == [1]


class Ending:
    """A transport whose peer sends no more."""

    def __init__(self, *, half: bool = True) -> None:
        self.half = half
        self.closed = False

    def can_write_eof(self) -> bool:
        return self.half

    def close(self) -> None:
        self.closed = True


def test_connections_that_end_together_are_closed_by_turns() -> None:
    turns: list[Callable[[], None]] = []
    queue = AdmissionQueue(turns.append, still)
    ended: list[Any] = [Ending() for _ in range(2 * PER_TURN)]
    assert all(queue.add_end(CLIENT, one) for one in ended)
    assert not any(one.closed for one in ended)
    turns.pop()()
    assert sum(one.closed for one in ended) == PER_TURN
    turns.pop()()
    assert all(one.closed for one in ended)
    over_tls: Any = Ending(half=False)
    assert not queue.add_end(CLIENT, over_tls), "the loop closes it at once"


def test_changes_of_subscriptions_come_after_new_connections() -> None:
    turns: list[Callable[[], None]] = []
    served: list[str] = []
    queue = AdmissionQueue(turns.append, still)
    queue.add_change(CLIENT, lambda: served.append("change"))
    queue.add(CLIENT, lambda: served.append("new"))
    assert len(queue) == 2
    turns.pop()()
    assert served == ["new", "change"]
    assert not turns


def test_a_turn_ends_when_its_time_is_over() -> None:
    turns: list[Callable[[], None]] = []
    now = [0.0]
    queue = AdmissionQueue(turns.append, lambda: now[0])

    def slow() -> None:
        now[0] += TURN_SECONDS / 2

    for _ in range(5):
        queue.add_change(CLIENT, slow)
    left = []
    while turns:
        turns.pop()()
        left.append(len(queue))
    assert left == [3, 1, 0]


def test_few_requests_start_because_their_work_comes_after_the_turn() -> None:
    turns: list[Callable[[], None]] = []
    started: list[int] = []
    admitted: list[int] = []
    queue = AdmissionQueue(turns.append, still)
    for number in range(5):
        queue.add_request(CLIENT, partial(start, started, number))
        queue.add(CLIENT, partial(admitted.append, number))
    assert started == [0], "nothing waited for it"
    sizes = []
    while turns:
        turns.pop()()
        sizes.append((len(started), len(admitted)))
    assert sizes == [(min(5, turn // REQUEST_TURNS), 5) for turn in range(4, 4 + len(sizes))]
    assert len(sizes) < 6 * REQUEST_TURNS
    queue.add_request(CLIENT, partial(start, started, 5))
    assert started[-1] == 5, "nothing waits, and no request has started in the last turns"


def test_an_event_on_its_way_waits_for_one_request_at_most() -> None:
    turns: list[Callable[[], None]] = []
    started: list[int] = []
    queue = AdmissionQueue(turns.append, still)
    for number in range(20):
        queue.add_request(CLIENT, partial(start, started, number))
    before = [1]
    while turns and len(queue):
        turns.pop()()
        before.append(len(started))
    passed = zip(before, before[REQUEST_TURNS:], strict=False)
    assert {later - earlier for earlier, later in passed} == {1}


def test_what_open_connections_send_is_read_beside_new_ones_without_end() -> None:
    turns: list[Callable[[], None]] = []
    now = [0.0]
    read: list[int] = []
    queue = AdmissionQueue(turns.append, lambda: now[0])

    def admit() -> None:
        now[0] += TURN_SECONDS
        queue.add(CLIENT, admit)

    queue.add(CLIENT, admit)
    for number in range(3):
        queue.add_change(CLIENT, partial(read.append, number))
    for number in range(1, 4):
        turns.pop()()
        assert len(read) == number


def test_the_queue_has_a_bound() -> None:
    queue = AdmissionQueue(lambda turn: None, still)
    for _ in range(WAITING_MAX):
        assert not queue.full
        queue.add(CLIENT, lambda: None)
    assert queue.full


def test_a_process_without_readers_starts_a_request_in_each_turn() -> None:
    turns: list[Callable[[], None]] = []
    started: list[int] = []
    queue = AdmissionQueue(turns.append, still, request_turns=1)
    for number in range(3):
        queue.add_request(CLIENT, partial(start, started, number))
    assert started == [0], "nothing else waits"
    for number in (1, 2):
        turns.pop()()
        assert started == list(range(number + 1))
    assert not turns


def test_a_request_waits_for_one_of_each_client_that_has_many() -> None:
    turns: list[Callable[[], None]] = []
    started: list[int] = []
    queue = AdmissionQueue(turns.append, still)
    for number in range(20):
        queue.add_request(CLIENT, partial(start, started, number))
    queue.add_request("192.0.2.2", partial(start, started, -1))
    while turns:
        turns.pop()()
    assert started[:4] == [0, 1, -1, 2]
    assert len(started) == 21


def test_requests_of_clients_that_have_left_take_no_turns_from_others() -> None:
    turns: list[Callable[[], None]] = []
    started: list[int] = []
    queue = AdmissionQueue(turns.append, still)
    queue.add_request(CLIENT, partial(start, started, 0))
    for _ in range(PER_TURN):
        queue.add_request(CLIENT, lambda: False)
    queue.add_request(CLIENT, partial(start, started, 1))
    for _ in range(REQUEST_TURNS):
        turns.pop()()
    assert started == [0]
    assert len(queue) == 1, "all of them in one turn"
    turns.pop()()
    assert started == [0, 1]


def test_a_connection_waits_for_one_of_each_client_that_has_many() -> None:
    turns: list[Callable[[], None]] = []
    served: list[int] = []
    queue = AdmissionQueue(turns.append, still)
    for number in range(20):
        queue.add(CLIENT, partial(served.append, number))
    queue.add("192.0.2.2", partial(served.append, -1))
    turns.pop()()
    assert served[:3] == [0, -1, 1]


def test_a_change_waits_for_one_of_each_client_that_has_many() -> None:
    turns: list[Callable[[], None]] = []
    served: list[int] = []
    ended: Any = Ending()
    queue = AdmissionQueue(turns.append, still)
    for number in range(300):
        queue.add_change(CLIENT, partial(served.append, number))
    queue.add_change("192.0.2.2", partial(served.append, -1))
    queue.add_change("192.0.2.2", partial(served.append, -2))
    queue.add_end("192.0.2.3", ended)
    turns.pop()()
    assert served == [0, -1, 1, -2, 2, 3, 4]
    assert ended.closed
