"""The interface of a store of picture files: a directory or a bucket."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
NAME = re.compile(r"([1-9][0-9]{0,4})\.(avif|webp|jpg)", re.ASCII)
"""Names of files. Nothing else reaches a path or a bucket."""
CHUNK = 131_072
"""Bytes that a large file is read in, so that a slow client holds no whole file."""
CACHE = "public, max-age=31536000, s-maxage=3600, immutable"
"""``Cache-Control`` of the files: browsers never ask again; shared caches ask every hour, so that a
removed picture leaves them. A bucket has it for whoever reads it directly."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is being read: its size, and its content in chunks. Close it in the end."""

    size: int
    chunks: AsyncIterator[bytes]
    close: Callable[[], None]


class Storage(Protocol):
    """Files by picture and name. Methods raise MediaUnavailable."""

    @property
    def place(self) -> str:
        """The store's address, for people."""

    async def put(self, id: str, files: Mapping[str, bytes]) -> None:
        """Store all files of a picture durably, or leave no file that is cut.

        Raises StorageFull (``domain.errors``).
        """

    async def open(self, id: str, name: str) -> StoredFile | None:
        """Return a file, None if there is none."""

    async def delete(self, id: str) -> None:
        """Delete all files of a picture; nothing happens if it has none."""

    async def check(self) -> str:
        """Write, read and delete a file, and return what is known about the room."""

    async def tidy(self, before_ms: int) -> None:
        """Delete what uploads that were killed before that time have left."""

    async def aclose(self) -> None:
        """Close connections."""
