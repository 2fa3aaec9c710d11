"""A file that is not a whole backup is refused, whatever is wrong with it."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.support.drafts import draft
from ticker.backup import archive
from ticker.backup.archive import BackupError
from ticker.backup.backup import backup
from ticker.backup.restore import restore
from ticker.config import Settings
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.schema import SCHEMA
from ticker.stream.lane_store import LaneStore


def whole(manifest: dict[str, Any], *documents: dict[str, Any]) -> bytes:
    """Return a file with a checksum that is right."""
    begin = b"".join(
        orjson.dumps(one) + b"\n"
        for one in ({"ticker_backup": archive.FORMAT, **manifest}, *documents)
    )
    sums = {"records": len(documents), "entries": 0, "sha256": hashlib.sha256(begin).hexdigest()}
    return gzip.compress(begin + orjson.dumps({"end": sums}))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: data[: len(data) // 2], "damaged"),
        (lambda data: b"", "empty"),
        (lambda data: b"no backup", "is no backup"),
        (lambda data: gzip.compress(b'{"of": "another program"}\n'), "not a backup"),
        (lambda data: gzip.compress(gzip.decompress(data).replace(b"Ferr", b"Fern")), "checksum"),
        (lambda data: gzip.compress(b"\n".join(gzip.decompress(data).split(b"\n")[:-2])), "no end"),
        (lambda data: gzip.compress(b'{"ticker_backup": 99}\n'), "format 99"),
        (lambda data: whole({"namespace": "x"}), "not a backup .*schema"),
        (lambda data: whole({"schema": "x"}), "not a backup"),
        (lambda data: whole({"schema": 1}, {"key": "live", "items": 3}), "not a backup"),
    ],
)
async def test_a_file_that_is_not_whole_is_refused_before_anything_is_touched(
    items: ItemService,
    live: LaneStore,
    redis: Redis,
    keys: Keys,
    settings: Settings,
    tmp_path: Path,
    damage: Any,
    reason: str,
) -> None:
    await live.open()
    await items.publish(draft("Ferry news"), by="ana")
    path = tmp_path / "b"
    await backup(redis, keys, path)
    path.write_bytes(damage(path.read_bytes()))
    before = [await redis.dbsize(), (await live.open())[0]]
    with pytest.raises(BackupError, match=reason):
        archive.check(path)
    with pytest.raises(BackupError, match=reason):
        await restore(redis, settings, path, force=True)
    assert [await redis.dbsize(), (await live.open())[0]] == before


def test_an_unfinished_file_is_removed(tmp_path: Path) -> None:
    with archive.Writer(tmp_path / "b", {"schema": SCHEMA}) as writer:
        writer.add(archive.Part("item:1", "string", 0, [b"x"]))
    assert list(tmp_path.iterdir()) == []
