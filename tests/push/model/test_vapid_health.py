"""The refused tokens that stop the provider, and those that do not."""

from __future__ import annotations

from ticker.push.model.vapid_health import ORIGINS_MAX, VapidHealth

FCM, MOZILLA, APPLE = "https://fcm.example", "https://mozilla.example", "https://apple.example"


def test_the_first_word_may_be_a_refusal() -> None:
    assert VapidHealth().refused(FCM)


def test_one_service_refuses_and_another_accepts() -> None:
    standing = VapidHealth()
    standing.accepted(FCM)
    assert not standing.refused(APPLE)
    assert not standing.refused(APPLE)


def test_it_ends_when_all_have_come_to_refuse_it() -> None:
    standing = VapidHealth()
    standing.accepted(FCM)
    standing.accepted(MOZILLA)
    assert not standing.refused(FCM)
    assert standing.refused(MOZILLA)
    assert standing.refused(FCM)


def test_a_service_that_accepts_again_counts_again() -> None:
    standing = VapidHealth()
    assert standing.refused(FCM)
    standing.accepted(FCM)
    assert not standing.refused(MOZILLA)


def test_a_service_does_not_count_for_itself() -> None:
    standing = VapidHealth()
    standing.accepted(FCM)
    assert standing.refused(FCM)


def test_services_are_bounded() -> None:
    standing = VapidHealth()
    for number in range(ORIGINS_MAX):
        standing.refused(f"https://wns-{number}.example")
    standing.accepted(FCM)
    assert standing.refused(MOZILLA), "one more is not heard"
