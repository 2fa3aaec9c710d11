"""Archives for tests, fed from a newsroom in memory."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.support.in_memory import EPOCH, TAXONOMY
from ticker.archive.changes import change
from ticker.archive.place import Place
from ticker.archive.query import Query, parse
from ticker.archive.store import ArchiveReader, ArchiveWriter
from ticker.domain.cursor import Cursor
from ticker.domain.event import LaneEvent


class TestArchive:
    """A writer and a reader of one archive."""

    __test__ = False  # pytest would collect it for its name

    def __init__(self, writer: ArchiveWriter, reader: ArchiveReader) -> None:
        self.writer = writer
        self.reader = reader
        self.at: Cursor | None = None

    async def take(self, events: Iterable[LaneEvent]) -> None:
        """Copy ``events``."""
        listed = list(events)
        after = Cursor(EPOCH, listed[-1].id)
        assert await self.writer.apply(self.at, [change(one) for one in listed], after, 1)
        self.at = after

    async def find(self, text: str = "", before: Place | None = None, limit: int = 20) -> list[str]:
        """Return the ids of the items that a search finds."""
        found = await self.reader.find(query(text), before, limit)
        return [one.id for one in found]

    async def aclose(self) -> None:
        await self.reader.aclose()
        await self.writer.aclose()


def traces(directory: Path, words: Iterable[str]) -> list[str]:
    """Return those of ``words`` that are in any file of ``directory``, in UTF-8."""
    data = b"".join(file.read_bytes() for file in directory.iterdir())
    return [word for word in words if word.encode() in data]


def query(text: str) -> Query:
    return parse(text, TAXONOMY)
