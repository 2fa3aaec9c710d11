"""One-time codes: the values of RFC 6238, appendix B, cut to six digits."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlsplit

import pytest

from ticker.people.one_time_codes import address, matching_period, new_secret

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("now", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_of_the_standard(now: int, code: str) -> None:
    assert matching_period(SECRET, code, now) == now // 30
    assert matching_period(SECRET, f" {code[:3]} {code[3:]} ", now + 29) == now // 30
    assert matching_period(SECRET, code, now + 90) is None


@pytest.mark.parametrize("code", ["", "28708", "2870821", "28708a", "٢٨٧٠٨٢", "-28708"])
def test_what_is_no_code_matches_nothing(code: str) -> None:
    assert matching_period(SECRET, code, 59) is None


def test_an_authenticator_app_can_read_the_address() -> None:
    secret = new_secret()
    parts = urlsplit(address(secret, "Ana Kim", "The Harbour Post"))
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert parse_qs(parts.query) == {"secret": [secret], "issuer": ["The Harbour Post"]}
    assert len(secret) == 32
