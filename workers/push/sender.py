"""What the shards need of a provider: ``webpush``, ``fcm`` and ``apns`` are such senders.

A sender asks its provider and says what the answer means. It counts nothing, keeps nothing and
forgets no token: that is the shard's business, which has the whole send in view.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

from ticker.push.model.note import Note
from ticker.push.model.subscription import ProviderName, Subscription
from ticker.push.model.verdicts import Verdict

M = TypeVar("M")


class Sender(Protocol[M]):
    """One provider. Made once a process, used by many shards at a time."""

    provider: ProviderName
    setup: str
    """A digest of credentials and addresses: another set-up may lift a stop. No secret in it."""

    def prepare(self, note: Note) -> M:
        """Return what all receivers of ``note`` share, made once: fields, payload, key pair."""

    def origin(self, subscription: Subscription) -> str:
        """Return the server that ``send`` will ask. While it is away, all its devices wait."""

    def foreign(self, origin: str) -> bool:
        """Tell whether a stranger may run that server: it waits behind the others, in a small
        number, so that one which never answers holds nobody up.
        """

    async def send(self, message: M, subscription: Subscription) -> Verdict:
        """Tell one device. Returns within about twice ``push_timeout``.

        The outcome is none of SHORTEN and MINT: both were tried already. A request without an
        answer is RETRY. Raises nothing but CancelledError.
        """

    async def aclose(self) -> None:
        """Close what it opened."""
