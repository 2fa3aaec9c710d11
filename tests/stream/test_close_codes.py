"""Close codes: a client learns from the number whether to come back."""

from __future__ import annotations

from ticker.stream.close_codes import CloseCode


def test_the_number_says_whether_to_come_back() -> None:
    back = {code for code in CloseCode if code.come_back}
    assert back == {code for code in CloseCode if code in (1002, 1012) or 4000 <= code < 4100}
    assert all(4400 <= code < 4500 for code in set(CloseCode) - back)
