"""Accounts in Redis: one hash, and each change replaces a record that nobody else has changed."""

from __future__ import annotations

from collections.abc import Callable
from secrets import randbits, token_bytes

from ticker.domain.clock import rfc3339
from ticker.domain.editor import Role
from ticker.domain.errors import Conflict, NotFound, Unavailable
from ticker.domain.messages import said
from ticker.domain.text import optional
from ticker.domain.wire_author import check_name
from ticker.people.account import NAME_MAX, Account, account_id, read_account
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command, script

ACCOUNTS_MAX = 1_000
"""Accounts of a newsroom. The next one is refused."""
RACES = 5
"""Attempts of one change before giving up, when other changes keep coming first."""


class Accounts:
    """The newsroom's accounts. Methods raise Unavailable."""

    def __init__(self, redis: Redis, keys: Keys, clock: Callable[[], int]) -> None:
        """``clock`` returns milliseconds since 1970."""
        self._redis = redis
        self._keys = keys
        self._clock = clock

    async def create(
        self,
        name: str,
        role: Role,
        editions: tuple[str, ...],
        *,
        by: str,
        password: str | None,
        subject: str | None = None,
    ) -> Account:
        """Make an account; ``password`` is a hash, ``subject`` a provider's.

        Raises ValueError, or Conflict if it exists.
        """
        try:
            name = optional(name, NAME_MAX).strip()
        except ValueError as error:
            raise ValueError(f"a person's name {error}") from None
        if not name:
            raise ValueError(said("person-name", most=NAME_MAX))
        check_name(name)
        made = Account(
            name,
            role,
            editions,
            rfc3339(self._clock()),
            by,
            # Sessions of an account of that name that was removed are not this one's.
            generation=randbits(48),
            password=password,
            given_by=() if password is None else (by,),
            subject=subject,
        )
        done = await self._replace(made.id, b"", made.record())
        if done < 0:
            raise ValueError(said("accounts-full", most=ACCOUNTS_MAX))
        if not done:
            raise Conflict(said("account-exists", name=name))
        return made

    async def for_subject(
        self, subject: str, name: str, role: Role, editions: tuple[str, ...]
    ) -> tuple[Account | None, Account]:
        """Return the account of a provider's ``subject`` before and after it got these rights.

        The first is None if the account is new; it keeps the name that it had then. Raises Conflict
        if another account has the name, and ValueError as ``create`` does.
        """
        found = next((one for one in await self.listing() if one.subject == subject), None)
        if found is None:
            by = "OpenID Connect"
            made = await self.create(name, role, editions, by=by, password=None, subject=subject)
            return None, made
        return await self.replace(
            found.name,
            lambda before: before.with_rights(role, editions, before.disabled, self.now()),
        )

    async def challenge_secret(self) -> bytes:
        """Return the newsroom's secret for the challenges of passkeys; it is made once."""
        key = self._keys.passkey_secret
        with translate():
            found: bytes | None = await command(self._redis, "GET", key)
            if found is None:
                await command(self._redis, "SET", key, token_bytes(32), "NX")
                found = await command(self._redis, "GET", key)
        if not found:
            raise Unavailable("the secret of passkey challenges cannot be stored")
        return found

    def now_ms(self) -> int:
        """Return the time in milliseconds since 1970."""
        return self._clock()

    def now(self) -> str:
        """Return the time, as accounts have it (RFC 3339)."""
        return rfc3339(self._clock())

    async def get(self, name: str) -> Account:
        """Return the account ``name``, in whatever case. Raises NotFound."""
        with translate():
            record = await command(self._redis, "HGET", self._keys.accounts, account_id(name))
        if record is None:
            raise NotFound(said("no-account", name=name[:NAME_MAX]))
        return read_account(record)

    async def count(self) -> int:
        """Return how many accounts there are."""
        with translate():
            return int(await command(self._redis, "HLEN", self._keys.accounts))

    async def listing(self) -> list[Account]:
        """Return all accounts by name."""
        with translate():
            found = await command(self._redis, "HVALS", self._keys.accounts)
        return sorted(map(read_account, found), key=lambda account: account.id)

    async def change(self, name: str, change: Callable[[Account], Account]) -> Account:
        """Replace the account ``name`` by ``change`` of it; return the new one.

        Raises NotFound, Conflict if others keep changing it, and what ``change`` raises.
        """
        return (await self.replace(name, change))[1]

    async def replace(
        self, name: str, change: Callable[[Account], Account]
    ) -> tuple[Account, Account]:
        """Replace an account as ``change`` does; return it as it was, and as it is now."""
        for _ in range(RACES):
            with translate():
                before = await command(self._redis, "HGET", self._keys.accounts, account_id(name))
            if before is None:
                raise NotFound(said("no-account", name=name[:NAME_MAX]))
            old = read_account(before)
            after = change(old)
            if await self._replace(after.id, before, after.record()):
                return old, after
        raise Conflict(said("account-busy", name=name[:NAME_MAX]))

    async def remove(self, name: str) -> Account:
        """Remove the account ``name``; its sessions end. Raises NotFound."""
        account = await self.get(name)
        with translate():
            await command(self._redis, "HDEL", self._keys.accounts, account.id)
        return account

    async def _replace(self, id: str, before: bytes, after: bytes) -> int:
        done: int = await script("people", "replace")(
            self._redis, [self._keys.accounts], [id, before, after, ACCOUNTS_MAX]
        )
        return done
