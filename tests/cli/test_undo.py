"""Items that were retracted or ended by mistake are published again as new ones."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.cli.conftest import Newsroom
from tests.client.messages import item
from tests.support.http_server import Answer, answering
from ticker.cli.main import app
from ticker.cli.options import OK, REFUSED
from ticker.cli.undo import NOTICES, draft_again, newest, notice
from ticker.client import Refused

RETRACTED = "2026-11-28T20:00:00.000Z"
BEFORE, AFTER = "2026-11-28T19:00:00.000Z", "2026-11-29T19:00:00.000Z"
LATER = "2026-11-29T19:00:05.000Z"


@pytest.mark.parametrize(
    ("fields", "times"),
    [
        (
            {"state": "retracted", "pinned": True, "push": True},
            {"replaces": "a", "correction": NOTICES["en"]},
        ),
        ({"state": "retracted", "test": True}, {"test": True}),
        ({"state": "expired", "expires_at": BEFORE}, {}),
        (
            {"state": "retracted", "expires_at": AFTER, "language": "ar"},
            {"expires_at": AFTER, "language": "ar", "replaces": "a", "correction": NOTICES["ar"]},
        ),
        ({"state": "retracted", "embargo_until": AFTER}, {"at": AFTER}),
        ({"state": "retracted", "authors": ["ana"]}, {"draft": True}),
        (
            {"state": "retracted", "authors": ["ana"], "approved_by": "ben"},
            {"replaces": "a", "correction": NOTICES["en"]},
        ),
    ],
)
def test_the_draft_has_the_text_and_the_times_that_were_to_come(
    fields: dict[str, Any], times: dict[str, Any]
) -> None:
    assert draft_again(item("a", **fields, updated_at=RETRACTED)) == {
        "headline": "Headline of a",
        "edition": "en",
        "level": "ticker",
        "language": "en",
        "dir": "ltr",
        "sections": ["politics"],
        "verification": "confirmed",
        "note": f"Published again: a was {fields['state']} by mistake.",
        **times,
    }


def test_other_words_or_none_for_readers() -> None:
    gone = item("a", state="retracted", updated_at=RETRACTED)
    assert draft_again(gone, " The wrong key. ")["correction"] == "The wrong key."
    assert "correction" not in draft_again(gone, "")
    assert draft_again(gone, "")["replaces"] == "a"


async def test_an_item_whose_successor_was_retracted_too() -> None:
    id, new = "0" * 26, "1" * 26
    answers = (
        Answer(200, item(id, state="retracted", replaced_by=new)),
        Answer(200, item(new, state="retracted", replaces=id)),
    )
    async with answering(*answers) as web:
        result = await asyncio.to_thread(
            CliRunner().invoke, app, ["undo", id], env={"TICKER_URL": web.url, "TICKER_KEY": "tk_x"}
        )
    assert (result.exit_code, f"ticker undo {new}" in result.output) == (REFUSED, True)
    assert {asked.method for asked in web.asked} == {"GET"}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "it is live; readers have it. Retract it with: ticker retract a"),
        ({"state": "scheduled"}, "it is scheduled; withdraw it with: ticker retract a"),
        ({"state": "draft"}, "it is draft; only"),
    ],
)
def test_what_cannot_be_published_again(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(Refused, match=why):
        draft_again(item("a", **fields))


@pytest.mark.parametrize(
    ("fields", "language"),
    [
        ({"state": "retracted", "language": "es-MX"}, "es"),
        ({"state": "retracted", "language": "ar"}, "ar"),
        ({"state": "retracted", "language": "fr"}, "en"),
        ({"state": "retracted", "embargo_until": AFTER}, None),
        ({"state": "retracted", "authors": ["ana"]}, None),
        ({"state": "expired"}, None),
    ],
)
def test_readers_are_told_of_what_they_had_before(
    fields: dict[str, Any], language: str | None
) -> None:
    assert notice(item("a", **fields)) == ("" if language is None else NOTICES[language])


def too_late(field: str) -> Answer:
    error = {"field": field, "message": "is in the past", "value": AFTER}
    return Answer(422, {"type": "/problems/implausible-time", "title": "x", "errors": [error]})


@pytest.mark.parametrize(("field", "code"), [("expires_at", OK), ("at", REFUSED)])
async def test_a_time_that_has_passed_since(field: str, code: int) -> None:
    id = "0" * 26
    times: dict[str, Any] = {"expires_at": AFTER} | (
        {"embargo_until": AFTER} if field == "at" else {}
    )
    gone = item(id, state="retracted", updated_at=RETRACTED, **times)
    done = {"item": item("b"), "durability": "fsync", "state": "live", "delivered": True}
    answers = (Answer(200, gone), too_late(field), Answer(201, done))
    async with answering(*answers) as web:
        result = await asyncio.to_thread(
            CliRunner().invoke, app, ["undo", id], env={"TICKER_URL": web.url, "TICKER_KEY": "tk_x"}
        )
    assert result.exit_code == code
    if code == REFUSED:
        assert "it was not published before its time passed" in result.output
        return
    first, second = web.asked[1:]
    assert first.json["expires_at"] == AFTER
    assert second.json == {name: one for name, one in first.json.items() if name != "expires_at"}
    assert first.headers["idempotency-key"] != second.headers["idempotency-key"]


@pytest.mark.parametrize(
    ("state", "code", "said"),
    [
        ("scheduled", OK, "taken back"),
        ("live", REFUSED, "The item is out"),
        ("retracted", OK, "was taken back already, nothing changed"),
    ],
)
async def test_an_item_that_was_waiting_when_it_was_read(state: str, code: int, said: str) -> None:
    id = "0" * 26
    waiting = item(id, state="scheduled", undo_until=AFTER, embargo_until=AFTER)
    now = {**waiting, "version": 2, "state": state}
    if state == "live":
        now |= {"undo_until": None, "embargo_until": None}
    gone = {**now, "state": "retracted"}
    done = {
        "item": gone,
        "durability": "fsync",
        "state": "retracted",
        "changed": said == "taken back",
    }
    stale = Answer(412, {"type": "/problems/stale", "title": "x", "version": 2})
    answers = (
        Answer(200, waiting),
        Answer(200, waiting),
        stale,
        Answer(200, now),
        Answer(200, done),
    )
    async with answering(*answers) as web:
        result = await asyncio.to_thread(
            CliRunner().invoke, app, ["undo", id], env={"TICKER_URL": web.url, "TICKER_KEY": "tk_x"}
        )
    assert (result.exit_code, said in " ".join(result.output.split())) == (code, True)
    changes = [asked for asked in web.asked if asked.method == "POST"]
    versions = [asked.headers["if-match"] for asked in changes]
    assert versions == ['"1"', '"2"'][: 1 if state == "live" else 2]


def waiting(name: str, sent: str, **fields: Any) -> dict[str, Any]:
    found = item(name, state="scheduled", undo_until=AFTER, created_by="ana")
    found |= {"published_at": sent, "updated_at": sent}
    return found | fields


@pytest.mark.parametrize(
    ("items", "id"),
    [
        ([], None),
        ([waiting("a", BEFORE), waiting("b", AFTER), waiting("c", BEFORE)], "b"),
        ([waiting("a", BEFORE), waiting("b", AFTER, created_by="ben")], "a"),
        ([waiting("a", BEFORE, updated_at=LATER), waiting("b", AFTER)], "b"),
        ([waiting("a", AFTER, created_by="ben", approved_by="ana")], "a"),
        ([waiting("a", AFTER, approved_by="ben")], None),
        ([waiting("a", AFTER, undo_until=None)], None),
        ([waiting("a", AFTER, state="retracted")], None),
    ],
)
def test_the_newest_that_an_editor_has_sent(items: list[dict[str, Any]], id: str | None) -> None:
    found = newest(items, "ana")
    assert (found and found["id"]) == id


async def test_without_an_id_and_with_nothing_to_take_back() -> None:
    others = {"items": [waiting("a", AFTER, created_by="ben")], "next": None, "since": None}
    async with answering(Answer(200, {"name": "ana"}), Answer(200, others)) as web:
        result = await asyncio.to_thread(
            CliRunner().invoke, app, ["undo"], env={"TICKER_URL": web.url, "TICKER_KEY": "tk_x"}
        )
    assert (result.exit_code, "There is nothing to take back" in result.output) == (REFUSED, True)
    assert [asked.method for asked in web.asked] == ["GET", "GET"]


@pytest.mark.processes
def test_an_item_is_taken_back_before_it_goes_out(newsroom: Newsroom) -> None:
    words = ("publish", "Lantern festival moved", "-e", "en", "--undo-window", "10")
    answer = newsroom.ticker(*words, "--key", "lantern", "--json").json["item"]
    id = answer["id"]
    assert (answer["state"], answer["undo_until"]) == ("scheduled", answer["embargo_until"])
    assert "taken back" in newsroom.ticker("undo", id).out
    assert "was taken back already, nothing changed" in newsroom.ticker("undo", id).out
    newer = newsroom.ticker(*words, "--json").json["item"]["id"]
    assert f"{newer}  taken back" in newsroom.ticker("undo").out
    again = newsroom.ticker(*words)
    new = again.out.split()[1]
    stored = newsroom.ticker("show", new, "--json").json
    until, since = (datetime.fromisoformat(stored[at]) for at in ("undo_until", "updated_at"))
    left = f"{round((until - since).total_seconds(), 1):g}"  # a slow machine commits a moment later
    said = " ".join(again.out.split())
    assert f"Goes out in {left} s; take it back with: ticker undo " in said
    assert newsroom.ticker("release", new).code == 0
    late = newsroom.ticker("undo", new)
    assert (late.code, f"ticker retract {new}" in late.err) == (REFUSED, True)


@pytest.mark.processes
def test_a_retraction_by_mistake(newsroom: Newsroom) -> None:
    id = newsroom.publish("The lighthouse is lit again", "--story", "lighthouse")
    assert "it is live" in newsroom.ticker("undo", id).err
    assert newsroom.ticker("retract", id, "--reason", "wrong key").code == 0
    words = ("undo", id[-6:], "--correction", "This item was withdrawn by mistake.", "--json")
    first, second = newsroom.ticker(*words).json, newsroom.ticker(*words).json
    new = first["item"]
    assert (new["headline"], new["story"]) == ("The lighthouse is lit again", "lighthouse")
    assert new["correction"]["text"] == "This item was withdrawn by mistake."
    assert (id in new["note"], new["replaces"]) == (True, id)
    assert new["id"] == second["item"]["id"] != id
    assert second["repeated"]
    assert f"Again as  {new['id']}" in newsroom.ticker("status", id).out
    assert f"Replaces  {id}" in newsroom.ticker("status", new["id"]).out
    assert new["id"] in newsroom.ticker("show", id).out
    rows = [row.split("\t") for row in newsroom.ticker("history", new["id"]).out.splitlines()]
    assert [(row[1], row[2]) for row in rows if row[5] in ("", "state")] == [
        ("1", "publish"),
        ("2", "retract"),
        ("1", "publish"),
    ]
    document = newsroom.ticker("history", new["id"], "--json").json
    assert [one["id"] for one in document["earlier"]] == [id]
    assert newsroom.ticker("retract", new["id"], "--reason", "wrong again").code == 0
    assert f"ticker undo {new['id']}" in newsroom.ticker("undo", id).err
    again = newsroom.ticker("undo", new["id"], "--json").json["item"]
    assert again["correction"]["text"] == NOTICES["en"]
    earlier = newsroom.ticker("history", again["id"], "--json").json["earlier"]
    assert [one["id"] for one in earlier] == [id, new["id"]]
    assert newsroom.ticker("retract", again["id"], "--reason", "wrong again").code == 0
    silent = newsroom.ticker("undo", again["id"], "--correction", "", "--json").json["item"]
    assert silent["correction"] is None
