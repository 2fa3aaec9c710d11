"""The version of the form in which Ticker keeps its data in Redis.

``SCHEMA`` grows with every change that an older version of Ticker cannot read. The key ``schema``
holds the version of the data; it is checked when a process starts.
"""

from __future__ import annotations

from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

SCHEMA = 1


class SchemaTooNew(Exception):
    """The data in Redis is of a newer version of Ticker than this one."""

    def __init__(self, found: int) -> None:
        super().__init__(
            f"the data has schema {found}, and this version of Ticker reads up to {SCHEMA}: "
            "install the newer version again, or restore a backup from before the upgrade"
        )
        self.found = found


async def check_schema(redis: Redis, keys: Keys, *, read_only: bool = False) -> int:
    """Return the schema of the data, which is set for an empty newsroom.

    With ``read_only`` nothing is set: the caller's user of Redis may only read, and another process
    notes it. Raises SchemaTooNew, and Unavailable when Redis is away.
    """
    with translate():
        known = await command(redis, "GET", keys.schema)
        if known is None:
            if read_only:
                return SCHEMA
            await command(redis, "SET", keys.schema, SCHEMA, "NX")
            known = await command(redis, "GET", keys.schema)
    found = int(known)
    if found > SCHEMA:
        raise SchemaTooNew(found)
    return found
