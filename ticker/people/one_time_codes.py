"""One-time codes of an authenticator app (TOTP, RFC 6238): six digits, new every 30 seconds."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable

import pyotp

PERIOD = 30
"""Seconds for which a code is shown."""
WINDOW = 1
"""Periods before and after now whose codes are accepted, for clocks that differ (RFC 6238 §5.2)."""

_CODE = re.compile(r"[0-9]{6}", re.ASCII)


def new_secret() -> str:
    """Return a fresh secret in base32, 160 bits."""
    return pyotp.random_base32()


def address(secret: str, name: str, newsroom: str) -> str:
    """Return the ``otpauth`` address that an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=newsroom)


def matching_period(secret: str, code: str, now: float) -> int | None:
    """Return the number of the period whose code is ``code``, or None.

    ``now`` is seconds since 1970. The caller accepts a period once only (RFC 6238 section 5.2).
    """
    code = code.replace(" ", "")
    if _CODE.fullmatch(code) is None:
        return None
    at: Callable[[int], str] = pyotp.HOTP(secret).at
    newest = int(now // PERIOD)
    found = None
    for period in range(newest - WINDOW, newest + WINDOW + 1):
        if hmac.compare_digest(at(period), code):
            found = period
    return found
