"""FCM: every answer and what follows from it, through the real pool to a server of ours."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.net.peer import Response
from tests.support.providers import fcm as server
from tests.support.providers.fcm import error, invalid
from tests.support.push_senders import FCM_TOKEN, fcm
from ticker.push.model.fcm_verdicts import BAD_TOKEN, CODES, STATUSES, TOO_BIG, verdict
from ticker.push.model.verdicts import Outcome, Verdict


class Case(NamedTuple):
    answer: Response
    outcome: Outcome
    reason: str
    wait: float | None = None
    requests: int = 1


def coded(status: int, name: str, code: str) -> Response:
    return error(status, name, "Said in other words.", code=code)


def html(status: int) -> Response:
    return Response(status, {b"content-type": b"text/html"}, b"<!DOCTYPE html><title>No</title>")


TABLE = {
    "accepted": Case(Response(200, {}, b'{"name":"x"}'), Outcome.ACCEPTED, ""),
    "gone": Case(server.unregistered(), Outcome.PRUNE, "UNREGISTERED"),
    "of another project": Case(
        coded(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
        Outcome.QUARANTINE,
        "SENDER_ID_MISMATCH",
    ),
    "a token that is none": Case(server.bad_token(), Outcome.PRUNE, BAD_TOKEN),
    "a token that is none, in words": Case(server.bad_token_in_words(), Outcome.PRUNE, BAD_TOKEN),
    "a bug of ours": Case(
        invalid("message.data[0].value", "Invalid value at 'message.data[0].value'"),
        Outcome.DROP,
        "INVALID_ARGUMENT",
    ),
    "a bug of ours and a token": Case(
        error(
            400,
            "INVALID_ARGUMENT",
            "Two things are wrong.",
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{"field": "message.token"}, {"field": "message.android.ttl"}],
            },
            code="INVALID_ARGUMENT",
        ),
        Outcome.DROP,
        "INVALID_ARGUMENT",
    ),
    "another argument, unexplained": Case(
        coded(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"), Outcome.DROP, "INVALID_ARGUMENT"
    ),
    "too large": Case(server.too_big(), Outcome.DROP, TOO_BIG, requests=2),
    "too large, unexplained": Case(
        error(400, "INVALID_ARGUMENT", "Request contains an invalid argument."),
        Outcome.DROP,
        "INVALID_ARGUMENT",
        requests=2,
    ),
    "too large for the front end": Case(html(413), Outcome.DROP, "HTTP 413", requests=2),
    "quota": Case(
        coded(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"), Outcome.RETRY, "QUOTA_EXCEEDED", 60.0
    ),
    "quota, with a time": Case(
        coded(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED")._replace(
            headers={b"retry-after": b"17"}
        ),
        Outcome.RETRY,
        "QUOTA_EXCEEDED",
        17.0,
    ),
    "quota of the front end": Case(
        error(429, "RESOURCE_EXHAUSTED", "Quota exceeded."),
        Outcome.RETRY,
        "RESOURCE_EXHAUSTED",
        60.0,
    ),
    "429 in HTML": Case(html(429), Outcome.RETRY, "HTTP 429", 60.0),
    "unavailable": Case(coded(503, "UNAVAILABLE", "UNAVAILABLE"), Outcome.RETRY, "UNAVAILABLE"),
    "unavailable, with a time": Case(
        html(503)._replace(headers={b"retry-after": b"5"}), Outcome.RETRY, "HTTP 503", 5.0
    ),
    "internal": Case(coded(500, "INTERNAL", "INTERNAL"), Outcome.RETRY, "INTERNAL"),
    "unspecified": Case(
        coded(500, "UNKNOWN", "UNSPECIFIED_ERROR"), Outcome.RETRY, "UNSPECIFIED_ERROR"
    ),
    "the front end alone: unavailable": Case(
        error(503, "UNAVAILABLE", "Try again."), Outcome.RETRY, "UNAVAILABLE"
    ),
    "the front end alone: internal": Case(
        error(500, "INTERNAL", "Internal."), Outcome.RETRY, "INTERNAL"
    ),
    "aborted": Case(error(409, "ABORTED", "Aborted."), Outcome.RETRY, "ABORTED"),
    "cancelled": Case(error(499, "CANCELLED", "Cancelled."), Outcome.RETRY, "CANCELLED"),
    "deadline": Case(error(504, "DEADLINE_EXCEEDED", "Late."), Outcome.RETRY, "DEADLINE_EXCEEDED"),
    "502 in HTML": Case(html(502), Outcome.RETRY, "HTTP 502"),
    "408 in HTML": Case(html(408), Outcome.RETRY, "HTTP 408"),
    "the project's APNs key": Case(
        coded(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"),
        Outcome.DROP,
        "THIRD_PARTY_AUTH_ERROR",
    ),
    "not authenticated": Case(
        server.unauthenticated(), Outcome.STOP, "UNAUTHENTICATED", requests=2
    ),
    "401 in HTML": Case(html(401), Outcome.STOP, "HTTP 401", requests=2),
    "not allowed": Case(
        error(403, "PERMISSION_DENIED", "Permission 'cloudmessaging.messages.create' denied."),
        Outcome.STOP,
        "PERMISSION_DENIED",
    ),
    "403 in HTML": Case(html(403), Outcome.STOP, "HTTP 403"),
    "no such project": Case(
        error(404, "NOT_FOUND", "Requested entity was not found."), Outcome.STOP, "NOT_FOUND"
    ),
    "not FCM at all": Case(html(404), Outcome.STOP, "HTTP 404"),
    "not FCM, elsewhere": Case(
        html(301)._replace(headers={b"location": b"https://elsewhere.example/"}),
        Outcome.STOP,
        "HTTP 301",
    ),
    "precondition": Case(
        error(400, "FAILED_PRECONDITION", "No."), Outcome.DROP, "FAILED_PRECONDITION"
    ),
    "a teapot": Case(html(418), Outcome.DROP, "HTTP 418"),
}


@pytest.mark.parametrize("case", TABLE.values(), ids=TABLE.keys())
async def test_every_answer(case: Case, tmp_path: Path) -> None:
    async with fcm(tmp_path) as bridge:
        bridge.provider.script.by_token[FCM_TOKEN].extend([case.answer] * case.requests)
        verdict = await bridge.send()
    assert verdict == Verdict(case.outcome, case.reason, case.wait)
    assert len(bridge.peer.requests) == case.requests


def test_the_table_knows_every_code() -> None:
    said = {case.reason.partition(" ")[0] for case in TABLE.values()}
    assert set(CODES) | set(STATUSES) <= said


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'{"error":"no"}', b'{"error":{"details":3}}']
)
def test_without_an_error_document_the_status_decides(body: bytes) -> None:
    assert verdict(503, body) == Verdict(Outcome.RETRY, "HTTP 503")
