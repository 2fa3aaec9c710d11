"""The refused tokens that stop the provider, and those that do not."""

from __future__ import annotations

from ticker.push.model.token_health import ORIGINS_MAX, TokenHealth

FCM, MOZILLA, APPLE = "https://fcm.example", "https://mozilla.example", "https://apple.example"


def test_the_first_word_may_be_a_refusal() -> None:
    assert TokenHealth().refused(FCM)


def test_one_service_refuses_and_another_accepts() -> None:
    standing = TokenHealth()
    standing.accepted(FCM)
    assert not standing.refused(APPLE)
    assert not standing.refused(APPLE)


def test_it_ends_when_all_have_come_to_refuse_it() -> None:
    standing = TokenHealth()
    standing.accepted(FCM)
    standing.accepted(MOZILLA)
    assert not standing.refused(FCM)
    assert standing.refused(MOZILLA)
    assert standing.refused(FCM)


def test_a_service_that_accepts_again_counts_again() -> None:
    standing = TokenHealth()
    assert standing.refused(FCM)
    standing.accepted(FCM)
    assert not standing.refused(MOZILLA)


def test_a_service_does_not_count_for_itself() -> None:
    standing = TokenHealth()
    standing.accepted(FCM)
    assert standing.refused(FCM)


def test_services_are_bounded() -> None:
    standing = TokenHealth()
    for number in range(ORIGINS_MAX):
        standing.refused(f"https://wns-{number}.example")
    standing.accepted(FCM)
    assert standing.refused(MOZILLA), "one more is not heard"
