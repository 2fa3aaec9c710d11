"""Entries of failed sign-ins: few enough that nobody pushes others out of the audit."""

from __future__ import annotations

from ticker.people.failed_sign_ins import OF_ACCOUNT, OF_ALL, UNKNOWN, FailedSignIns

NOW = 1_000.0


def written(failed: FailedSignIns, ids: list[str]) -> list[int]:
    """Return the numbers of entries left out, of those that are written."""
    taken = [failed.take(id, NOW) for id in ids]
    return [one for one in taken if one is not None]


def test_the_entries_of_one_account_are_bounded_and_tell_how_many_have_none() -> None:
    failed = FailedSignIns()
    assert written(failed, ["ana"] * 25) == [0] * int(OF_ACCOUNT.burst)
    assert failed.take("ben", NOW) == 15
    assert failed.take("ben", NOW) == 0


def test_noise_does_not_hide_an_attack_on_somebody() -> None:
    failed = FailedSignIns()
    assert len(written(failed, [""] * 500)) == UNKNOWN.burst
    assert failed.take("ana", NOW) == 500 - UNKNOWN.burst


def test_all_accounts_together_leave_room_for_everything_else() -> None:
    failed = FailedSignIns()
    assert len(written(failed, [f"n{number}" for number in range(500)])) == OF_ALL.burst
    a_day = 86_400 * (OF_ALL.per_second + UNKNOWN.per_second)
    assert 90 * (a_day + OF_ALL.burst) < 50_000
