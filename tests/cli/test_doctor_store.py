"""The check of Redis' clock, which decides when an embargo ends."""

from __future__ import annotations

import pytest

from ticker.cli.doctor_store import store_clock


@pytest.mark.parametrize(
    ("micros", "told"),
    [
        (1_000_004_000_000, ["in sync with the local one"]),
        (1_003_600_000_000, ["the local clock is 3600 s behind that of Redis"]),
        (996_400_000_000, ["the local clock is 3600 s ahead of that of Redis"]),
        (None, []),
    ],
)
def test_the_clock_of_redis_is_compared(micros: int | None, told: list[str]) -> None:
    info = {} if micros is None else {"server_time_usec": micros}
    assert [check.detail for check in store_clock(info, 1_000_000.0)] == told
