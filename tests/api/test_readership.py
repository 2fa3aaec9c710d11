"""``POST /v1/beacon`` and ``GET /v1/most-read``."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.drafts import counted
from tests.support.newsroom import TestNewsroom, check_problem
from ticker.api import ranking_cache
from ticker.api.readership_schemas import MostRead
from ticker.domain.clock import rfc3339
from ticker.publishing.service import system_clock
from ticker.storage.connection import Redis

URL = "/v1/most-read"


async def out(newsroom: TestNewsroom, headline: str, **fields: Any) -> str:
    return str((await newsroom.publish(headline, **fields))["item"]["id"])


async def read(
    newsroom: TestNewsroom, id: str, times: int, kind: str = "open", first: int = 1
) -> None:
    """Report reads of ``id`` from ``times`` different clients, and write them."""
    for n in range(first, first + times):
        response = await newsroom.report(id, kind, f"192.0.2.{n}")
        assert (response.status_code, response.content) == (204, b"")
    assert await newsroom.read_counter.flush()


async def most_read(newsroom: TestNewsroom, **query: str | int) -> list[tuple[str, int, int]]:
    """Return headline, opens and shares of the most-read items, from a fresh ranking."""
    newsroom.now += ranking_cache.STALE
    response = await newsroom.http.get(URL, params=query)
    assert response.status_code == 200, response.text
    body = response.json()
    MostRead.model_validate(body)
    return [(row["item"]["headline"], row["opens"], row["shares"]) for row in body["items"]]


async def test_best_first(newsroom: TestNewsroom) -> None:
    one, two, three = [await out(newsroom, line) for line in ("One", "Two", "Three")]
    await read(newsroom, one, 2)
    await read(newsroom, two, 3, "share")
    await read(newsroom, two, 1)
    assert await most_read(newsroom) == [("Two", 1, 3), ("One", 2, 0)]
    await read(newsroom, three, 5)
    assert await most_read(newsroom, window="hour", limit=1) == [("Three", 5, 0)]
    assert await most_read(newsroom, window="week", limit=2) == [("Three", 5, 0), ("Two", 1, 3)]


async def test_only_matching_items_are_ranked(newsroom: TestNewsroom) -> None:
    await read(newsroom, await out(newsroom, "Politics", sections=["politics"]), 3)
    await read(newsroom, await out(newsroom, "Sports", sections=["sports"], regions=["asia"]), 2)
    await read(newsroom, await out(newsroom, "Deportes", sections=["sports"], edition="es"), 1)
    assert [line for line, *_ in await most_read(newsroom, section="sports")] == [
        "Sports",
        "Deportes",
    ]
    assert await most_read(newsroom, section="sports", edition="es") == [("Deportes", 1, 0)]
    assert await most_read(newsroom, region="asia", limit=1) == [("Sports", 2, 0)]
    assert await most_read(newsroom, edition="ar") == []


async def test_without_reads_the_ranking_is_empty(newsroom: TestNewsroom) -> None:
    assert await most_read(newsroom) == []


async def test_a_page_on_any_site_may_report_as_json_or_plain_text(
    newsroom: TestNewsroom,
) -> None:
    id = await out(newsroom, "One")
    for client, sent in (("192.0.2.1", "application/json"), ("192.0.2.2", "text/plain")):
        response = await newsroom.report(id, client=client, **{"content-type": sent})
        assert response.status_code == 204
        assert response.headers["access-control-allow-origin"] == "*"
        assert response.headers["cache-control"] == "no-store"
        assert "set-cookie" not in response.headers
    asked = {"access-control-request-method": "POST", "origin": "https://elsewhere.example"}
    preflight = await newsroom.http.options("/v1/beacon", headers=asked)
    assert preflight.headers["access-control-allow-methods"] == "POST"
    assert "Content-Type" in preflight.headers["access-control-allow-headers"]
    assert await newsroom.read_counter.flush()
    assert await most_read(newsroom) == [("One", 2, 0)]


async def test_the_response_does_not_reveal_the_outcome(newsroom: TestNewsroom) -> None:
    """Counted, repeated, unknown, too many: the response is the same, byte for byte."""
    id = await out(newsroom, "One")
    answers = [await newsroom.report(one) for one in (id, id, "0" * 26, *[id] * 40)]
    answers.append(await newsroom.report(id, client="192.0.2.9", **{"sec-gpc": "1"}))
    assert len({(a.status_code, a.content, str(a.headers)) for a in answers}) == 1
    outcomes = newsroom.read_counter.outcomes
    assert outcomes["counted"] == 1
    assert outcomes["unknown"] == 1
    assert outcomes["repeated"] == 29
    assert outcomes["rate_limited"] == 12
    assert outcomes["opted_out"] == 1
    assert await newsroom.read_counter.flush()
    assert await most_read(newsroom) == [("One", 1, 0)]


async def test_global_privacy_control_means_not_counted(newsroom: TestNewsroom) -> None:
    id = await out(newsroom, "One")
    await newsroom.report(id, **{"sec-gpc": "1"})
    assert newsroom.read_counter.pending == 0
    await newsroom.report(id, **{"sec-gpc": "0"})
    assert newsroom.read_counter.pending == 1


async def test_items_that_are_not_live_are_not_ranked(newsroom: TestNewsroom) -> None:
    later = rfc3339(system_clock() + 3_600_000)
    hidden = [
        await out(newsroom, "Embargoed", at=later),
        await out(newsroom, "Dry run", test=True),
        await out(newsroom, "Wrong"),
        await out(newsroom, "Old"),
    ]
    await newsroom.act(hidden[2], "retract")
    for id in hidden[:3]:
        await read(newsroom, id, 3)
    assert newsroom.read_counter.outcomes["unknown"] == 9
    assert await most_read(newsroom) == []


async def test_a_retracted_item_disappears_at_once(newsroom: TestNewsroom) -> None:
    id = await out(newsroom, "Wrong")
    await read(newsroom, id, 3)
    assert await most_read(newsroom) == [("Wrong", 3, 0)]
    await newsroom.report(id, client="192.0.2.50")
    await newsroom.act(id, "retract")
    response = await newsroom.http.get(URL)
    assert response.json()["items"] == [], "the ranking in memory still names it"
    assert await newsroom.read_counter.flush()
    assert await most_read(newsroom) == []


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        (b"", 400, "bad-request"),
        (b"id=1", 400, "bad-request"),
        (b"[]", 422, "invalid"),
        (b"{}", 422, "invalid"),
        (b'{"id":"01k9zq00000000000000000000"}', 422, "invalid"),
        (b'{"id":"01k9zq00000000000000000000","kind":"like"}', 422, "invalid"),
        (b'{"id":"no-id","kind":"open"}', 422, "invalid"),
        (b'{"id":7,"kind":"open"}', 422, "invalid"),
        (b'{"id":"01k9zq00000000000000000000","kind":"open","who":"me"}', 422, "invalid"),
        (b'{"id":"' + b"0" * 300 + b'"}', 413, "too-large"),
    ],
)
async def test_a_malformed_report(
    newsroom: TestNewsroom, body: bytes, status: int, slug: str
) -> None:
    headers = {"content-type": "text/plain"}
    response = await newsroom.http.post("/v1/beacon", content=body, headers=headers)
    check_problem(response, status, slug)


async def test_the_largest_report_is_256_bytes(newsroom: TestNewsroom) -> None:
    body = b'{"id":"01k9zq00000000000000000000","kind":"open"}'
    headers = {"content-type": "text/plain"}
    for size, status in ((256, 204), (257, 413)):
        padded = body + b" " * (size - len(body))
        response = await newsroom.http.post("/v1/beacon", content=padded, headers=headers)
        assert response.status_code == status


async def test_an_unsupported_content_type(newsroom: TestNewsroom) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    response = await newsroom.http.post("/v1/beacon", content=b"{}", headers=headers)
    check_problem(response, 415, "unsupported-media-type")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("window=year", "window"),
        ("window=", "window"),
        ("window=hour&window=day", "window"),
        ("limit=0", "limit"),
        ("limit=51", "limit"),
        ("edition=xx", "edition"),
    ],
)
async def test_a_wrong_query(newsroom: TestNewsroom, query: str, field: str) -> None:
    problem = check_problem(await newsroom.http.get(f"{URL}?{query}"), 400, "bad-filter")
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_it_is_cacheable_and_unchanged_content_is_a_304(newsroom: TestNewsroom) -> None:
    id = await out(newsroom, "One")
    await read(newsroom, id, 1)
    await most_read(newsroom)
    first = await newsroom.http.get(URL)
    assert first.headers["cache-control"] == "public, max-age=15"
    assert first.headers["access-control-allow-origin"] == "*"
    tag = {"if-none-match": first.headers["etag"]}
    newsroom.now += ranking_cache.STALE
    again = await newsroom.http.get(URL, headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    await read(newsroom, id, 1, first=2)
    newsroom.now += ranking_cache.STALE
    assert (await newsroom.http.get(URL, headers=tag)).status_code == 200


async def test_a_request_costs_no_command(newsroom: TestNewsroom, redis: Redis) -> None:
    ids = [await out(newsroom, f"Line {n}") for n in range(3)]
    await read(newsroom, ids[0], 2)
    async with counted(redis) as calls:
        for id in ids:
            await newsroom.report(id, client="192.0.2.99")
    assert calls == {}
    await most_read(newsroom)
    queries = [f"{URL}?limit={n}&edition=en,es" for n in range(1, 20)]
    async with counted(redis) as calls:
        for query in queries:
            assert (await newsroom.http.get(query)).status_code == 200
    assert calls == {}


async def test_a_server_that_starts(newsroom: TestNewsroom) -> None:
    id = await out(newsroom, "One")
    newsroom.gateway.ready = False
    check_problem(await newsroom.http.get(URL), 503, "unavailable")
    assert (await newsroom.report(id)).status_code == 204
    assert newsroom.read_counter.pending == 0


async def test_metrics_count_reports_by_outcome(newsroom: TestNewsroom) -> None:
    id = await out(newsroom, "One")
    await read(newsroom, id, 2)
    await most_read(newsroom)
    found = newsroom.metrics()
    assert found['ticker_reads_reported_total{outcome="counted"}'] == 2
    assert found["ticker_reads_pending_items"] == 0
    assert found["ticker_reads_writes_total"] == 1
    assert found["ticker_ranking_queries_total"] == 1
    assert not [sample for sample in found if "192.0.2" in sample]


async def test_head(newsroom: TestNewsroom) -> None:
    response: httpx.Response = await newsroom.http.head(URL)
    assert (response.status_code, response.content) == (200, b"")
