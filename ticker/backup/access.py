"""Keeps the access of a running newsroom from coming back with a backup.

Nobody signs in after a restore whose access has ended since the backup.

A backup knows keys that were revoked since, and passwords that were changed because somebody knew
them. Where the restore replaces a running newsroom, that one knows better: of the keys and accounts
in the backup those stay that it still has, with its passwords and with the lesser of both rights.
Keys and accounts that were made since the backup are lost, as everything else is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ticker.domain.editor import ROLES
from ticker.people.account import Account, read_account
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

SESSIONS = ("session:", "sessions:")
"""Keys, without their prefix, that no restore brings back: who had signed out stays so."""


@dataclass(frozen=True)
class Access:
    """The access that a restore has not brought back as it was."""

    keys: int = 0
    """Keys that were revoked since the backup."""
    accounts: int = 0
    """Accounts that were removed since."""
    changed: int = 0
    """Accounts that keep their present password, second factor or lesser rights."""
    known: bool = False
    """Whether the running newsroom had keys or accounts, so that this could be told."""


async def keep_revocations(redis: Redis, keys: Keys, staged: Keys) -> Access:
    """Remove from the stage the access that the running newsroom does not give any more."""
    with translate():
        if not await command(redis, "EXISTS", keys.editors, keys.accounts):
            return Access()
        digests: set[bytes] = set(await command(redis, "HKEYS", keys.editors))
        then = await command(redis, "HKEYS", staged.editors)
        revoked = [one for one in then if one not in digests]
        if revoked:
            await command(redis, "HDEL", staged.editors, *revoked)
        now = await command(redis, "HGETALL", keys.accounts)
        removed = changed = 0
        for id, record in (await command(redis, "HGETALL", staged.accounts)).items():
            before = read_account(record)
            after = _narrowed(before, read_account(now[id])) if id in now else None
            if after is None:
                await command(redis, "HDEL", staged.accounts, id)
                removed += 1
            elif after != before:
                await command(redis, "HSET", staged.accounts, id, after.record())
                changed += 1
    return Access(len(revoked), removed, changed, True)


def _narrowed(then: Account, now: Account) -> Account | None:
    """Return the account as it is now, with no right that it had not in the backup.

    None for another account, which has the name since the first one was removed.
    """
    if then.created_at != now.created_at:
        return None
    editions = now.editions or then.editions
    if now.editions and then.editions:
        editions = tuple(one for one in now.editions if one in then.editions)
    nowhere = bool(now.editions and then.editions and not editions)
    return replace(
        now,
        role=min(then.role, now.role, key=ROLES.index),
        editions=editions,
        disabled=then.disabled or now.disabled or nowhere,
    )
