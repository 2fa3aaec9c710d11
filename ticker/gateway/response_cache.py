"""What was made for one reader and serves others, until the next event; bounded for all together.

One bound for the whole process: with one per audience, readers who share invented filters in pairs
and ask for snapshots of many lengths would fill the memory, some megabytes a pair.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import TypeAlias

from ticker.domain.cursor import StreamId

BYTES_MAX = 32 * 1_048_576
"""Enough for the snapshots of a hundred audiences; a storm asks for far fewer."""
OVERHEAD = 512
"""Bytes that an entry costs besides its data, about: an empty one is not free."""

Piece: TypeAlias = tuple[bytes, StreamId]
"""Framed bytes, and the position that they bring a reader to."""


class ResponseCache:
    """Pieces by key, the least used go first. All go when ``stamp`` changes (invariant 5)."""

    def __init__(self, most: int = BYTES_MAX) -> None:
        self.size = 0
        self._most = most
        self._stamp: object = None
        self._pieces: OrderedDict[Hashable, Piece] = OrderedDict()

    def __len__(self) -> int:
        return len(self._pieces)

    def get(self, stamp: object, key: Hashable) -> Piece | None:
        """Return what was put under ``key`` and the same ``stamp``, or None."""
        if stamp is not self._stamp:
            self._stamp = stamp
            self._pieces.clear()
            self.size = 0
        piece = self._pieces.get(key)
        if piece is not None:
            self._pieces.move_to_end(key)
        return piece

    def put(self, key: Hashable, piece: Piece) -> None:
        """Keep ``piece`` under ``key``, which ``get`` has just not found."""
        self._pieces[key] = piece
        self.size += len(piece[0]) + OVERHEAD
        while self.size > self._most:
            _, (data, _) = self._pieces.popitem(last=False)
            self.size -= len(data) + OVERHEAD
