"""Compression of live events with a context that many readers share.

With a context (RFC 7692 §7.1.1) a compressed message may refer to compressed messages before it,
which makes an item half as large as one that is compressed for itself. A context for each reader
would cost memory and a compression for each. But readers with one filter get the same events: here
they share the context that consists of the last compressed message that they have got. A reader
that comes, or comes back from a replay, has got another one; its next event is compressed for
itself, and from then on it shares the context.
"""

from __future__ import annotations

from ticker.gateway.direct_socket import Recipient, Recipients


class LiveReaders:
    """Connections of live subscribers."""

    __slots__ = ("_readers", "_recipients")

    def __init__(self) -> None:
        self._readers: dict[Recipient, None] = {}
        self._recipients: Recipients | None = None

    def __len__(self) -> int:
        return len(self._readers)

    def add(self, reader: Recipient) -> None:
        """Add one that is up to date and writable."""
        self._readers[reader] = None
        self._recipients = None

    def discard(self, reader: Recipient) -> None:
        """Remove one that is no longer up to date, or no longer writable."""
        self._readers.pop(reader, None)
        self._recipients = None

    def take_over(self, others: LiveReaders) -> None:
        """Move all ``others`` here."""
        merged = Recipients()
        merged.extend(self.recipients())
        merged.extend(others.recipients())
        self._readers.update(others._readers)
        self._recipients = merged
        others._readers.clear()
        others._recipients = None

    def recipients(self) -> Recipients:
        """Return what a frame can be written to; valid until one comes or goes."""
        if self._recipients is None:
            self._recipients = Recipients()
            for reader in self._readers:
                self._recipients.add(reader)
        return self._recipients


class CompressionChain:
    """The live subscribers of one group, by the compressed message that they have got last."""

    __slots__ = ("_following", "_fresh", "_last")

    def __init__(self) -> None:
        self._fresh = LiveReaders()
        """Those that have got something else last, or nothing."""
        self._following = LiveReaders()
        """Those that have got ``_last``."""
        self._last = b""

    def __len__(self) -> int:
        return len(self._fresh) + len(self._following)

    def add(self, reader: Recipient) -> None:
        """Add one that is up to date and writable."""
        self._fresh.add(reader)

    def discard(self, reader: Recipient) -> None:
        """Remove one that is no longer up to date, or no longer writable."""
        self._fresh.discard(reader)
        self._following.discard(reader)

    def follow(self, last: bytes) -> list[tuple[bytes, Recipients]]:
        """Return all recipients of a write, by the message that it may refer to; empty for none.

        ``last`` is the last compressed message of the write, empty if nothing is compressed: the
        contexts stay as they are then. The caller must write to all of them.
        """
        found = []
        if self._following:
            found.append((self._last, self._following.recipients()))
        if self._fresh:
            found.append((b"", self._fresh.recipients()))
        if last:
            # Before the write: a reader whose transport is full then leaves, and comes back fresh.
            if self._fresh:
                self._following.take_over(self._fresh)
            self._last = last
        return found
