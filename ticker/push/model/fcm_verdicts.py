"""FCM verdicts: the outcome of every error code that Google documents.

The status alone is ambiguous: 401 is our access token or the project's APNs key, 404 a device that
is gone or a project that does not exist, 400 a device's token or a bug of ours. ``error.details``
decides (FCM REST reference, ``ErrorCode`` and ``FcmError``; ``google.rpc.BadRequest``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import orjson

from ticker.push.model.verdicts import ACCEPTED, Outcome, Verdict

QUOTA_WAIT = 60.0
"""Seconds to wait after 429 without Retry-After (FCM, "Handle quota errors")."""

_TYPE = "type.googleapis.com/"
_FCM_ERROR = _TYPE + "google.firebase.fcm.v1.FcmError"
_BAD_REQUEST = _TYPE + "google.rpc.BadRequest"


class Row(NamedTuple):
    """The outcome of one code."""

    status: int
    """The status that Google documents for it. The code decides, not the status."""
    outcome: Outcome
    wait: float | None = None


CODES: Mapping[str, Row] = {
    "UNREGISTERED": Row(404, Outcome.PRUNE),
    "SENDER_ID_MISMATCH": Row(403, Outcome.QUARANTINE),
    "INVALID_ARGUMENT": Row(400, Outcome.DROP),
    "QUOTA_EXCEEDED": Row(429, Outcome.RETRY, QUOTA_WAIT),
    "UNAVAILABLE": Row(503, Outcome.RETRY),
    "INTERNAL": Row(500, Outcome.RETRY),
    # The project's APNs or Web Push key is wrong: iPhones fail, Android devices do not. Stopping
    # would cut off the devices that can be reached.
    "THIRD_PARTY_AUTH_ERROR": Row(401, Outcome.DROP),
    "UNSPECIFIED_ERROR": Row(500, Outcome.RETRY),
}
"""By ``errorCode`` of FcmError."""

STATUSES: Mapping[str, Row] = {
    "UNAUTHENTICATED": Row(401, Outcome.MINT),
    "PERMISSION_DENIED": Row(403, Outcome.STOP),
    "NOT_FOUND": Row(404, Outcome.STOP),
    "INVALID_ARGUMENT": Row(400, Outcome.DROP),
    "FAILED_PRECONDITION": Row(400, Outcome.DROP),
    "RESOURCE_EXHAUSTED": Row(429, Outcome.RETRY, QUOTA_WAIT),
    "UNAVAILABLE": Row(503, Outcome.RETRY),
    "INTERNAL": Row(500, Outcome.RETRY),
    "ABORTED": Row(409, Outcome.RETRY),
    "CANCELLED": Row(499, Outcome.RETRY),
    "DEADLINE_EXCEEDED": Row(504, Outcome.RETRY),
}
"""By ``error.status`` (google.rpc.Code), where an answer has no FcmError: it is from a server in
front of FCM."""

BAD_TOKEN = "INVALID_ARGUMENT message.token"
TOO_BIG = "INVALID_ARGUMENT message too big"
OURS = frozenset(("INVALID_ARGUMENT", "FAILED_PRECONDITION", "THIRD_PARTY_AUTH_ERROR"))
"""Reasons that mean a bug of ours, or wrong keys of the project at Google."""


def verdict(status: int, body: bytes, *, retry_after: float | None = None) -> Verdict:
    """Return the verdict of an answer. ``retry_after`` is the Retry-After header in seconds."""
    if status == 200:
        return ACCEPTED
    error = _read(body)
    code = next((str(one.get("errorCode")) for one in _details(error, _FCM_ERROR)), None)
    name = str(error.get("status"))
    if "INVALID_ARGUMENT" in (code, name) and code in (None, "INVALID_ARGUMENT"):
        return _argument(error)
    reason, row = (code, CODES.get(code)) if code else (name, STATUSES.get(name))
    if row is None:
        reason, row = f"HTTP {status}", _by_status(status)
    wait = row.wait if retry_after is None else retry_after
    return Verdict(row.outcome, str(reason), wait if row.outcome is Outcome.RETRY else None)


def _argument(error: Mapping[str, object]) -> Verdict:
    """Return the verdict of an invalid argument. Only a bad token deletes a subscription.

    Its form is wrong in every project, so there is no reason to quarantine it.
    """
    violations = [
        one.get("field")
        for detail in _details(error, _BAD_REQUEST)
        for one in _dicts(detail.get("fieldViolations"))
    ]
    message = str(error.get("message")).lower()
    # Some answers name it in the message only.
    if violations == ["message.token"] or "not a valid fcm registration token" in message:
        return Verdict(Outcome.PRUNE, BAD_TOKEN)
    if not violations and ("too big" in message or "too large" in message):
        return Verdict(Outcome.SHORTEN, TOO_BIG)
    if "details" not in error:
        # FCM sometimes answers like this to messages that are too large, and to nothing else known.
        return Verdict(Outcome.SHORTEN, "INVALID_ARGUMENT")
    return Verdict(Outcome.DROP, "INVALID_ARGUMENT")


def _by_status(status: int) -> Row:
    """Return the outcome of a status without a known code: proxies answer in HTML."""
    match status:
        case 401:
            return Row(status, Outcome.MINT)
        case 403 | 404:
            return Row(status, Outcome.STOP)
        case 413:
            return Row(status, Outcome.SHORTEN)
        case 429:
            return Row(status, Outcome.RETRY, QUOTA_WAIT)
        case 408 | 409 | 499:
            return Row(status, Outcome.RETRY)
        case _ if 300 <= status < 400:
            return Row(status, Outcome.STOP)  # FCM does not redirect: another server has answered
        case _:
            return Row(status, Outcome.RETRY if status >= 500 else Outcome.DROP)


def _read(body: bytes) -> dict[str, object]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    error = found.get("error") if isinstance(found, dict) else None
    return error if isinstance(error, dict) else {}


def _details(error: Mapping[str, object], kind: str) -> Iterator[dict[str, object]]:
    return (one for one in _dicts(error.get("details")) if one.get("@type") == kind)


def _dicts(found: object) -> Iterator[dict[str, object]]:
    return (one for one in found if isinstance(one, dict)) if isinstance(found, list) else iter(())
