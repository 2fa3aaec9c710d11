from __future__ import annotations

import pytest

from ticker.domain.retry_after import seconds

NOW = 1_795_514_400.0
"""2026-11-24 10:00:00 UTC."""


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        (None, None),
        ("120", 120.0),
        (b"120", 120.0),
        (" 0 ", 0.0),
        ("9" * 500, 3_600.0),
        ("Tue, 24 Nov 2026 10:02:00 GMT", 120.0),
        (b"Tue, 24 Nov 2026 10:02:00 -0000", 120.0),
        ("Tue, 24 Nov 2026 09:00:00 GMT", 0.0),
        ("Tue, 24 Nov 2099 09:00:00 GMT", 3_600.0),
        ("Tue, 24 Nov 9999 23:59:59 -9999", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
        ("²", None),
        (b"\xb2", None),
    ],
)
def test_seconds_and_dates_are_read_within_the_bound(
    value: bytes | str | None, wait: float | None
) -> None:
    assert seconds(value, NOW, longest=3_600.0) == wait
