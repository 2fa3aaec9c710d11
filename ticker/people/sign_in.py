"""Sign-in with a name, a password and, where the account has one, a one-time code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ticker.domain.errors import CodeRequired, NotFound, Unauthorised
from ticker.domain.messages import said
from ticker.people.account import NAME_MAX, Account, account_id
from ticker.people.accounts import Accounts
from ticker.people.attempts import Attempts
from ticker.people.one_time_codes import matching_period
from ticker.people.passwords import Passwords

WRONG = said("wrong-password")
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
        self._attempts = Attempts()

    async def account(self, name: str, password: str, code: str, client: str) -> Account:
        """Return the account, whose session the caller then opens for the address ``client``.

        Raises Unauthorised, CodeRequired if only the one-time code is missing or wrong, TooMany
        after many attempts, and Unavailable.
        """
        if len(name) > NAME_MAX:
            raise Unauthorised(WRONG)
        self._attempts.take(account_id(name), client, self._clock())
        try:
            found: Account | None = await self._accounts.get(name)
        except NotFound:
            found = None
        kept = None if found is None or found.disabled else found.password
        known = self._attempts.knows(account_id(name), client)
        if not await self._passwords.verify(kept, password, client, known=known) or found is None:
            raise Unauthorised(WRONG)
        if found.two_factor:
            found = await self.with_code(found, code)
        self._attempts.succeeded(found.id, client)
        return found

    async def proves(self, account: Account, password: str, client: str) -> bool:
        """Tell whether ``password`` is the one of ``account``, whose holder has a session.

        It counts as an attempt to sign in, because a stolen session must not find the password.
        Raises TooMany and Unavailable.
        """
        self._attempts.take(account.id, client, self._clock())
        return await self._passwords.verify(account.password, password, client, known=True)

    async def with_code(self, account: Account, code: str) -> Account:
        """Accept a one-time code once, and return the account.

        Raises CodeRequired, TooMany after many wrong ones, and Unavailable.
        """
        if not code:
            raise CodeRequired(said("code-asked"))
        self._attempts.check_code(account.id, self._clock())
        period = matching_period(account.secret or "", code, self._clock())
        if period is None:
            self._attempts.wrong_code(account.id, self._clock())
            raise CodeRequired(said("code-wrong"))

        def accept(now: Account) -> Account:
            if period <= now.period or now.secret != account.secret:
                raise CodeRequired(said("code-used"))
            return replace(now, period=period)

        return await self._accounts.change(account.name, accept)
