"""APNs verdicts: the outcome of every reason that Apple documents.

Apple, "Handling notification responses from APNs", the table of error strings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import orjson

from ticker.push.model.verdicts import ACCEPTED, Outcome, Verdict

UPDATES_WAIT = 20 * 60.0
"""Seconds until APNs accepts another provider token: Apple allows one every 20 minutes and refuses
everything until then. An alert that expires before is counted as too late."""


class Row(NamedTuple):
    """The outcome of one reason."""

    status: int
    """The status that Apple documents for it. The reason decides, not the status."""
    outcome: Outcome
    wait: float | None = None


REASONS: Mapping[str, Row] = {
    # The device.
    "BadDeviceToken": Row(400, Outcome.QUARANTINE),
    "DeviceTokenNotForTopic": Row(400, Outcome.QUARANTINE),
    "Unregistered": Row(410, Outcome.PRUNE),
    "ExpiredToken": Row(410, Outcome.PRUNE),
    "TooManyRequests": Row(429, Outcome.RETRY),
    # The message: a bug of ours. The device is not to blame, and a retry does not help.
    "BadCollapseId": Row(400, Outcome.DROP),
    "BadExpirationDate": Row(400, Outcome.DROP),
    "BadMessageId": Row(400, Outcome.DROP),
    "BadPriority": Row(400, Outcome.DROP),
    "DuplicateHeaders": Row(400, Outcome.DROP),
    "InvalidPushType": Row(400, Outcome.DROP),
    "MissingDeviceToken": Row(400, Outcome.DROP),
    "PayloadEmpty": Row(400, Outcome.DROP),
    "BadPath": Row(404, Outcome.DROP),
    "MethodNotAllowed": Row(405, Outcome.DROP),
    "PayloadTooLarge": Row(413, Outcome.SHORTEN),
    # The set-up.
    "BadTopic": Row(400, Outcome.STOP),
    "MissingTopic": Row(400, Outcome.STOP),
    "TopicDisallowed": Row(400, Outcome.STOP),
    "BadCertificate": Row(403, Outcome.STOP),
    "BadCertificateEnvironment": Row(403, Outcome.STOP),
    "BadEnvironmentKeyIdInToken": Row(403, Outcome.STOP),
    "Forbidden": Row(403, Outcome.STOP),
    "InvalidProviderToken": Row(403, Outcome.STOP),
    "MissingProviderToken": Row(403, Outcome.STOP),
    "UnrelatedKeyIdInToken": Row(403, Outcome.STOP),
    "ExpiredProviderToken": Row(403, Outcome.MINT),
    "TooManyProviderTokenUpdates": Row(429, Outcome.RETRY, UPDATES_WAIT),
    # Apple's side.
    "IdleTimeout": Row(400, Outcome.RETRY),
    "InternalServerError": Row(500, Outcome.RETRY),
    "ServiceUnavailable": Row(503, Outcome.RETRY),
    "Shutdown": Row(503, Outcome.RETRY),
}

OURS = frozenset(reason for reason, row in REASONS.items() if row.outcome is Outcome.DROP)
"""Reasons that mean a bug of ours."""


def verdict(
    status: int, body: bytes, *, registered_ms: int, retry_after: float | None = None
) -> Verdict:
    """Return the verdict for a device that was registered at ``registered_ms``.

    ``retry_after`` is the Retry-After header in seconds. A device that registered again after Apple
    saw it go (410 with an older ``timestamp``) is not deleted: it misses this alert only.
    """
    if status == 200:
        return ACCEPTED
    said = _read(body)
    reason = said.get("reason")
    row = REASONS.get(reason) if isinstance(reason, str) else None
    if row is None:
        return Verdict(_by_status(status), f"HTTP {status}", retry_after)
    if row.outcome is Outcome.PRUNE and not _gone_since(said.get("timestamp"), registered_ms):
        return Verdict(Outcome.DROP, f"{reason} before it registered")
    wait = retry_after if row.wait is None else row.wait
    return Verdict(row.outcome, str(reason), wait if row.outcome is Outcome.RETRY else None)


def _by_status(status: int) -> Outcome:
    """Return the outcome of a status without a known reason."""
    match status:
        case 413:
            return Outcome.SHORTEN
        case 401 | 403 | 404 | 405:
            return Outcome.STOP  # APNs gives a reason with these: another server has answered
        case 408 | 429:
            return Outcome.RETRY
        case _ if status >= 500:
            return Outcome.RETRY
        case _ if 300 <= status < 400:
            return Outcome.STOP  # as 404
        case _:
            # 410 included: without its timestamp the device may have registered again since.
            return Outcome.DROP


def _gone_since(timestamp: object, registered_ms: int) -> bool:
    return isinstance(timestamp, int) and timestamp > registered_ms


def _read(body: bytes) -> dict[str, object]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
