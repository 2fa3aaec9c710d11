"""What became of one request to a provider, and what follows from it.

Every provider's table of answers (``webpush_verdict``, ``fcm_verdict``, ``apns_verdict``, each in a
module of its own beside this one) ends in one of these outcomes. The sender acts on ``SHORTEN`` and
``MINT`` itself, once each; everything else is the shard's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What follows from an answer."""

    ACCEPTED = "accepted"
    """The provider has it. Whether a phone showed it, nobody tells us."""
    PRUNE = "pruned"
    """The token is gone: forget it."""
    QUARANTINE = "quarantined"
    """The token does not fit this app or environment: set it aside, and look at the whole."""
    DROP = "dropped"
    """This message to this device fails and will again; the token is not to blame."""
    RETRY = "retried"
    """Temporary: again later, with the same collapse key."""
    STOP = "stopped"
    """Our credentials or our set-up: no request of this provider can succeed. Stop, and alert."""
    SHORTEN = "shorten"
    """Too large: once more, shorter; then ``DROP``."""
    MINT = "mint"
    """Our token ran out: once more with a new one; then ``STOP``."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome and why. ``wait`` seconds, if the provider asked for them."""

    outcome: Outcome
    reason: str = ""
    wait: float | None = None


ACCEPTED = Verdict(Outcome.ACCEPTED)

TRIES_MAX = 3
"""Requests for one device and message, the first included, unless the whole provider is away."""
QUARANTINE_SHARE = 0.01
"""Of a send. Beyond it the fault is ours (the wrong environment, the wrong key): stop."""
QUARANTINE_SAMPLE = 100
"""Requests before the share means anything."""


RETRY_AFTER_MAX = 3_600.0
"""Seconds that a provider may ask to wait; more is not believed."""


def suspicious(quarantined: int, sent: int) -> bool:
    """Tell whether so many unfitting tokens mean that we talk to the wrong environment."""
    return quarantined > max(sent, QUARANTINE_SAMPLE) * QUARANTINE_SHARE
