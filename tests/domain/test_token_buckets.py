"""Token buckets by client, wider network and for all."""

from __future__ import annotations

from ticker.domain.token_buckets import WIDER, Budget, Rate, Spent
from ticker.domain.usage_table import Debts

MINUTE = Rate(3, 1 / 60)


def taken(budget: Budget, now: float, times: int, *groups: str) -> list[int]:
    """Take so many times; return 0 for each token and the seconds to wait for each refusal."""
    answers = [budget.take(groups or ("a",), now) for _ in range(times)]
    return [0 if answer is None else answer.seconds for answer in answers]


def test_a_burst_and_then_one_at_a_time() -> None:
    budget = Budget(MINUTE, Debts.own())
    assert taken(budget, 0.0, 5) == [0, 0, 0, 60, 60]
    assert taken(budget, 45.5, 1) == [15]
    assert taken(budget, 60.0, 2) == [0, 60]
    assert taken(budget, 119.5, 1) == [1]


def test_what_was_served_is_paid_later_if_the_tokens_are_not_there() -> None:
    budget = Budget(MINUTE, Debts.own())
    assert taken(budget, 0.0, 1, "host", "provider") == [0]
    budget.pay(("host", "provider"), 4, 0.0)
    assert taken(budget, 0.0, 1, "host", "provider") == [180]
    assert taken(budget, 120.0, 1, "host", "provider") == [60]
    assert taken(budget, 180.0, 2, "host", "provider") == [0, 60]
    waits = [taken(budget, 180.0, 9, f"h{n}", "provider")[-1] for n in range(4)]
    assert waits == [60, 60, 60, 15], "the network has paid as well"


def test_what_a_client_and_its_network_owe_has_a_bound() -> None:
    budget = Budget(MINUTE, Debts.own())
    for _ in range(1_000):
        budget.pay(("host", "provider"), 100, 0.0)
    assert taken(budget, 0.0, 1, "host", "provider") == [60 * (3 + 1)]
    assert taken(budget, 0.0, 1, "neighbour", "provider") == [15 * (3 * WIDER + 1)]


def test_what_one_client_was_served_refuses_nobody_else() -> None:
    budget = Budget(MINUTE, Debts.own(), all_rate=Rate(9, 1 / 60))
    for _ in range(1_000):
        budget.pay(("greedy", "provider"), 100, 0.0)
    assert taken(budget, 0.0, 1, "other", "elsewhere") == [0]


def test_a_client_that_waited_long_has_the_burst_again_and_no_more() -> None:
    budget = Budget(MINUTE, Debts.own())
    assert taken(budget, 0.0, 4) == [0, 0, 0, 60]
    assert taken(budget, 86_400.0, 4) == [0, 0, 0, 60]


def test_one_client_does_not_make_another_wait() -> None:
    budget = Budget(Rate(1, 1 / 60), Debts.own())
    assert [taken(budget, 0.0, 1, client) for client in ("a", "a", "b")] == [[0], [60], [0]]


def test_processes_with_the_same_debts_are_one_and_each_has_its_own_ceiling() -> None:
    debts = Debts.own()
    one, other = (Budget(MINUTE, debts, all_rate=Rate(4, 1 / 60)) for _ in range(2))
    assert taken(one, 0.0, 2) + taken(other, 0.0, 2) == [0, 0, 0, 60]
    assert taken(one, 0.0, 1) == [60]
    assert taken(other, 60.0, 1) == [0]
    assert taken(one, 60.0, 1) == [60]
    assert taken(one, 60.0, 3, "b") == [0, 0, 0]
    assert taken(other, 60.0, 1, "c") == [0], "the other process has used up its ceiling, this not"


def test_thousands_of_clients_that_spend_a_little_hinder_nobody() -> None:
    budget = Budget(Rate(20, 1.0), Debts.own())
    for number in range(5_000):
        assert budget.take((f"client{number}",), 0.0) is None
    for number in range(100):
        assert taken(budget, 0.0, 19, f"other{number}") == [0] * 19


def test_a_wider_network_has_a_ceiling_and_forgets_like_a_client() -> None:
    budget = Budget(Rate(1, 1 / 60), Debts.own())
    said = [taken(budget, 0.0, 1, f"host{n}", "provider") for n in range(WIDER + 2)]
    assert said == [[0]] * WIDER + [[15]] * 2
    assert taken(budget, 0.0, 1, "elsewhere", "other") == [0]


def test_all_clients_together_have_a_ceiling() -> None:
    budget = Budget(Rate(2, 1.0), Debts.own(), all_rate=Rate(3, 0.5))
    answers = [budget.take((client,), 0.0) for client in "abcd"]
    assert answers == [None, None, None, Spent(2, by_all=True)]
    assert budget.take(("d",), 2.0) is None, "a refusal takes nothing"


def test_a_client_that_is_refused_uses_up_nobody_elses_share() -> None:
    budget = Budget(Rate(1, 1 / 60), Debts.own(), all_rate=Rate(3, 1 / 60))
    assert taken(budget, 0.0, 50, "greedy", "net") == [0] + [60] * 49
    assert taken(budget, 0.0, 1, "other", "net") == [0]
    assert taken(budget, 0.0, 1, "third", "net") == [0]


def test_a_burst_of_hundredths_of_a_second_is_complete() -> None:
    for now in (1e6 + 0.1, 1.8e9 + 0.1):
        budget = Budget(Rate(2_000, 100.0), Debts.own())
        assert taken(budget, now, 2_001) == [0] * 2_000 + [1]


def test_asking_spends_nothing() -> None:
    budget = Budget(Rate(1, 1 / 60), Debts.own())
    for _ in range(5):
        assert budget.spent(("a",), 0.0) is None
    assert taken(budget, 0.0, 1) == [0]
    assert budget.spent(("a",), 0.0) == Spent(60, by_all=False)
