"""Times as text and as milliseconds, and ids that sort by time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ticker.domain.clock import new_id, parse_ms, rfc3339, to_ms

MS = st.integers(0, 32_503_680_000_000)  # to the year 3000


@given(MS)
@example(4_187_753)  # as a float of seconds it has no exact value: a millisecond was lost
def test_a_time_survives_being_written(ms: int) -> None:
    assert parse_ms(rfc3339(ms)) == ms


@given(st.integers(-2_208_988_800_000, 32_503_680_000_000))  # from the year 1900
def test_a_time_is_written_as_python_writes_it(ms: int) -> None:
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    assert rfc3339(ms) == f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


def test_a_time_is_utc_with_milliseconds() -> None:
    assert rfc3339(1_764_000_000_007) == "2025-11-24T16:00:00.007Z"
    assert to_ms(datetime(2025, 11, 24, 16, tzinfo=UTC)) == 1_764_000_000_000


@pytest.mark.parametrize("text", ["", "yesterday", "2025-11-24T16:00:00"])
def test_text_without_a_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is Python's own
        parse_ms(text)


@given(MS, MS, st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_ids_sort_by_time(one: int, other: int, chance: bytes, more: bytes) -> None:
    first, second = new_id(one, chance), new_id(other, more)
    assert len(first) == len(second) == 26
    if one < other:
        assert first < second
