"""Records of pictures, in Redis. Its files are in a ``Storage``.

A picture is ``storing`` (its room is reserved, its files are being written), then ``ready``. One
that no item has named for a time, or whose upload was cut, is ``deleting``, and then nothing is
known of it. One that an editor took down is ``removed``. In every state it is clear who deletes its
files, so a process that is killed leaves nothing for good.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson
from pydantic import ValidationError

from ticker.domain.clock import rfc3339
from ticker.domain.errors import Conflict, Gone, NotFound, StorageFull, Unavailable
from ticker.domain.messages import said
from ticker.domain.renditions import Renditions
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import Arg, command, script

log = logging.getLogger(__name__)

PICTURES_MAX = 100_000
"""Pictures of a newsroom, of about a kilobyte each in Redis."""
REMEMBERED_MS = 400 * 86_400_000
"""Milliseconds for which a removed picture is known as removed: longer than caches may keep it."""
CLAIM_MS = 600_000
"""Milliseconds that a process has to delete the files of a picture."""
CLEANED_AT_ONCE = 50
LIST_MAX = 100


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that can be used. ``alt`` and ``credit`` are what items get that name none."""

    id: str
    alt: str
    credit: str
    renditions: Renditions
    size: int
    """Bytes of all its renditions."""
    created_at: str
    created_by: str
    editions: list[str] | None = None
    """Editions of the editors who have uploaded it; None if one of them is of all editions."""
    used: bool = False
    """Whether an item has named it."""

    def document(self) -> bytes:
        """Return the record as it is kept."""
        fields = asdict(self) | {"renditions": self.renditions.model_dump()}
        del fields["used"]
        if self.editions is None:
            del fields["editions"]
        return orjson.dumps(fields)


def read_picture(document: bytes, used: bool = False) -> Picture:
    """Return the picture in a record. Raises ValueError."""
    try:
        fields: dict[str, Any] = orjson.loads(document)
        renditions = Renditions.model_validate(fields.pop("renditions"))
        return Picture(**fields, renditions=renditions, used=used)
    except (KeyError, TypeError, AttributeError, ValidationError) as error:
        raise ValueError(f"a picture's record cannot be read: {type(error).__name__}") from error


