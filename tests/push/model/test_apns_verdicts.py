"""APNs: every reason and what follows from it, through the real pool to a server of ours."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.net.peer import Response
from tests.support.providers.apns import refusal
from tests.support.push_senders import APNS_TOKEN, REGISTERED_MS, apns
from ticker.push.model.apns_verdicts import REASONS, UPDATES_WAIT, verdict
from ticker.push.model.verdicts import Outcome, Verdict

BEFORE, AFTER = REGISTERED_MS - 1, REGISTERED_MS + 1


class Case(NamedTuple):
    answer: Response
    outcome: Outcome
    reason: str
    wait: float | None = None
    requests: int = 1


def said(status: int, reason: str, outcome: Outcome, *, requests: int = 1) -> Case:
    return Case(refusal(status, reason), outcome, reason, None, requests)


def bare(status: int, outcome: Outcome, *, requests: int = 1) -> Case:
    return Case(Response(status), outcome, f"HTTP {status}", None, requests)


TABLE = [
    Case(Response(200), Outcome.ACCEPTED, ""),
    said(400, "BadDeviceToken", Outcome.QUARANTINE),
    said(400, "DeviceTokenNotForTopic", Outcome.QUARANTINE),
    Case(refusal(410, "Unregistered", timestamp=AFTER), Outcome.PRUNE, "Unregistered"),
    Case(refusal(410, "ExpiredToken", timestamp=AFTER), Outcome.PRUNE, "ExpiredToken"),
    Case(
        refusal(410, "Unregistered", timestamp=BEFORE),
        Outcome.DROP,
        "Unregistered before it registered",
    ),
    Case(
        refusal(410, "ExpiredToken", timestamp=BEFORE),
        Outcome.DROP,
        "ExpiredToken before it registered",
    ),
    Case(refusal(410, "Unregistered"), Outcome.DROP, "Unregistered before it registered"),
    said(429, "TooManyRequests", Outcome.RETRY),
    Case(
        refusal(429, "TooManyRequests")._replace(headers={b"retry-after": b"9"}),
        Outcome.RETRY,
        "TooManyRequests",
        9.0,
    ),
    said(400, "BadCollapseId", Outcome.DROP),
    said(400, "BadExpirationDate", Outcome.DROP),
    said(400, "BadMessageId", Outcome.DROP),
    said(400, "BadPriority", Outcome.DROP),
    said(400, "DuplicateHeaders", Outcome.DROP),
    said(400, "InvalidPushType", Outcome.DROP),
    said(400, "MissingDeviceToken", Outcome.DROP),
    said(400, "PayloadEmpty", Outcome.DROP),
    said(404, "BadPath", Outcome.DROP),
    said(405, "MethodNotAllowed", Outcome.DROP),
    said(413, "PayloadTooLarge", Outcome.DROP, requests=2),
    said(400, "BadTopic", Outcome.STOP),
    said(400, "MissingTopic", Outcome.STOP),
    said(400, "TopicDisallowed", Outcome.STOP),
    said(403, "BadCertificate", Outcome.STOP),
    said(403, "BadCertificateEnvironment", Outcome.STOP),
    said(403, "BadEnvironmentKeyIdInToken", Outcome.STOP),
    said(403, "Forbidden", Outcome.STOP),
    said(403, "InvalidProviderToken", Outcome.STOP),
    said(403, "MissingProviderToken", Outcome.STOP),
    said(403, "UnrelatedKeyIdInToken", Outcome.STOP),
    said(403, "ExpiredProviderToken", Outcome.STOP, requests=2),
    Case(
        refusal(429, "TooManyProviderTokenUpdates"),
        Outcome.RETRY,
        "TooManyProviderTokenUpdates",
        UPDATES_WAIT,
    ),
    said(400, "IdleTimeout", Outcome.RETRY),
    said(500, "InternalServerError", Outcome.RETRY),
    said(503, "ServiceUnavailable", Outcome.RETRY),
    said(503, "Shutdown", Outcome.RETRY),
    bare(413, Outcome.DROP, requests=2),
    bare(401, Outcome.STOP),
    bare(403, Outcome.STOP),
    bare(404, Outcome.STOP),
    bare(301, Outcome.STOP),
    bare(408, Outcome.RETRY),
    bare(429, Outcome.RETRY),
    bare(502, Outcome.RETRY),
    bare(410, Outcome.DROP),
    bare(400, Outcome.DROP),
]


@pytest.mark.parametrize("case", TABLE, ids=lambda case: f"{case.answer.status} {case.reason}")
async def test_every_answer(case: Case, tmp_path: Path) -> None:
    async with apns(tmp_path) as bridge:
        bridge.provider.script.by_token[APNS_TOKEN].extend([case.answer] * case.requests)
        verdict = await bridge.send()
    assert verdict == Verdict(case.outcome, case.reason, case.wait)
    assert len(bridge.peer.requests) == case.requests


def test_the_table_knows_every_reason_and_its_status() -> None:
    by_reason = {case.reason.partition(" ")[0]: case.answer.status for case in TABLE}
    assert {reason: by_reason[reason] for reason in REASONS} == {
        reason: row.status for reason, row in REASONS.items()
    }


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'{"reason":3}', b'{"reason":"New"}'])
def test_without_a_known_reason_the_status_decides(body: bytes) -> None:
    assert verdict(503, body, registered_ms=0) == Verdict(Outcome.RETRY, "HTTP 503")
