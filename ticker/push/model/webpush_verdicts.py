"""What a push service's answer means (RFC 8030 §5, §7; RFC 8292 §4.2).

Whoever subscribes names the endpoint, so any server may answer, and may answer anything; and at a
known service anybody can have an address that it refuses. Therefore one refusal stops nothing on
its own, unless a known service says that our *token* is bad, which no subscriber can bring about
(and no other service takes it: ``standing``):

    ============================  =======================  ======================
    answer                        known service            any other server
    ============================  =======================  ======================
    200, 201, 202, 204            accepted                 accepted
    404, 410                      pruned                   pruned
    401, 403 about our token      stopped                  dropped
    400, 401, 403 otherwise       quarantined              dropped
    413                           shorter, once            shorter, once
    408, 425, 429, 5xx            again later              again later
    3xx, anything else            dropped                  dropped
    ============================  =======================  ======================

Quarantined are most often subscriptions that were made with another VAPID key. If *our* key is the
wrong one, that is nearly all of them, and their share stops the lane (``verdicts.suspicious``) with
nothing deleted. Another server's refusals are not counted at all: a handful of subscriptions at a
server of one's own would be enough to silence a newsroom. They are not deleted either, because a
server that nobody knows may be a real one (UnifiedPush has many) and the fault ours.
"""

from __future__ import annotations

from collections.abc import Mapping

from ticker.domain import retry_after
from ticker.push.model.verdicts import ACCEPTED, RETRY_AFTER_MAX, Outcome, Verdict

APPLE = "https://web.push.apple.com"
SERVICES = frozenset(
    ("https://fcm.googleapis.com", "https://updates.push.services.mozilla.com", APPLE)
)
"""Where Chrome, Firefox and Safari subscribe."""
_EDGE = ".notify.windows.com"
"""Edge has a host for each region."""

WAIT_DEFAULT = 60.0
"""Seconds that a 429 without Retry-After asks for."""
REASON_MAX = 200
"""Characters of an answer that are kept for a person."""

_OUR_TOKEN = (
    b"badjwttoken",  # Apple: audience, subject, expiry or signature
    b"expiredjwttoken",
    b"invalid jwt",  # FCM
    b"invalid authorization header",  # Mozilla
    b"auth expired",
)


def webpush_verdict(
    status: int, headers: Mapping[bytes, bytes], body: bytes, *, known: bool, now_s: float
) -> Verdict:
    """Return what an answer means; header names are in lower case.

    ``known``: it came from a browser's own service (``known_service``). ``now_s`` is the time in
    seconds since 1970, for a Retry-After with a date.
    """
    match status:
        case 200 | 201 | 202 | 204:
            return ACCEPTED
        case 404 | 410:
            outcome = Outcome.PRUNE
        case 400 | 401 | 403:
            outcome = _refused(status, body) if known else Outcome.DROP
        case 413:
            outcome = Outcome.SHORTEN
        case 408 | 425 | 429 | 500 | 502 | 503 | 504 | 507:
            outcome = Outcome.RETRY
        case _:
            outcome = Outcome.RETRY if 500 <= status < 600 else Outcome.DROP
    wait = None
    if outcome is Outcome.RETRY:
        value = headers.get(b"retry-after")
        wait = retry_after.seconds(value, now_s, longest=RETRY_AFTER_MAX)
        if wait is None and status == 429:
            wait = WAIT_DEFAULT
    return Verdict(outcome, _reason(status, body), wait)


def known_service(origin: str) -> bool:
    """Tell whether ``origin`` is a browser's push service: https, and no port of its own."""
    return origin in SERVICES or (
        origin.startswith("https://") and origin.endswith(_EDGE) and origin.count("/") == 2
    )


def _refused(status: int, body: bytes) -> Outcome:
    if status != 400 and any(words in body.lower() for words in _OUR_TOKEN):
        return Outcome.STOP
    return Outcome.QUARANTINE


def _reason(status: int, body: bytes) -> str:
    """Return the status and the beginning of the text, in one printable line."""
    text = "".join(
        char if char.isprintable() else " "
        for char in body[:REASON_MAX].decode("utf-8", errors="replace")
    )
    return f"{status} {' '.join(text.split())}".rstrip()
