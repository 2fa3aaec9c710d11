"""Refusals as problem documents, with the headers of their status."""

from __future__ import annotations

import json
from typing import Any

from ticker.domain.errors import BadRequest, TooMany, Unavailable
from ticker.gateway.http_refusal import Refusal, refusal


def test_a_refusal_is_a_whole_response_that_closes() -> None:
    head, _, body = refusal(BadRequest("no")).partition(b"\r\n\r\n")
    assert head.startswith(
        b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\n"
    )
    assert b"\r\ncontent-length: %d\r\n" % len(body) in head
    assert b"connection: close" in head
    assert b"retry-after" not in head
    assert json.loads(body)["detail"] == "no"


def test_a_temporary_refusal_says_when_to_come_back() -> None:
    assert b"\r\nretry-after: 7\r\n" in refusal(TooMany("slower", 7))
    assert b"\r\nretry-after: 9\r\n" in refusal(Unavailable("full", 9))


async def test_the_application_answers_the_same() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("it reads nothing")

    error = TooMany("slower", 7)
    await Refusal(error)({}, receive, send)  # type: ignore[arg-type]
    start, body = sent
    assert start["status"] == 429
    assert (b"retry-after", b"7") in start["headers"]
    assert refusal(error).endswith(body["body"])
