"""Whether the default user of Redis may write, as a server that starts asks of it.

A server that starts reads its append-only file as the default user, and many versions check its
permissions for transactions then, which is what a script has written
(https://github.com/redis/redis/issues/14541, https://github.com/valkey-io/valkey/issues/3983).
"""

from __future__ import annotations

from redis.exceptions import ResponseError

from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command


async def denied_write(redis: Redis, keys: Keys) -> str | None:
    """Return a command that scripts write with and the default user may not run; None if none.

    Also None if the server does not say: it is managed, or this user may not ask. Raises RedisError
    if it cannot be reached.
    """
    writes = (
        ("XADD", keys.live, "*", "field", "value"),
        ("HSET", keys.latest, "field", "value"),
        ("SET", keys.write_check, "value"),
        ("ZADD", keys.published, "1", "member"),
        ("RPUSH", keys.log("id"), "value"),
        ("DEL", keys.private("id")),
        ("MULTI",),
        ("EXEC",),
    )
    for write in writes:
        try:
            answer = await command(redis, "ACL", "DRYRUN", "default", *write)
        except ResponseError:
            return None
        if answer != b"OK":
            return write[0]
    return None
