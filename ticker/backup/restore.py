"""Restores a backup, into an empty newsroom or in the place of a running one.

The keys are prepared beside those of the newsroom and put in their place in one script, so readers
and editors see the one state or the other. The restored lane begins an epoch at its end: a reader
whose cursor is at or before it goes on, and one that has seen more gets a reset.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ticker.backup import archive
from ticker.backup.access import SESSIONS, Access, keep_revocations
from ticker.backup.archive import BackupError, Part, Summary
from ticker.config import Settings
from ticker.domain.cursor import StreamId
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis, RedisError, translate
from ticker.storage.keys import Keys
from ticker.storage.schema import SCHEMA, SchemaTooNew
from ticker.storage.scripts import Arg, command, pipeline, script
from ticker.stream.lane_store import LaneStore

BATCH = 500
"""Commands in one pipeline."""
BY = "restore"


@dataclass(frozen=True)
class Restored:
    """The result of a restore."""

    summary: Summary
    keys: int
    retracted: int
    """Items that were retracted after the backup, and are again."""
    lost: int
    """Events in the lane before the restore that are not in the backup."""
    access: Access
    """The keys and accounts that are not as they were in the backup."""


class NotEmpty(BackupError):
    """The newsroom has data, and the restore was not forced."""


async def restore(
    redis: Redis, settings: Settings, path: Path, *, force: bool, old_access: bool = False
) -> Restored:
    """Restore ``path``. Raises BackupError, SchemaTooNew, and Unavailable when Redis is away.

    Without ``force``, a newsroom with data is left alone (NotEmpty). With ``old_access``, keys and
    accounts are those of the backup also where the running newsroom has ended them since.
    """
    summary = archive.check(path)
    if summary.schema > SCHEMA:
        raise SchemaTooNew(summary.schema)
    keys = Keys(settings.namespace)
    lane = LaneStore(redis, keys)
    with translate():
        there = bool(await command(redis, "EXISTS", keys.wire, keys.live, keys.latest))
    if there and not force:
        raise NotEmpty(f"the newsroom {settings.namespace} has data; --force replaces it")
    stage = f"restore:{os.urandom(6).hex()}:"
    staged = Keys(settings.namespace, stage)
    async with _removed_at_last(redis, staged.prefix):
        await _load(redis, staged, path)
        current = (await lane.timeline()).epoch
        prepared = LaneStore(redis, staged)
        await prepared.open()
        # Greater than any epoch that readers can know of this newsroom.
        epoch = await prepared.new_epoch(
            max(current, (await prepared.timeline()).epoch), damaged=False
        )
        retracted = await _retract_again(redis, settings, keys, staged)
        lost = await _events_after(redis, keys, summary.top) if there else 0
        access = Access() if old_access else await keep_revocations(redis, keys, staged)
        epoch = (await prepared.timeline()).epoch
        swapped = await script("backup", "swap")(
            redis, [staged.epochs, staged.live], [keys.prefix, staged.prefix, epoch]
        )
    if swapped < 0:
        raise BackupError("another server took over during the restore; nothing is changed")
    return Restored(summary, int(swapped), retracted, lost, access)


@asynccontextmanager
async def _removed_at_last(redis: Redis, prefix: str) -> AsyncIterator[None]:
    """Delete what is left of a stage: nothing, if it was put in place."""
    try:
        yield
    finally:
        with translate():
            cursor: Any = 0
            while True:
                cursor, names = await command(
                    redis, "SCAN", cursor, "MATCH", prefix + "*", "COUNT", BATCH
                )
                if names:
                    await command(redis, "UNLINK", *names)
                if int(cursor) == 0:
                    break


async def _load(redis: Redis, keys: Keys, path: Path) -> None:
    commands: list[tuple[Arg, ...]] = []
    for part in archive.parts(path):
        if part.key.startswith(SESSIONS):
            continue  # of a backup by an older version
        commands += _commands(keys.prefix + part.key, part)
        if len(commands) >= BATCH:
            await _run(redis, commands)
            commands = []
    commands.append(("SET", keys.schema, SCHEMA))
    await _run(redis, commands)


async def _run(redis: Redis, commands: list[tuple[Arg, ...]]) -> None:
    with translate():
        for reply in await pipeline(redis, commands):
            if isinstance(reply, RedisError):
                raise reply


def _commands(name: str, part: Part) -> list[tuple[Arg, ...]]:
    commands: list[tuple[Arg, ...]] = []
    if part.number == 0:
        commands.append(("UNLINK", name))
    if part.type == "stream":
        commands += [("XADD", name, *entry) for entry in part.items]
        if part.state:
            commands += _stream_state(name, part.state)
    elif part.items:
        flat = [
            value for item in part.items for value in (item if isinstance(item, list) else [item])
        ]
        match part.type:
            case "string":
                commands.append(("SET", name, flat[0]))
            case "hash":
                commands.append(("HSET", name, *flat))
            case "list":
                commands.append(("RPUSH", name, *flat))
            case "set":
                commands.append(("SADD", name, *flat))
            case "zset":
                pairs = [value for member, score in part.items for value in (score, member)]
                commands.append(("ZADD", name, *pairs))
    if part.expires_ms is not None:
        commands.append(("PEXPIREAT", name, part.expires_ms))
    return commands


def _stream_state(name: str, state: dict[str, Any]) -> list[tuple[Arg, ...]]:
    last = state["last"].decode()
    commands: list[tuple[Arg, ...]] = []
    if StreamId.parse(last) > StreamId(0, 0):
        # A stream without entries has to exist before its last id can be set.
        commands += [
            ("XGROUP", "CREATE", name, "restore", "0", "MKSTREAM"),
            ("XGROUP", "DESTROY", name, "restore"),
            (
                "XSETID",
                name,
                last,
                "ENTRIESADDED",
                state["added"],
                "MAXDELETEDID",
                state["deleted"],
            ),
        ]
    for group, after in state["groups"]:
        commands.append(("XGROUP", "CREATE", name, group, after, "MKSTREAM"))
    return commands


async def _retract_again(redis: Redis, settings: Settings, keys: Keys, staged: Keys) -> int:
    """Retract in the stage what the running newsroom has retracted since the backup.

    That is not only what was published then: what was scheduled or a draft may have been published
    and retracted since, or withdrawn in its undo window, and would go out now.
    """
    items = ItemService(
        redis, staged, settings.taxonomy, settings.model_copy(update={"durability": "local"})
    )
    with translate():
        lists = await pipeline(
            redis,
            [
                ("ZRANGE", index, 0, -1)
                for index in (
                    *(staged.published, staged.due, staged.drafts, staged.wire_drafts),
                    staged.latest,  # those that have ended
                )
            ],
        )
    found: set[str] = set()
    for one in lists:
        if not isinstance(one, list):
            raise BackupError(f"an index of the backup cannot be read: {one!r}")
        found |= {id.decode() for id in one}
    ids, done = sorted(found), 0
    for start in range(0, len(ids), BATCH):
        chunk = ids[start : start + BATCH]
        with translate():
            now = await pipeline(redis, [("HGET", keys.item(id), "state") for id in chunk])
            then = await pipeline(redis, [("HGET", staged.item(id), "state") for id in chunk])
        for id, state, before in zip(chunk, now, then, strict=True):
            if state == b"retracted" and before not in (b"retracted", None):
                await items.retract(id, "retracted after the backup", by=BY)
                done += 1
    return done


async def _events_after(redis: Redis, keys: Keys, top: str) -> int:
    """Return how many events of the running lane are after ``top``."""
    count = 0
    after = top
    while True:
        with translate():
            entries = await command(redis, "XRANGE", keys.live, f"({after}", "+", "COUNT", BATCH)
        count += sum(b"e" in fields for _, fields in entries)
        if len(entries) < BATCH:
            return count
        after = entries[-1][0].decode()
