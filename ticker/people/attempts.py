"""Attempts to sign in: how many are allowed for a name from an address, and for a name in all.

The first bound stops guessing from one network. Nobody elsewhere can use it up, so nobody can lock
an editor out. The second one stops guessing from many addresses. It is far larger, and it does not
hold for an address from which the person has signed in before: whoever uses it up keeps editors
out of new places only (NIST SP 800-63B-4, section 3.2.2, names both means).

A wrong one-time code is bounded by the name alone. Only those who know the password can send one,
so nobody else can use that bound up either (RFC 4226, section 7.3).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from ticker.domain.client_address import groups
from ticker.domain.errors import TooMany
from ticker.domain.messages import said
from ticker.domain.token_buckets import Budget, Rate
from ticker.domain.usage_table import Debts

FROM_ADDRESS = Rate(10, 1 / 60)
"""Attempts for one name from one IPv4 address or IPv6 /64; four times as many from a /48."""
FOR_NAME = Rate(300, 1 / 10)
"""Attempts for one name from all new addresses together: 8,940 in a day. One address, and one /48,
uses up fewer than come in, so it takes several networks to reach this bound."""
CODES = Rate(10, 1 / 300)
"""Wrong one-time codes of one account: 298 in a day, of which each finds a code with a chance of
three in a million."""
KNOWN_MAX = 4_096
"""Names with an address from which they have signed in that a process remembers; the ones that were
used least recently go first."""


class Attempts:
    """The attempts in one web process. ``now`` is seconds of one clock."""

    def __init__(self) -> None:
        self._from_address = Budget(FROM_ADDRESS, Debts.own())
        self._for_name = Budget(FOR_NAME, Debts.own())
        self._codes = Budget(CODES, Debts.own())
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def take(self, id: str, client: str, now: float) -> None:
        """Count an attempt for the account ``id`` from ``client``. Raises TooMany."""
        networks = groups(client)
        spent = self._from_address.take(_pairs(id, networks), now)
        if spent is not None:
            raise TooMany(said("sign-in-attempts"), spent.seconds)
        if self.knows(id, client):
            return
        spent = self._for_name.take((id,), now)
        if spent is not None:
            raise TooMany(said("sign-in-addresses"), spent.seconds)

    def knows(self, id: str, client: str) -> bool:
        """Tell whether the account ``id`` has signed in from ``client`` before."""
        return (id, groups(client)[0]) in self._known

    def succeeded(self, id: str, client: str) -> None:
        """Remember that the account ``id`` has signed in from ``client``."""
        pair = id, groups(client)[0]
        self._known[pair] = None
        self._known.move_to_end(pair)
        if len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)

    def check_code(self, id: str, now: float) -> None:
        """Raise TooMany after many wrong one-time codes of the account ``id``."""
        spent = self._codes.spent((id,), now)
        if spent is not None:
            raise TooMany(said("wrong-codes"), spent.seconds)

    def wrong_code(self, id: str, now: float) -> None:
        """Count a wrong one-time code."""
        self._codes.take((id,), now)


def _pairs(id: str, networks: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{network} {id}" for network in networks)
