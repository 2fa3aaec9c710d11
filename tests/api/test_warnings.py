"""Warnings in the answer to an editor: similar items, another script, a time in the future."""

from __future__ import annotations

from typing import Any

import orjson

from tests.support.newsroom import TestNewsroom
from ticker.api.warnings import COMPARED_MAX, FOUND_MAX

ARABIC = "إعادة فتح الميناء بعد العاصفة"


async def published(newsroom: TestNewsroom, headline: str, **fields: Any) -> dict[str, Any]:
    answer = await newsroom.publish(headline, **fields)
    await newsroom.catch_up()
    return dict(answer)


async def test_a_similar_item_of_the_edition_is_named(newsroom: TestNewsroom) -> None:
    first = (await published(newsroom, "Ferry runs aground off Port Almar"))["item"]
    expected = {name: first[name] for name in ("id", "headline", "published_at")}
    second = await published(newsroom, "Ferry ran aground off Port Almar")
    [warning] = second["warnings"]
    assert (warning["code"], warning["item"]) == ("similar", expected)
    assert first["id"] in warning["message"]
    assert (await published(newsroom, "Ferry runs aground off Port Almar", edition="es"))[
        "warnings"
    ] == []
    assert (await published(newsroom, "Harbour reopens after storm"))["warnings"] == []
    path = f"/v1/items/{second['item']['id']}"
    change = {"headline": "A ferry runs aground off Port Almar"}
    changed = (await newsroom.http.patch(path, json=change, headers=newsroom.key)).json()
    assert [one["item"]["id"] for one in changed["warnings"]] == [first["id"]]
    await newsroom.catch_up()
    change = {"summary": "More follows"}
    changed = (await newsroom.http.patch(path, json=change, headers=newsroom.key)).json()
    assert changed["warnings"] == []
    await newsroom.act(first["id"], "retract", reason="wrong")
    await newsroom.catch_up()
    third = await published(newsroom, "A ferry runs aground of Port Almar")
    assert [one["item"]["headline"] for one in third["warnings"]] == [
        "A ferry runs aground off Port Almar"
    ]


async def test_the_same_words_at_another_level_are_a_duplicate(newsroom: TestNewsroom) -> None:
    first = await published(newsroom, "Ferry runs aground off Port Almar", level="flash")
    draft = {"headline": "FERRY runs aground off Port Almar!", "edition": "en", "level": "urgent"}
    answer = await newsroom.http.post("/v1/items", json=draft, headers=newsroom.key)
    assert answer.status_code == 409
    assert answer.json()["existing"] == first["item"]["id"]
    forced = await newsroom.http.post(
        "/v1/items", json=draft | {"force": True}, headers=newsroom.key
    )
    assert forced.json()["warnings"][0]["item"]["id"] == first["item"]["id"]


async def test_only_recent_items_are_compared_and_few_are_named(newsroom: TestNewsroom) -> None:
    old = await published(newsroom, "Rates unchanged in May", published_at="2020-01-01T00:00:00Z")
    assert (await published(newsroom, "Rates unchanged in June"))["warnings"] == []
    for number in range(FOUND_MAX + 1):
        await published(newsroom, f"Death toll rises to {number} in Nivra")
    last = await published(newsroom, "Death toll rises to 9 in Nivra")
    assert [one["code"] for one in last["warnings"]] == ["similar"] * FOUND_MAX
    assert old["item"]["id"] not in str(last)
    items = newsroom.gateway.lane.current_items
    assert len(items.newest_of("en", 3)) == 3
    assert items.newest_of("en", COMPARED_MAX)[0].item_id == last["item"]["id"]
    assert items.newest_of("xx", 3) == []


async def test_another_script_and_a_time_in_the_future(newsroom: TestNewsroom) -> None:
    for headline, edition, codes in (
        ("Harbour reopens after storm", "ar", ["script"]),
        (ARABIC, "ar", []),
        (ARABIC, "en", ["script"]),
        ("شركة Microsoft تشتري OpenAI", "ar", []),
        ("2–1 (90)", "ar", []),
    ):
        answer = await published(newsroom, headline, edition=edition)
        assert [one["code"] for one in answer["warnings"]] == codes, headline
    answer = await published(newsroom, "Wrong clock", published_at="2126-01-01T00:00:00Z")
    [warning] = answer["warnings"]
    assert (warning["code"], warning["item"]) == ("future", None)
    assert answer["item"]["published_at"] in warning["message"]


async def test_lines_of_an_import_have_warnings_too(newsroom: TestNewsroom) -> None:
    first = await published(newsroom, "Ferry runs aground off Port Almar")
    lines: list[dict[str, Any]] = [
        {"headline": "Ferry ran aground off Port Almar", "edition": "en", "key": "a"},
        {"headline": "Harbour reopens after storm", "edition": "en", "key": "b"},
        {"headline": "Harbour reopens after storm", "edition": "ar"},
    ]

    async def load() -> list[dict[str, Any]]:
        body = b"\n".join(map(orjson.dumps, lines))
        kind = {"content-type": "application/x-ndjson"}
        answer = await newsroom.http.post("/v1/import", content=body, headers=newsroom.key | kind)
        await newsroom.catch_up()
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    similar, clean, script = await load()
    assert [one["item"]["id"] for one in similar["warnings"]] == [first["item"]["id"]]
    assert "warnings" not in clean
    assert [one["code"] for one in script["warnings"]] == ["script"]
    lines[1]["headline"] = "A ferry runs aground off Port Almar"
    unchanged, updated, _ = await load()
    assert "warnings" not in unchanged
    assert {one["code"] for one in updated["warnings"]} == {"similar"}
