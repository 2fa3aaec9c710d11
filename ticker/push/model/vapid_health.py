"""The health of our VAPID token: the last answer of each push service.

A token that one service refuses while another accepts it is no reason to stop: the fault may be
that service's, or in something that it alone checks (Apple checks the contact). A token that all
services refuse, as when our clock is wrong by a day, is.
"""

from __future__ import annotations

ORIGINS_MAX = 256
"""Services whose answer is kept: a handful, but Edge has one for each region."""


class VapidHealth:
    """The health of one key and contact. Only the browsers' own services count."""

    def __init__(self) -> None:
        self._accepts: dict[str, bool] = {}

    def accepted(self, origin: str) -> None:
        """Record that ``origin`` accepted a message, and our token with it."""
        self._note(origin, True)

    def refused(self, origin: str) -> bool:
        """Record that ``origin`` refused our token; return whether no other service accepts it."""
        self._note(origin, False)
        return not any(accepts for other, accepts in self._accepts.items() if other != origin)

    def _note(self, origin: str, accepts: bool) -> None:
        if origin in self._accepts or len(self._accepts) < ORIGINS_MAX:
            self._accepts[origin] = accepts