class MediaRecords:
    """The records of pictures. Methods raise Unavailable."""

    def __init__(
        self,
        redis: Redis,
        keys: Keys,
        bytes_max: int,
        unused_ms: int,
        pictures_max: int = PICTURES_MAX,
    ) -> None:
        """``bytes_max``: of all pictures. One that none uses is cleaned after ``unused_ms``."""
        self._redis = redis
        self._keys = keys
        self._bytes_max = bytes_max
        self._unused_ms = unused_ms
        self._pictures_max = pictures_max
        self._secret: bytes | None = None

    async def id_of(self, content: bytes) -> str:
        """Return the id of the picture in ``content``. Equal files have equal ids.

        It is made with a secret of the newsroom: other clients of an agency have the same file, and
        they cannot find out that it is here before it is published.
        """
        if self._secret is None:
            key = self._keys.media_secret
            with translate():
                await command(self._redis, "SET", key, os.urandom(32), "NX")
                self._secret = await command(self._redis, "GET", key)
        digest = hashlib.blake2b(content, key=self._secret or b"", digest_size=16)
        return digest.hexdigest()

    async def get(self, id: str) -> Picture:
        """Return a picture. Raises NotFound, Gone for one that was removed."""
        state, document, used = await self._fields(id)
        if state == b"removed":
            raise _gone(id, document)
        if state != b"ready":
            raise NotFound(said("no-picture", id=id))
        try:
            return read_picture(document or b"", used is not None)
        except ValueError as error:
            log.warning("%s: %s", id, error)
            raise NotFound(f"there is no picture {id} that can be read") from None

    async def described(self, id: str) -> Picture | None:
        """Return a picture in whatever state; None if it was removed, or nothing of it is known."""
        state, document, used = await self._fields(id)
        try:
            return None if state == b"removed" else read_picture(document or b"", used is not None)
        except ValueError:
            return None

    async def find(self, id: str) -> Picture | None:
        """Return a picture, None if it is not known. Raises Conflict for one that was removed."""
        try:
            return await self.get(id)
        except NotFound:
            return None
        except Gone:
            raise Conflict(said("picture-taken-down", id=id)) from None

    async def newest(self, limit: int, before: str | None = None) -> list[Picture]:
        """Return the newest pictures, or those that follow the picture ``before``."""
        start = 0
        with translate():
            if before is not None:
                rank = await command(self._redis, "ZREVRANK", self._keys.media, before)
                if rank is None:
                    raise NotFound(said("no-picture", id=before))
                start = int(rank) + 1
            end = start + min(limit, LIST_MAX) - 1
            ids = await command(self._redis, "ZRANGE", self._keys.media, start, end, "REV")
        found = []
        for id in ids:
            state, document, used = await self._fields(id.decode())
            if state != b"ready" or document is None:
                continue
            try:
                found.append(read_picture(document, used is not None))
            except ValueError as error:
                log.warning("%s: %s", id.decode(), error)
        return found

    async def reserve(self, picture: Picture) -> None:
        """Reserve the room for a picture. Raises StorageFull, Conflict, Unavailable."""
        args: list[Arg] = [picture.id, picture.document(), picture.size]
        args += [self._bytes_max, self._pictures_max, self._unused_ms]
        state = await self._script("reserve", self._all_keys(picture.id), args)
        match state:
            case b"full":
                raise StorageFull(
                    said("picture-bytes-full", most=self._bytes_max, size=picture.size)
                )
            case b"many":
                raise StorageFull(said("pictures-full", most=self._pictures_max))
            case b"removed":
                raise Conflict(said("picture-taken-down", id=picture.id))
            case b"deleting":
                raise Unavailable(said("picture-being-deleted"), 60)
            case _:
                pass

    async def finish(self, id: str) -> bool:
        """Note that a picture's files are stored. False if it was removed meanwhile."""
        keys = [self._keys.media_record(id), self._keys.media_due, self._keys.media]
        return bool(await self._script("finish", keys, [id, self._unused_ms]) == b"ready")

    async def lost(self, ids: Iterable[str]) -> frozenset[str]:
        """Return those of ``ids`` that are no pictures (any more): removed, or never stored."""
        found = set()
        for id in ids:
            try:
                await self.get(id)
            except (Gone, NotFound):
                found.add(id)
        return frozenset(found)

    async def use(self, id: str) -> Picture | None:
        """Return a picture for an item that will name it, None if it cannot be used.

        From now on it is not cleaned.
        """
        keys = [self._keys.media_record(id), self._keys.media_due]
        document = await self._script("use", keys, [id])
        if not document:
            return None
        try:
            return read_picture(document, True)
        except ValueError as error:
            log.warning("%s: %s", id, error)
            return None

    async def change(self, picture: Picture, **fields: Any) -> Picture:
        """Change fields of a picture. Raises Conflict if it has changed since it was read."""
        changed = replace(picture, **fields)
        if changed == picture:
            return picture
        keys = [self._keys.media_record(picture.id)]
        args: list[Arg] = [picture.document(), changed.document()]
        if not await self._script("change", keys, args):
            raise Conflict(said("picture-changed", id=picture.id))
        return changed

    async def remove(self, id: str, by: str, now_ms: int) -> bool:
        """Take a picture down; its files are to be deleted next. False if it was taken down before.

        Raises NotFound.
        """
        document = orjson.dumps({"removed_at": rfc3339(now_ms), "removed_by": by})
        state = await self._script("remove", self._all_keys(id), [id, document, 0])
        if state in (b"", b"deleting"):
            raise NotFound(said("no-picture", id=id))
        return bool(state != b"removed")

    async def due(self, now_ms: int) -> list[str]:
        """Return pictures whose files may be deleted, at most ``CLEANED_AT_ONCE``."""
        with translate():
            args: list[Arg] = [self._keys.media_due, "-inf", now_ms]
            args += ["LIMIT", 0, CLEANED_AT_ONCE]
            found = await command(self._redis, "ZRANGEBYSCORE", *args)
        return [id.decode() for id in found]

    async def claim(self, id: str) -> bool:
        """Take a picture of ``due``; False if it is used meanwhile, or another process has it."""
        return bool(await self._script("claim", self._all_keys(id), [id, CLAIM_MS]))

    async def cleaned(self, id: str) -> None:
        """Note that the files of a picture are deleted."""
        keys = [self._keys.media_record(id), self._keys.media_due]
        await self._script("cleaned", keys, [id, REMEMBERED_MS])

    async def totals(self) -> tuple[int, int]:
        """Return the number of pictures and their bytes."""
        with translate():
            count = await command(self._redis, "ZCARD", self._keys.media)
            size = await command(self._redis, "GET", self._keys.media_bytes)
        return int(count), int(size or 0)

    async def _fields(self, id: str) -> tuple[bytes | None, bytes | None, bytes | None]:
        with translate():
            record = self._keys.media_record(id)
            state, document, used = await command(
                self._redis, "HMGET", record, "state", "doc", "used"
            )
        return state, document, used

    def _all_keys(self, id: str) -> list[str]:
        keys = self._keys
        return [keys.media_record(id), keys.media_bytes, keys.media_due, keys.media]

    async def _script(self, name: str, keys: list[str], args: list[Arg]) -> Any:
        return await script("media", name)(self._redis, keys, args)


def _gone(id: str, document: bytes | None) -> Gone:
    try:
        at = str(orjson.loads(document or b"")["removed_at"])
    except (ValueError, KeyError, TypeError):
        return Gone(said("picture-gone-before", id=id))
    return Gone(said("picture-gone", id=id, at=at))
