"""Choose the failed attempts to sign in that get an entry in the audit. Pure.

Anybody can fail to sign in, and the audit has room for a bounded number of entries. So a process
writes at most about 400 a day: together 36,000 in ``audit_days``, of the 100,000 that
``audit_entries_max`` keeps. Each entry has the number of those before it that got none.

Entries for names without an account have a bound of their own: noise does not hide an attack on
somebody. They do not have the name, because people type passwords into the wrong field.
"""

from __future__ import annotations

from ticker.domain.token_buckets import Budget, Rate
from ticker.domain.usage_table import Debts

OF_ACCOUNT = Rate(10, 1 / 600)
"""Entries of one account."""
OF_ALL = Rate(60, 1 / 300)
"""Entries of all accounts together."""
UNKNOWN = Rate(10, 1 / 900)
"""Entries for names and keys that do not exist."""


class FailedSignIns:
    """The entries of one web process. ``now`` is seconds of one clock."""

    def __init__(self) -> None:
        self._accounts = Budget(OF_ACCOUNT, Debts.own(), OF_ALL)
        self._unknown = Budget(UNKNOWN, Debts.own())
        self._left_out = 0

    def take(self, id: str, now: float) -> int | None:
        """Return how many got no entry since the last one; None if this one gets none either.

        ``id`` is that of the account; empty if there is none.
        """
        spent = self._accounts.take((id,), now) if id else self._unknown.take(("",), now)
        if spent is not None:
            self._left_out += 1
            return None
        left_out, self._left_out = self._left_out, 0
        return left_out
