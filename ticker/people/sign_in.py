"""Sign-in with a name, a password and, where the account has one, a one-time code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ticker.domain.errors import CodeRequired, NotFound, TooMany, Unauthorised
from ticker.domain.token_buckets import Budget, Rate
from ticker.domain.usage_table import Debts
from ticker.people.account import NAME_MAX, Account, account_id
from ticker.people.accounts import Accounts
from ticker.people.one_time_codes import matching_period
from ticker.people.passwords import Passwords

TRIES = Rate(10, 1 / 30)
"""Attempts to sign in to one account, wherever they come from, in each web process."""

WRONG = "the name or the password is wrong"
"""The same for an unknown account, a disabled one, and a wrong password."""


class SignIn:
    """Decides whether a person is the one that an account belongs to."""

    def __init__(
        self, accounts: Accounts, passwords: Passwords, clock: Callable[[], float]
    ) -> None:
        """``clock`` is seconds since 1970."""
        self._accounts = accounts
        self._passwords = passwords
        self._clock = clock
        self._tries = Budget(TRIES, Debts.own())

    async def account(self, name: str, password: str, code: str = "") -> Account:
        """Return the account, whose session the caller then opens.

        Raises Unauthorised, CodeRequired if only the one-time code is missing or wrong, TooMany
        after many attempts for this name, and Unavailable.
        """
        if len(name) > NAME_MAX:
            raise Unauthorised(WRONG)
        spent = self._tries.take((account_id(name),), self._clock())
        if spent is not None:
            raise TooMany("too many attempts to sign in with this name", spent.seconds)
        try:
            found: Account | None = await self._accounts.get(name)
        except NotFound:
            found = None
        kept = None if found is None or found.disabled else found.password
        if not await self._passwords.verify(kept, password) or found is None:
            raise Unauthorised(WRONG)
        return await self.with_code(found, code) if found.two_factor else found

    async def with_code(self, account: Account, code: str) -> Account:
        """Accept a one-time code once, and return the account. Raises CodeRequired, Unavailable."""
        if not code:
            raise CodeRequired("enter the code that your authenticator app shows")
        period = matching_period(account.secret or "", code, self._clock())
        if period is None:
            raise CodeRequired("the code is wrong or too old; enter the one that is shown now")

        def accept(now: Account) -> Account:
            if period <= now.period or now.secret != account.secret:
                raise CodeRequired("the code has been used already; wait for the next one")
            return replace(now, period=period)

        return await self._accounts.change(account.name, accept)
