"""Pictures of a newsroom: added, named by items, taken down, and cleaned when nobody uses them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ticker.domain.clock import rfc3339
from ticker.domain.editor import Editor
from ticker.domain.errors import Forbidden, NotFound, TickerError
from ticker.media.accepted import HEAD, check_declared, kind_of
from ticker.media.records import MediaRecords, Picture
from ticker.media.renderer import Renderer
from ticker.media.storage import Storage, StoredFile
from ticker.telemetry.families import Family, counter, gauge

log = logging.getLogger(__name__)

CLEAN_EVERY = 600.0
"""Seconds between two cleanings of one process."""
CUT_MS = 3_600_000
"""Age of what a killed upload has left, from which on it is deleted."""


@dataclass(frozen=True, slots=True)
class Added:
    """A picture that was uploaded; ``created`` is false if the newsroom had it before."""

    picture: Picture
    created: bool
    suggested: dict[str, str]
    """Texts that were in the file."""


class MediaService:
    """The pictures of one newsroom. Methods raise Unavailable, MediaUnavailable among them."""

    def __init__(
        self,
        records: MediaRecords,
        storage: Storage,
        renderer: Renderer,
        clock: Callable[[], int],
    ) -> None:
        """``clock`` returns ms since 1970."""
        self.records = records
        self.storage = storage
        self.renderer = renderer
        self._clock = clock
        self._uploads: dict[str, int] = {"stored": 0, "known": 0, "refused": 0}
        self._served = {"memory": 0, "storage": 0, "missing": 0}
        self._cleaned = 0
        self._totals = (0, 0)

    async def add(self, data: bytes, declared: str, alt: str, credit: str, by: Editor) -> Added:
        """Store a picture of the media type ``declared`` ('' if it is not known).

        The same file again is the same picture, and belongs to the editions of both editors; its
        texts are the new ones, unless it is of editions that ``by`` has no rights in. Raises
        NotAccepted, WrongType, StorageFull, and Conflict for a picture that was removed.
        """
        try:
            added = await self._add(data, declared, alt, credit, by)
        except BaseException:
            self._uploads["refused"] += 1
            raise
        self._uploads["stored" if added.created else "known"] += 1
        return added

    async def _add(self, data: bytes, declared: str, alt: str, credit: str, by: Editor) -> Added:
        check_declared(kind_of(data[:HEAD]), declared)
        id = await self.records.id_of(data)
        known = await self.records.find(id)
        if known is not None:
            return Added(await self._again(known, alt, credit, by), False, {})
        rendered = await self.renderer.render(data)
        assert rendered.renditions is not None
        at = rfc3339(self._clock())
        editions = None if by.editions is None else sorted(by.editions)
        picture = Picture(
            id, alt, credit, rendered.renditions, rendered.size, at, by.name, editions
        )
        await self.records.reserve(picture)
        await self.storage.put(id, rendered.files)
        if not await self.records.finish(id):
            # Removed, or stored by another request, while this one stored it.
            known = await self.records.find(id)
            if known is None:
                raise NotFound(f"the picture {id} was removed meanwhile")
            return Added(await self._again(known, alt, credit, by), False, rendered.suggested)
        log.info("picture %s stored: %d bytes, by %s", id, picture.size, by.name)
        return Added(picture, True, rendered.suggested)

    async def _again(self, known: Picture, alt: str, credit: str, by: Editor) -> Picture:
        """Note that ``by`` has uploaded a known picture too."""
        editions = None
        if known.editions is not None and by.editions is not None:
            editions = sorted({*known.editions, *by.editions})
        try:
            by.check_editions(known.editions)
        except Forbidden:
            return await self.records.change(known, editions=editions)
        return await self.records.change(known, alt=alt, credit=credit, editions=editions)

    async def suggestions(self, data: bytes, declared: str) -> dict[str, str]:
        """Return the texts in a file that is not stored. Raises NotAccepted, WrongType."""
        check_declared(kind_of(data[:HEAD]), declared)
        return await self.renderer.texts(data)

    async def remove(self, id: str, by: str) -> None:
        """Take a picture down, and delete its files. Repeated, it deletes what is left.

        Raises NotFound.
        """
        if await self.records.remove(id, by, self._clock()):
            log.info("picture %s removed by %s", id, by)
        await self.storage.delete(id)
        await self.records.cleaned(id)

    async def open(self, id: str, name: str) -> StoredFile:
        """Return a file of a picture. Raises Gone, NotFound."""
        found = await self.storage.open(id, name)
        if found is None:
            self._served["missing"] += 1
            await self.records.get(id)  # says whether it was removed
            raise NotFound("the picture has no such rendition")
        self._served["storage"] += 1
        return found

    def served_from_memory(self) -> None:
        """Count a file that needed no reading."""
        self._served["memory"] += 1

    async def clean(self) -> int:
        """Delete pictures that nobody has used in time, and what interrupted work has left.

        Returns their number.
        """
        now = self._clock()
        count = 0
        for id in await self.records.due(now):
            if await self.records.claim(id):
                await self.storage.delete(id)
                await self.records.cleaned(id)
                count += 1
        await self.storage.tidy(now - CUT_MS)
        self._cleaned += count
        self._totals = await self.records.totals()
        return count

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Clean now and then, until the block ends."""
        task = asyncio.create_task(self._clean_again_and_again())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await self.storage.aclose()

    async def _clean_again_and_again(self) -> None:
        while True:
            try:
                count = await self.clean()
                if count:
                    log.info("%d unused or removed pictures deleted", count)
            except TickerError as error:
                log.warning("pictures cannot be cleaned now: %s", error.detail)
            await asyncio.sleep(CLEAN_EVERY)

    def metrics(self) -> Iterable[Family]:
        """Return the families of this process."""
        count, size = self._totals
        yield counter(
            "media_uploads_total", "Uploaded pictures by outcome.", self._uploads, "outcome"
        )
        yield counter(
            "media_files_total",
            "Requests for files of pictures, by what answered them.",
            self._served,
            "from",
        )
        yield counter("media_cleaned_total", "Pictures deleted by the cleaning.", self._cleaned)
        yield gauge("media_pictures", "Stored pictures, as of the last cleaning.", count)
        yield gauge("media_bytes", "Bytes of all pictures, as of the last cleaning.", size)
