"""Do push services take our token: the last word of each, and what follows from all of them.

A token that one service refuses while another takes it is no reason to stop telling everybody: the
fault may be that service's, or in something that it alone looks at (Apple at the contact). One that
all refuse, as when our clock is wrong by a day, is.
"""

from __future__ import annotations

ORIGINS_MAX = 256
"""Services whose word is kept: a handful, but Edge has one for each region. More are not heard."""


class TokenHealth:
    """Of one key and contact. Only the browsers' own services are asked."""

    def __init__(self) -> None:
        self._takes: dict[str, bool] = {}

    def accepted(self, origin: str) -> None:
        """Note that ``origin`` took a message of ours, and our token with it."""
        self._note(origin, True)

    def refused(self, origin: str) -> bool:
        """Note that ``origin`` refused our token; return whether no other service takes it."""
        self._note(origin, False)
        return not any(takes for other, takes in self._takes.items() if other != origin)

    def _note(self, origin: str, takes: bool) -> None:
        if origin in self._takes or len(self._takes) < ORIGINS_MAX:
            self._takes[origin] = takes
