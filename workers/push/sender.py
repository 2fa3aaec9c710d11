"""The interface of a push provider: ``webpush``, ``fcm`` and ``apns`` implement it.

A sender sends a message and says what the answer means. It counts and stores nothing and deletes no
token: that is up to the shard's run, which knows the whole send.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

from ticker.push.model.note import Note
from ticker.push.model.subscription import ProviderName, Subscription
from ticker.push.model.verdicts import Verdict

M = TypeVar("M")


class Sender(Protocol[M]):
    """One provider. Made once a process and used by many shards at a time."""

    provider: ProviderName
    setup: str
    """A digest of credentials and addresses, without secrets: another set-up may lift a stop."""

    def prepare(self, note: Note) -> M:
        """Return the message of ``note``: whatever all its recipients share, made once."""

    def origin(self, subscription: Subscription) -> str:
        """Return the server that ``send`` will call. While it is away, all its devices wait."""

    def untrusted(self, origin: str) -> bool:
        """Tell whether anybody could run that server.

        Its devices come after the others, with few requests in flight, so that a server which never
        answers holds nothing up.
        """

    async def send(self, message: M, subscription: Subscription) -> Verdict:
        """Send ``message`` to one device, within about twice ``push_timeout``.

        The outcome is neither SHORTEN nor MINT: the sender has acted on both. A request without an
        answer is RETRY. Raises only CancelledError.
        """

    async def aclose(self) -> None:
        """Close the connections."""
