"""``Editor`` with failing networks and servers."""

from __future__ import annotations

import orjson
import pytest

from tests.client.messages import cursor, item
from tests.client.published import DROP, published
from tests.support.http_server import Answer, answering
from ticker.client import (
    Duplicate,
    Editor,
    Invalid,
    NotFound,
    Stale,
)


async def test_publish_sends_the_draft_the_key_and_an_idempotency_key() -> None:
    async with answering(published()) as web, Editor(web.url, "tk_x") as editor:
        result = await editor.publish("Hello", "en", sections=["politics"], level="urgent")
    (asked,) = web.asked
    assert (asked.method, asked.path) == ("POST", "/v1/items")
    assert asked.headers["authorization"] == "Bearer tk_x"
    assert len(asked.headers["idempotency-key"]) == 32
    assert asked.json == {
        "headline": "Hello",
        "edition": "en",
        "sections": ["politics"],
        "level": "urgent",
    }
    assert (result.item.id, result.durability, result.repeated) == ("a", "fsync", False)


@pytest.mark.parametrize(("said", "read"), [(True, True), ("pending", False), (None, None)])
async def test_an_answer_says_whether_readers_get_the_item(said: object, read: object) -> None:
    async with answering(published(delivered=said)) as web, Editor(web.url, "tk_x") as editor:
        result = await editor.publish("Hello", "en")
    assert result.delivered is read


async def test_the_silent_hop_explains_an_item_that_waits() -> None:
    hops = {"redis": {"ok": True, "detail": "answers"}, "worker": {"ok": False, "detail": "none"}}
    red = Answer(503, {"ready": False, "hops": hops, "silent": "worker"})
    green = Answer(200, {"ready": True, "hops": hops, "silent": None})
    async with answering(red, green, DROP) as web, Editor(web.url) as editor:
        assert await editor.silent_hop() == "worker: none"
        assert await editor.silent_hop() is None
        assert await editor.silent_hop() is None, "no answer explains nothing"


@pytest.mark.parametrize(
    ("status", "document", "kind"),
    [
        (422, {"errors": [{"field": "link", "message": "no"}]}, Invalid),
        (404, {}, NotFound),
        (409, {"type": "/problems/duplicate", "existing": "b"}, Duplicate),
        (412, {"current": 3}, Stale),
    ],
)
async def test_refusals_are_not_repeated(
    status: int, document: dict[str, object], kind: type[Exception]
) -> None:
    async with answering(Answer(status, document)) as web, Editor(web.url) as editor:
        with pytest.raises(kind):
            await editor.correct("a", "It was wrong", if_match=2, headline="Right")
    (asked,) = web.asked
    assert (asked.method, asked.path) == ("PATCH", "/v1/items/a")
    assert asked.headers["if-match"] == '"2"'
    assert asked.json == {"headline": "Right", "correction": "It was wrong"}


async def test_ids_cannot_leave_their_place_in_the_path() -> None:
    async with answering(Answer(404, {})) as web, Editor(web.url) as editor:
        with pytest.raises(NotFound):
            await editor.get("../keys?x")
    assert web.asked[0].path == "/v1/items/..%2Fkeys%3Fx"


def report(lines: int, *refused: int) -> Answer:
    results: list[dict[str, object]] = [
        {"line": number, "status": 201, "id": f"i{number}"} for number in range(1, lines + 1)
    ]
    for number in refused:
        errors = [{"field": "link", "message": "no"}]
        results[number - 1] = {"line": number, "status": 422, "errors": errors}
    counts = {"published": lines - len(refused), "repeated": 0, "refused": len(refused)}
    return Answer(200, {"results": results} | counts)


async def test_an_import_counts_lines_over_all_batches_and_repeats_a_lost_one() -> None:
    drafts = [{"headline": str(number), "edition": "en"} for number in range(5)]
    answers = (report(2), DROP, report(2, 1), report(1, 1))
    async with answering(*answers) as web, Editor(web.url) as editor:
        batches = [batch async for batch in editor.import_drafts(drafts, in_flight=1, batch_size=2)]
    assert [batch.count for batch in batches] == [2, 2, 1]
    assert [batch.published for batch in batches] == [2, 1, 0]
    refused = [line for batch in batches for line in batch.refusals]
    assert [draft.number for draft in refused] == [3, 5]
    assert refused[0].errors[0].field == "link"
    assert web.asked[1].body == web.asked[2].body
    assert all(b'"key":' in line for line in web.asked[1].body.splitlines())


async def test_one_line_over_the_servers_limit_is_refused_alone() -> None:
    too_large = Answer(413, {"title": "The body is too large"})
    async with answering(too_large) as web, Editor(web.url) as editor:
        drafts = [{"headline": "x" * 100}]
        (batch,) = [batch async for batch in editor.import_drafts(drafts)]
    assert (batch.refused, batch.refusals[0].status) == (1, 413)


async def test_an_import_that_fails_ends_and_leaves_nothing_running() -> None:
    drafts = [{"headline": str(number)} for number in range(10)]
    answers = [Answer(401, {"title": "A valid key is required"})] * 10
    async with answering(*answers) as web, Editor(web.url) as editor:
        with pytest.raises(Exception, match="A valid key"):
            async for _ in editor.import_drafts(drafts, batch_size=1):
                pass
    assert len(web.asked) <= 4


async def test_list_asks_with_its_facets() -> None:
    listed = Answer(200, {"cursor": cursor(1), "items": [item("a")]})
    async with answering(listed) as web, Editor(web.url) as editor:
        listing = await editor.list(edition=["en", "es"], level="urgent", limit=5, all=True)
    assert web.asked[0].path == "/v1/items?edition=en&edition=es&level=urgent&limit=5&all=true"
    assert [one.id for one in listing.items] == ["a"]
    assert orjson.dumps(listing.json)
