"""What an answer of FCM means: Google's error codes, and what we do about each.

The status alone says little: 401 is our access token or somebody's APNs key, 404 a device that is
gone or a project that never was, 400 a device's token or a bug of ours. ``error.details`` tells
(FCM REST reference, ``ErrorCode`` and ``FcmError``; ``google.rpc.BadRequest``).
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
    """What follows from one code."""

    status: int
    """What Google says it comes with. The code decides, not the status."""
    outcome: Outcome
    wait: float | None = None


CODES: Mapping[str, Row] = {
    "UNREGISTERED": Row(404, Outcome.PRUNE),
    "SENDER_ID_MISMATCH": Row(403, Outcome.QUARANTINE),
    "INVALID_ARGUMENT": Row(400, Outcome.DROP),
    "QUOTA_EXCEEDED": Row(429, Outcome.RETRY, QUOTA_WAIT),
    "UNAVAILABLE": Row(503, Outcome.RETRY),
    "INTERNAL": Row(500, Outcome.RETRY),
    # The project's APNs or Web Push key is wrong: every iPhone fails, and no Android does.
    # Stopping would silence those who can be reached.
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
"""By ``error.status`` (google.rpc.Code), where FCM itself says nothing: what stands before it."""

BAD_TOKEN = "INVALID_ARGUMENT message.token"
TOO_BIG = "INVALID_ARGUMENT message too big"
OURS = frozenset(("INVALID_ARGUMENT", "FAILED_PRECONDITION", "THIRD_PARTY_AUTH_ERROR"))
"""Reasons that say that we, or the project's keys at Google, are wrong."""


def verdict(status: int, body: bytes, *, retry_after: float | None = None) -> Verdict:
    """Return what an answer means. ``retry_after`` are the seconds that its header asks for."""
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
    """Return whose fault an invalid argument is. Only a bad token forgets a token.

    Its form is wrong, whatever the project: it never was one, so there is nothing to set aside.
    """
    violations = [
        one.get("field")
        for detail in _details(error, _BAD_REQUEST)
        for one in _dicts(detail.get("fieldViolations"))
    ]
    message = str(error.get("message")).lower()
    # Some answers say it in the message alone.
    if violations == ["message.token"] or "not a valid fcm registration token" in message:
        return Verdict(Outcome.PRUNE, BAD_TOKEN)
    if not violations and ("too big" in message or "too large" in message):
        return Verdict(Outcome.SHORTEN, TOO_BIG)
    if "details" not in error:
        # What FCM says of messages that are too large, at times, and of nothing else known.
        return Verdict(Outcome.SHORTEN, "INVALID_ARGUMENT")
    return Verdict(Outcome.DROP, "INVALID_ARGUMENT")


def _by_status(status: int) -> Row:
    """Return what follows from a status without a code that we know: proxies answer in HTML."""
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
            return Row(status, Outcome.STOP)  # whoever redirects is not FCM
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
