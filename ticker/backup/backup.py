"""Makes a backup of a running newsroom, and checks it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from ticker import __version__
from ticker.backup import archive
from ticker.backup.archive import Summary
from ticker.backup.snapshot import Snapshot
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.schema import check_schema


async def backup(redis: Redis, keys: Keys, path: Path) -> Summary:
    """Write the newsroom to ``path``, read the file again, and return what it contains.

    An unfinished file is removed. Raises BackupError, SchemaTooNew, Unavailable and OSError.
    """
    manifest = {
        "schema": await check_schema(redis, keys, read_only=True),
        "namespace": keys.namespace,
        "version": __version__,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with archive.Writer(path, manifest) as writer:
        await Snapshot(redis, keys).take(writer)
        writer.finish()
    return archive.check(path)
