"""Web Push verdicts: the outcome of a push service's answer (RFC 8030 §5, §7; RFC 8292 §4.2).

Subscribers name the endpoint, so any server may answer, with anything; and anybody can have an
address that a known service refuses. Therefore no single refusal stops the provider, unless a known
service says that our *token* is bad, which no subscriber can cause, and no other service accepts it
(``token_health``):

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

Most quarantined subscriptions were made with another VAPID key. If *our* key is the wrong one,
nearly all are, and their share stops the provider (``verdicts.suspicious``) with nothing deleted.
Refusals of other servers are not counted: otherwise a few subscriptions at a server of one's own
could silence a newsroom. These subscriptions are not deleted either, because an unknown server may
be a real push service (UnifiedPush has many) and the fault ours.
"""

from __future__ import annotations

from collections.abc import Mapping

from ticker.domain import retry_after
from ticker.push.model.verdicts import ACCEPTED, RETRY_AFTER_MAX, Outcome, Verdict

WAIT_DEFAULT = 60.0
"""Seconds to wait after a 429 without Retry-After."""
REASON_MAX = 200
"""Characters of an answer that are kept in the reason."""

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
    """Return the verdict of an answer; header names are in lower case.

    ``known``: it is from a known service (``PushServices``). ``now_s`` is the time in
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
