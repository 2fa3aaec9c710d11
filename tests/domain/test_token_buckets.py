from __future__ import annotations

from ticker.domain.token_buckets import Allowance


def test_a_burst_and_then_one_at_a_time() -> None:
    allowance = Allowance(burst=3, every=60.0, clients=10)
    assert [allowance.take("a", 0.0) for _ in range(5)] == [0, 0, 0, 60, 60]
    assert allowance.take("a", 45.5) == 15
    assert [allowance.take("a", 60.0) for _ in range(2)] == [0, 60]
    assert allowance.take("a", 119.5) == 1


def test_whoever_waited_long_has_the_burst_again_and_no_more() -> None:
    allowance = Allowance(burst=2, every=60.0, clients=10)
    assert [allowance.take("a", 0.0) for _ in range(3)] == [0, 0, 60]
    assert [allowance.take("a", 86_400.0) for _ in range(3)] == [0, 0, 60]


def test_one_client_does_not_make_another_wait() -> None:
    allowance = Allowance(burst=1, every=60.0, clients=10)
    assert [allowance.take(client, 0.0) for client in ("a", "a", "b")] == [0, 60, 0]


def test_the_client_not_seen_for_longest_is_forgotten_at_the_bound() -> None:
    allowance = Allowance(burst=1, every=60.0, clients=2)
    for client in ("a", "b", "a", "c"):  # "b" goes
        allowance.take(client, 0.0)
    assert len(allowance) == 2
    assert [allowance.take(client, 0.0) for client in ("a", "b")] == [60, 0]
    allowance.clear()
    assert len(allowance) == 0
