"""The verdict names the first silent hop."""

from __future__ import annotations

import pytest

from ticker.domain.health import HeartbeatTimes, judge

NOW = 1_000_000


@pytest.mark.parametrize(
    ("pulse", "tail_age", "silent"),
    [
        (HeartbeatTimes(NOW, NOW - 1_000, NOW - 1_000), 1.0, None),
        (HeartbeatTimes(NOW, NOW - 9_000, NOW - 9_000), 9.0, None),
        (HeartbeatTimes(NOW, NOW + 500, NOW + 500), 0.0, None),
        ("connection refused", 1.0, "redis"),
        (HeartbeatTimes(NOW, None, None), None, "worker"),
        (HeartbeatTimes(NOW, NOW - 9_001, NOW - 9_001), 9.1, "worker"),
        (HeartbeatTimes(NOW, NOW - 1_000, NOW - 9_001), 9.1, "relay"),
        (HeartbeatTimes(NOW, NOW - 1_000, None), None, "relay"),
        (HeartbeatTimes(NOW, NOW - 1_000, NOW - 1_000), 9.1, "tail"),
        (HeartbeatTimes(NOW, NOW - 1_000, NOW - 1_000), None, "tail"),
    ],
)
def test_first_silent_hop(
    pulse: HeartbeatTimes | str, tail_age: float | None, silent: str | None
) -> None:
    report = judge(pulse, tail_age, 3.0)
    assert report.silent == silent
    assert report.ready is (silent is None)
    assert all(hop.detail for hop in report.hops.values())


def test_a_draining_server_is_not_ready() -> None:
    report = judge(HeartbeatTimes(NOW, NOW, NOW), 0.0, 3.0, draining=True)
    assert (report.ready, report.silent) == (False, "server")
