"""VAPID tokens: one signed JWT for each origin, refreshed before it expires (RFC 8292)."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

import jwt

from ticker.push.vapid_keys import VapidKey

VALID = 12 * 3_600
"""Seconds from now to ``exp``. A service refuses more than 24 hours (RFC 8292 §2). With twelve, our
clock may be half a day fast, and six hours slow, because tokens are renewed at half their time.
There is no ``iat``: a service would refuse one in its future."""
RENEW = VALID / 2
ORIGINS_MAX = 256
"""Origins whose token is kept. Anybody can name origins, so the least recently used is dropped; it
costs a signature when it is needed again."""


class Vapid:
    """Makes the Authorization header for each origin. ``clock``: seconds since 1970."""

    def __init__(self, key: VapidKey, contact: str, clock: Callable[[], float] = time.time) -> None:
        """``contact`` is a mailto: or https: address, or empty, which some services refuse."""
        self._key = key
        self._public = key.public
        self._contact = contact
        self._clock = clock
        self.tokens: OrderedDict[str, tuple[float, bytes]] = OrderedDict()

    def authorization(self, origin: str) -> bytes:
        """Return the header's value for requests to ``origin``."""
        now = self._clock()
        found = self.tokens.get(origin)
        # After the clock was set back a token would be kept longer than its service accepts it.
        if found is not None and 0 <= now - found[0] < RENEW:
            self.tokens.move_to_end(origin)
            return found[1]
        claims: dict[str, str | int] = {"aud": origin, "exp": int(now) + VALID}
        if self._contact:
            claims["sub"] = self._contact
        token = jwt.encode(claims, self._key.private, algorithm="ES256")
        value = f"vapid t={token}, k={self._public}".encode()
        self.tokens[origin] = now, value
        self.tokens.move_to_end(origin)
        if len(self.tokens) > ORIGINS_MAX:
            self.tokens.popitem(last=False)
        return value
