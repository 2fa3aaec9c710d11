"""Imports of entries that are known: updates, corrections, withdrawals, and no change at all."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from tests.api.test_bulk_import import load, report
from tests.support.newsroom import TestNewsroom
from ticker.domain.clock import parse_ms
from ticker.publishing.import_record import SCOPE
from ticker.publishing.transitions import step
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys


def line(**fields: Any) -> bytes:
    return orjson.dumps({"headline": "Trams run again", "edition": "en", "key": "g1"} | fields)


async def one(newsroom: TestNewsroom, **fields: Any) -> Any:
    return report(await load(newsroom, line(**fields)))["results"][0]


async def item(newsroom: TestNewsroom, id: str) -> Any:
    answer = await newsroom.http.get(f"/v1/items/{id}", headers=newsroom.key)
    data = answer.json()
    return data.get("item", data)


async def test_a_changed_entry_updates_its_item(newsroom: TestNewsroom) -> None:
    first = await one(newsroom, tags=["tram"])
    answer = report(await load(newsroom, line(headline="Trams run again, except line 4")))
    assert (answer["updated"], answer["published"], answer["refused"]) == (1, 0, 0)
    [changed] = answer["results"]
    assert (changed["status"], changed["action"], changed["id"]) == (200, "updated", first["id"])
    now = await item(newsroom, first["id"])
    assert (now["version"], now["headline"]) == (2, "Trams run again, except line 4")
    assert now["tags"] == [], "the source has no tags any more"
    assert [event.action for _, event in await newsroom.wire()] == ["publish", "update"]


async def test_an_unchanged_entry_makes_no_version(newsroom: TestNewsroom) -> None:
    first = await one(newsroom)
    for fields in ({}, {"published_at": "2026-11-20T10:00:00Z"}, {"force": True}):
        again = await one(newsroom, **fields)
        assert (again["action"], again["id"], again["state"]) == ("unchanged", first["id"], "live")
    assert len(await newsroom.wire()) == 1


async def test_a_source_that_changes_its_mind_is_followed(newsroom: TestNewsroom) -> None:
    first = await one(newsroom)
    for headline in ("B", "Trams run again", "B"):
        assert (await one(newsroom, headline=headline))["action"] == "updated"
        assert (await item(newsroom, first["id"]))["headline"] == headline
    assert len(await newsroom.wire()) == 4


async def test_what_an_editor_changed_stays_unless_the_source_changes_it(
    newsroom: TestNewsroom,
) -> None:
    first = await one(newsroom, summary="From the source")
    path = f"/v1/items/{first['id']}"
    mended = {"headline": "Trams run, says the council", "correction": "It was the council."}
    answer = await newsroom.http.patch(path, json=mended, headers=newsroom.key)
    assert answer.status_code == 200, answer.text
    assert (await one(newsroom, summary="From the source"))["action"] == "unchanged"
    assert (await one(newsroom, summary="More from the source"))["action"] == "updated"
    now = await item(newsroom, first["id"])
    assert now["headline"] == "Trams run, says the council"
    assert now["summary"] == "More from the source"


async def test_a_correction_of_the_source_is_one_here(newsroom: TestNewsroom) -> None:
    first = await one(newsroom)
    await one(newsroom, headline="Trams run, except line 4", correction="Line 4 does not run.")
    now = await item(newsroom, first["id"])
    assert now["correction"]["text"] == "Line 4 does not run."
    assert [event.action for _, event in await newsroom.wire()] == ["publish", "correct"]
    other = await one(newsroom, headline="Ferries run", key="g2", correction="Only two of them.")
    assert (await item(newsroom, other["id"]))["correction"]["text"] == "Only two of them."


@pytest.mark.parametrize(
    ("fields", "action"),
    [({"draft": True}, "draft"), ({"at": "2099-01-01T00:00:00Z", "force": True}, "schedule")],
)
async def test_a_corrected_entry_that_waits_has_its_first_version_in_the_history(
    newsroom: TestNewsroom, fields: dict[str, Any], action: str
) -> None:
    first = await one(newsroom, correction="Only two of them.", **fields)
    changed = await one(newsroom, correction="Only three of them.", **fields)
    assert (changed["id"], changed["action"]) == (first["id"], "updated")
    history = (await item(newsroom, first["id"]))["history"]
    assert [(entry["action"], entry["version"]) for entry in history] == [
        (action, 1),
        ("correct", 2),
    ]
    before, after = history[1]["changes"]["correction"].values()
    assert (before["text"], after["text"]) == ("Only two of them.", "Only three of them.")


async def test_what_its_source_withdraws_is_retracted(newsroom: TestNewsroom) -> None:
    first = await one(newsroom)
    gone = orjson.dumps({"key": "g1", "status": "canceled"})
    never = orjson.dumps({"key": "never-imported", "status": "canceled"})
    answer = report(await load(newsroom, gone, never))
    assert (answer["withdrawn"], answer["refused"]) == (1, 0)
    assert [result["action"] for result in answer["results"]] == ["withdrawn", "unknown"]
    assert answer["results"][0]["state"] == "retracted"
    again = report(await load(newsroom, gone))
    assert again["results"][0]["action"] == "unchanged"
    back = await one(newsroom)
    assert back["action"] == "published"
    assert back["id"] != first["id"]
    assert [event.action for _, event in await newsroom.wire()] == ["publish", "retract", "publish"]


async def test_what_an_editor_retracted_does_not_come_back(newsroom: TestNewsroom) -> None:
    first = await one(newsroom)
    path = f"/v1/items/{first['id']}/retract"
    await newsroom.http.post(path, json={"reason": "wrong"}, headers=newsroom.key)
    same = await one(newsroom)
    changed = await one(newsroom, headline="Trams run again, at last")
    for again in (same, changed):
        assert (again["action"], again["state"]) == ("unchanged", "retracted")
    assert "retracted" in changed["note"]
    assert len(await newsroom.wire()) == 2


async def test_an_embargo_that_moves(newsroom: TestNewsroom) -> None:
    soon, later = datetime.now(UTC) + timedelta(days=2), datetime.now(UTC) + timedelta(days=3)
    first = await one(newsroom, at=soon.isoformat())
    assert first["state"] == "scheduled"
    moved = await one(newsroom, at=later.isoformat())
    assert (moved["action"], moved["state"]) == ("updated", "scheduled")
    until = (await item(newsroom, first["id"]))["embargo_until"]
    assert until[:19] == later.isoformat()[:19]
    wrong = report(await load(newsroom, line(key="g2", at="2001-01-01T10:00:00Z")))
    assert wrong["results"][0]["type"] == "/problems/implausible-time"
    assert await newsroom.wire() == []


async def test_a_key_twice_in_one_import_and_two_imports_at_once(newsroom: TestNewsroom) -> None:
    twice = report(await load(newsroom, line(), line(headline="Trams run again, late")))
    assert [result["action"] for result in twice["results"]] == ["published", "updated"]
    answers = await asyncio.gather(
        *(load(newsroom, line(headline="Trams stop", key="g2")) for _ in range(4)),
        *(load(newsroom, line(headline="Trams run again, later")) for _ in range(4)),
    )
    actions = [report(answer)["results"][0]["action"] for answer in answers]
    assert sorted(actions) == ["published", *["unchanged"] * 6, "updated"]
    assert [event.action for _, event in await newsroom.wire()].count("publish") == 2


async def test_the_language_chooses_the_edition(newsroom: TestNewsroom) -> None:
    spanish = orjson.dumps({"headline": "Reabre el túnel", "language": "es-MX"})
    french = orjson.dumps({"headline": "Le tunnel rouvre", "language": "fr"})
    answer = report(await load(newsroom, spanish, french))
    assert (await item(newsroom, answer["results"][0]["id"]))["edition"] == "es"
    assert answer["results"][1]["errors"][0]["field"] == "edition"


async def test_wrong_values_of_a_line(newsroom: TestNewsroom) -> None:
    lines = [
        orjson.dumps({"status": "canceled"}),
        line(status="gone"),
        line(correction=7),
        line(correction="x" * 2_000),
    ]
    answer = report(await load(newsroom, *lines))
    fields = [result["errors"][0]["field"] for result in answer["results"]]
    assert fields == ["key", "status", "correction", "correction"]


async def test_an_item_of_the_future_is_published_now(newsroom: TestNewsroom) -> None:
    first = await one(newsroom, published_at="2999-01-01T10:00:00Z")
    now = await item(newsroom, first["id"])
    assert 0 <= parse_ms(now["published_at"]) - parse_ms(now["updated_at"]) < 1_000


async def test_a_record_that_cannot_be_read_refuses_its_own_line_only(
    newsroom: TestNewsroom, redis: Redis, keys: Keys
) -> None:
    first = await one(newsroom)
    key = keys.idem(SCOPE, "g1")
    kept = await redis.get(key)
    head = kept.rpartition(b"\n")[0]
    for damaged in (b"", b"\xff", head, head + b"\n{", head + b"\n[]", head + b'\n{"item":1}'):
        await redis.set(key, damaged)
        headline = f"Ferries run: {damaged[-9:].hex()}"
        answer = await load(newsroom, line(), line(key=None, headline=headline))
        refused, published = report(answer)["results"]
        assert (refused["status"], published["action"]) == (502, "published")
    await redis.set(key, kept)
    assert (await one(newsroom))["id"] == first["id"]


async def test_an_item_that_cannot_be_read_is_withdrawn_with_its_source(
    newsroom: TestNewsroom, redis: Redis, keys: Keys
) -> None:
    first = await one(newsroom)
    await redis.hset(keys.item(first["id"]), "doc", "{")  # type: ignore[misc]
    assert (await one(newsroom, headline="Changed"))["status"] == 502
    assert (await one(newsroom, status="canceled"))["action"] == "withdrawn"
    assert [event.action for _, event in await newsroom.wire()] == ["publish", "retract"]


async def test_an_entry_that_changes_for_ever_is_refused_at_the_bound(
    newsroom: TestNewsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step, "VERSIONS_MAX", 2)
    await one(newsroom)
    assert (await one(newsroom, headline="B"))["action"] == "updated"
    assert (await one(newsroom, headline="C"))["status"] == 409
    assert (await one(newsroom, status="canceled"))["action"] == "withdrawn"


async def test_a_withdrawal_before_its_entry_does_not_withdraw_it(newsroom: TestNewsroom) -> None:
    """Lines of one key count in their order, also where none of them is known yet."""
    answer = report(await load(newsroom, line(status="canceled"), line()))
    assert [result["action"] for result in answer["results"]] == ["unknown", "published"]
    assert (await item(newsroom, answer["results"][1]["id"]))["state"] == "live"


async def test_a_text_of_another_edition_does_not_replace_an_item(newsroom: TestNewsroom) -> None:
    """Two feeds may have the same key for one story in two languages."""
    first = await one(newsroom)
    refused = await one(newsroom, edition="es", headline="Vuelven los tranvías")
    assert (refused["status"], first["id"] in refused["detail"]) == (409, True)
    assert (await item(newsroom, first["id"]))["headline"] == "Trams run again"
