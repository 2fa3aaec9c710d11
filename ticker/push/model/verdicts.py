"""The outcomes of a request to a provider.

Every provider's table of answers (``webpush_verdicts``, ``fcm_verdicts``, ``apns_verdicts``) maps
to one of these outcomes. The sender acts on ``SHORTEN`` and ``MINT`` itself, once each; the run of
a shard acts on the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """The consequence of an answer."""

    ACCEPTED = "accepted"
    """The provider accepted it. Providers do not say whether a device showed it."""
    PRUNE = "pruned"
    """The token is gone: delete the subscription."""
    QUARANTINE = "quarantined"
    """The token does not fit this app or environment: quarantine it, unless there are many."""
    DROP = "dropped"
    """This message to this device fails for good; the token is not to blame."""
    RETRY = "retried"
    """A temporary failure: send again later, with the same collapse key."""
    STOP = "stopped"
    """Credentials or set-up are refused: no request to this provider can succeed. Stop it."""
    SHORTEN = "shorten"
    """Too large: send once more, shortened; then ``DROP``."""
    MINT = "mint"
    """Our token has expired: send once more with a new one; then ``STOP``."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome and its reason. ``wait`` is in seconds, if the provider asked for it."""

    outcome: Outcome
    reason: str = ""
    wait: float | None = None
    ours: bool = False
    """We judged it ourselves, without a request: the provider said nothing."""
    unanswered: bool = False
    """No answer came, or nothing could be asked: the device is not to blame."""


ACCEPTED = Verdict(Outcome.ACCEPTED)

TRIES_MAX = 8
"""Requests for one device and message that its server answered with a temporary failure, the first
included: about a minute (``RETRY_MIN`` and ``RETRY_MAX``). An absent server does not count."""
QUARANTINE_SHARE = 0.01
"""The share of mismatched tokens above which the fault is ours (wrong environment or key)."""
QUARANTINE_SAMPLE = 100
"""Requests before the share is meaningful."""


RETRY_AFTER_MAX = 3_600.0
"""Seconds that a provider may ask to wait; more is not believed."""


def suspicious(quarantined: int, sent: int) -> bool:
    """Tell whether so many mismatched tokens mean a wrong environment or key."""
    return quarantined > max(sent, QUARANTINE_SAMPLE) * QUARANTINE_SHARE
