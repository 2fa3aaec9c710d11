"""Every row of the table: only a fault of ours stops the provider."""

from __future__ import annotations

import pytest

from ticker.push.model.verdicts import Outcome
from ticker.push.model.webpush_verdicts import (
    REASON_MAX,
    WAIT_DEFAULT,
    webpush_verdict,
)

NOW = 1_764_000_000.0
FCM_MISMATCH = (
    b"the VAPID credentials in the authorization header do not correspond to the credentials used "
    b"to create the subscriptions.\n"
)
MOZILLA_MISMATCH = (
    b'{"code":401,"errno":109,"error":"Unauthorized","message":"VAPID public key mismatch"}'
)
MOZILLA_EXPIRED = b'{"code":401,"errno":109,"message":"Request did not validate Auth expired"}'

ROWS = [
    # status, body, at a known service, at any other server
    (200, b"", Outcome.ACCEPTED, Outcome.ACCEPTED),
    (201, b"", Outcome.ACCEPTED, Outcome.ACCEPTED),
    (202, b"", Outcome.ACCEPTED, Outcome.ACCEPTED),
    (204, b"", Outcome.ACCEPTED, Outcome.ACCEPTED),
    (301, b"", Outcome.DROP, Outcome.DROP),
    (307, b"", Outcome.DROP, Outcome.DROP),
    (400, b"", Outcome.QUARANTINE, Outcome.DROP),
    (400, b'{"reason":"VapidPkHashMismatch"}', Outcome.QUARANTINE, Outcome.DROP),
    (400, b'{"reason":"BadJwtToken"}', Outcome.QUARANTINE, Outcome.DROP),
    (401, b"", Outcome.QUARANTINE, Outcome.DROP),
    (401, MOZILLA_MISMATCH, Outcome.QUARANTINE, Outcome.DROP),
    (401, MOZILLA_EXPIRED, Outcome.STOP, Outcome.DROP),
    (401, b'{"message":"Invalid Authorization Header"}', Outcome.STOP, Outcome.DROP),
    (403, b"", Outcome.QUARANTINE, Outcome.DROP),
    (403, FCM_MISMATCH, Outcome.QUARANTINE, Outcome.DROP),
    (403, b"invalid JWT provided\n", Outcome.STOP, Outcome.DROP),
    (403, b'{"reason":"BadJwtToken"}', Outcome.STOP, Outcome.DROP),
    (403, b'{"reason":"ExpiredJwtToken"}', Outcome.STOP, Outcome.DROP),
    (403, b'{"reason":"VapidPkHashMismatch"}', Outcome.QUARANTINE, Outcome.DROP),
    (404, b"", Outcome.PRUNE, Outcome.PRUNE),
    (405, b"", Outcome.DROP, Outcome.DROP),
    (408, b"", Outcome.RETRY, Outcome.RETRY),
    (410, b"", Outcome.PRUNE, Outcome.PRUNE),
    (413, b"", Outcome.SHORTEN, Outcome.SHORTEN),
    (415, b"", Outcome.DROP, Outcome.DROP),
    (425, b"", Outcome.RETRY, Outcome.RETRY),
    (429, b"", Outcome.RETRY, Outcome.RETRY),
    (500, b"", Outcome.RETRY, Outcome.RETRY),
    (502, b"", Outcome.RETRY, Outcome.RETRY),
    (503, b"", Outcome.RETRY, Outcome.RETRY),
    (504, b"", Outcome.RETRY, Outcome.RETRY),
    (599, b"", Outcome.RETRY, Outcome.RETRY),
    (600, b"", Outcome.DROP, Outcome.DROP),
]


@pytest.mark.parametrize(("status", "body", "at_known", "at_other"), ROWS)
def test_rows(status: int, body: bytes, at_known: Outcome, at_other: Outcome) -> None:
    for known, expected in ((True, at_known), (False, at_other)):
        verdict = webpush_verdict(status, {}, body, known=known, now_s=NOW)
        assert verdict.outcome is expected


def test_an_unknown_server_stops_and_quarantines_nothing() -> None:
    """Whatever it answers, a few subscriptions at it must not silence a newsroom."""
    outcomes = {
        webpush_verdict(status, {}, words, known=False, now_s=NOW).outcome
        for status in range(100, 1_000)
        for words in (b"", b"BadJwtToken invalid JWT auth expired", FCM_MISMATCH)
    }
    assert outcomes == set(Outcome) - {Outcome.STOP, Outcome.QUARANTINE, Outcome.MINT}


@pytest.mark.parametrize(
    ("status", "value", "wait"),
    [
        (429, b"7", 7.0),
        (429, b"Mon, 24 Nov 2025 16:00:30 GMT", 30.0),
        (429, None, WAIT_DEFAULT),
        (429, b"soon", WAIT_DEFAULT),
        (429, b"999999", 3_600.0),
        (503, b"120", 120.0),
        (503, None, None),
        (201, b"7", None),
        (404, b"7", None),
    ],
)
def test_how_long_to_wait(status: int, value: bytes | None, wait: float | None) -> None:
    headers = {} if value is None else {b"retry-after": value}
    assert webpush_verdict(status, headers, b"", known=True, now_s=NOW).wait == wait


def test_the_reason_is_a_short_line() -> None:
    body = b"\x1b[31mno\r\n\xff such " + b"x" * 10_000
    reason = webpush_verdict(404, {}, body, known=True, now_s=NOW).reason
    assert reason.startswith("404 [31mno \ufffd such xxx")
    assert reason.isprintable()
    assert len(reason) <= REASON_MAX + len("404 ")
    assert webpush_verdict(410, {}, b"", known=True, now_s=NOW).reason == "410"
