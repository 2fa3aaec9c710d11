"""Imports: lines in order, independent, idempotent and bounded."""

from __future__ import annotations

from typing import Any

import httpx
import orjson
import pytest

from tests.support.newsroom import TestNewsroom, check_problem
from ticker.api.bulk_import import LINES_MAX
from ticker.api.bulk_import_schemas import ImportReport
from ticker.config import Settings
from ticker.publishing import delivery
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys

NDJSON = {"content-type": "application/x-ndjson"}


def line(n: int, **fields: Any) -> bytes:
    return orjson.dumps({"headline": f"Line {n}", "edition": "en"} | fields)


async def load(newsroom: TestNewsroom, *lines: bytes, end: bytes = b"\n") -> httpx.Response:
    body = end.join(lines)
    return await newsroom.http.post("/v1/import", content=body, headers=newsroom.key | NDJSON)


def report(response: httpx.Response) -> Any:
    assert response.status_code == 200, response.text
    ImportReport.model_validate_json(response.content)
    return response.json()


async def test_lines_are_published_in_order(newsroom: TestNewsroom) -> None:
    answer = report(await load(newsroom, *(line(n) for n in range(120))))
    assert (answer["published"], answer["repeated"], answer["refused"]) == (120, 0, 0)
    assert [result["line"] for result in answer["results"]] == list(range(1, 121))
    wire = await newsroom.wire()
    assert [event.item.headline for _, event in wire] == [f"Line {n}" for n in range(120)]
    assert [result["id"] for result in answer["results"]] == [e.item.id for _, e in wire]


async def test_each_line_says_whether_it_is_in_the_lane(
    newsroom: TestNewsroom, redis: Redis, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [line(1, key="k"), line(2, test=True), b"{", line(4)]
    answer = report(await load(newsroom, *lines))
    assert [result.get("delivered") for result in answer["results"]] == [True, None, None, True]
    assert answer["pending"] == 0
    monkeypatch.setattr(delivery, "DELIVERY_WAIT", 0.05)
    await redis.delete(Keys(settings.namespace).live)  # no commit carries without a lane
    answer = report(await load(newsroom, line(5), line(6), line(2, test=True)))
    assert [result["delivered"] for result in answer["results"]] == ["pending", "pending", None]
    assert answer["pending"] == 2


async def test_an_invalid_line_does_not_stop_others(newsroom: TestNewsroom) -> None:
    lines = [
        line(1),
        b"{not json",
        line(3, edition="xx"),
        b"",
        b"  \r",
        line(6, link="javascript:alert(1)", level="shout"),
        b"[1]",
        line(8, key="two words"),
        line(9, key=5),
        line(10, note="x" * 70_000),
        line(11),
    ]
    answer = report(await load(newsroom, *lines))
    told = {result["line"]: (result["status"], result) for result in answer["results"]}
    assert {number: status for number, (status, _) in told.items()} == {
        1: 201,
        2: 400,
        3: 422,
        6: 422,
        7: 422,
        8: 422,
        9: 422,
        10: 413,
        11: 201,
    }
    assert {error["field"] for error in told[6][1]["errors"]} == {"link", "level"}
    assert told[3][1]["errors"][0]["field"] == "edition"
    assert told[2][1]["type"] == "/problems/bad-request"
    assert told[8][1]["errors"][0]["field"] == "key"
    assert (answer["published"], answer["refused"]) == (2, 7)
    assert [event.item.headline for _, event in await newsroom.wire()] == ["Line 1", "Line 11"]


async def test_an_import_is_idempotent_line_by_line(newsroom: TestNewsroom) -> None:
    lines = [line(n, key=f"file-1-{n}") for n in range(5)]
    first = report(await load(newsroom, *lines[:3]))
    again = report(await load(newsroom, *lines))
    assert (again["published"], again["repeated"], again["refused"]) == (2, 3, 0)
    unchanged = {"repeated": True, "action": "unchanged", "status": 200}
    assert again["results"][:3] == [result | unchanged for result in first["results"]]
    assert len(await newsroom.wire()) == 5


async def test_a_duplicate_names_the_existing_item(newsroom: TestNewsroom) -> None:
    answer = report(await load(newsroom, line(1), line(1)))
    first, second = answer["results"]
    assert (second["status"], second["existing"]) == (409, first["id"])
    assert (answer["published"], answer["refused"]) == (1, 1)


async def test_published_at_is_kept(newsroom: TestNewsroom) -> None:
    report(await load(newsroom, line(1, published_at="2020-05-01T12:00:00+02:00")))
    [(_, event)] = await newsroom.wire()
    assert event.item.published_at == "2020-05-01T10:00:00.000Z"


async def test_lines_may_end_with_crlf(newsroom: TestNewsroom) -> None:
    answer = report(await load(newsroom, line(1), line(2), b"", end=b"\r\n"))
    assert answer["published"] == 2


@pytest.mark.parametrize(
    "type", ["application/x-ndjson", "application/ndjson", "application/jsonl; charset=utf-8"]
)
async def test_supported_content_types(newsroom: TestNewsroom, type: str) -> None:
    headers = newsroom.key | {"content-type": type}
    report(await newsroom.http.post("/v1/import", content=line(1), headers=headers))


@pytest.mark.parametrize("body", [b"", b"\n\n", b" \r\n"])
async def test_an_empty_import(newsroom: TestNewsroom, body: bytes) -> None:
    check_problem(await load(newsroom, body), 400, "bad-request")


async def test_an_unsupported_content_type(newsroom: TestNewsroom) -> None:
    headers = newsroom.key | {"content-type": "application/json"}
    response = await newsroom.http.post("/v1/import", content=line(1), headers=headers)
    check_problem(response, 415, "unsupported-media-type")
    assert "application/x-ndjson" in response.headers["accept"]
    assert await newsroom.traces() == 0


async def test_too_many_lines(newsroom: TestNewsroom) -> None:
    response = await load(newsroom, *(line(n) for n in range(LINES_MAX + 1)))
    assert "500" in check_problem(response, 413, "too-large")["detail"]
    assert await newsroom.traces() == 0


async def test_too_many_bytes(newsroom: TestNewsroom) -> None:
    response = await load(newsroom, *(line(n, note="x" * 2000) for n in range(5000)))
    check_problem(response, 413, "too-large")
    assert await newsroom.traces() == 0


async def test_the_maximum_number_of_lines(newsroom: TestNewsroom) -> None:
    answer = report(await load(newsroom, *(line(n) for n in range(LINES_MAX)), b""))
    assert answer["published"] == LINES_MAX
