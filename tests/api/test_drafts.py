"""Drafts over HTTP: who may write and approve them, and that no reader ever sees one."""

from __future__ import annotations

import random
from typing import Any

import orjson
import pytest

from tests.api.test_key_management import key
from tests.support.newsroom import TestNewsroom, check_problem, running_newsroom
from ticker.config import Settings
from ticker.domain.editor import ROLES, Role
from ticker.storage.connection import Redis
from ticker.storage.editor_keys import create
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

LATER = "2099-01-01T00:00:00Z"
LEVELS = ("ticker", "urgent", "bulletin", "flash")


@pytest.fixture
def careful(settings: Settings) -> Settings:
    rule = {"two_person_levels": ("bulletin", "flash"), "second_person_after": 0}
    return settings.model_copy(update=rule)


async def another_chief(
    redis: Redis, settings: Settings, name: str = "Eva", role: Role = "chief"
) -> dict[str, str]:
    """Return the header of a key that no editor has made."""
    secret, _ = await create(redis, Keys(settings.namespace), name, role=role)
    return {"authorization": f"Bearer {secret}"}


async def send(newsroom: TestNewsroom, headers: dict[str, str], **fields: Any) -> Any:
    draft = {"headline": "Ferry service resumes", "edition": "en"} | fields
    return await newsroom.http.post("/v1/items", json=draft, headers=headers)


async def approve(newsroom: TestNewsroom, headers: dict[str, str], id: str, **body: Any) -> Any:
    """Approve a draft in the version that is there."""
    path = f"/v1/items/{id}"
    seen = (await newsroom.http.get(path, headers=headers)).headers["etag"]
    headers = headers | {"if-match": seen}
    return await newsroom.http.post(f"{path}/approve", json=body, headers=headers)


@pytest.mark.parametrize("level", LEVELS)
async def test_who_writes_and_approves_drafts_of_which_level(
    newsroom: TestNewsroom, level: str
) -> None:
    headers = {role: await key(newsroom, role) for role in ROLES}
    for role in ROLES:
        line = f"Harbour {level} {role}"
        written = await send(newsroom, headers[role], headline=line, level=level, draft=True)
        assert written.status_code == 201, written.text
        assert (written.json()["state"], written.json()["delivered"]) == ("draft", None)
        id = written.json()["item"]["id"]
        better = await newsroom.http.patch(
            f"/v1/items/{id}", json={"headline": f"{line} again"}, headers=headers["reporter"]
        )
        assert better.json()["state"] == "draft", better.text
        check_problem(await approve(newsroom, headers["reporter"], id), 403, "forbidden")
        alerts = level in ("bulletin", "flash")
        if alerts:
            for check in (True, False):
                refused = await approve(newsroom, headers["editor"], id, check=check)
                check_problem(refused, 403, "forbidden")
        done = await approve(newsroom, headers["chief" if alerts else "editor"], id)
        assert done.json()["state"] == "live", done.text


async def test_an_approval_names_the_version_that_was_read(newsroom: TestNewsroom) -> None:
    id = (await send(newsroom, newsroom.key, draft=True)).json()["item"]["id"]
    path = f"/v1/items/{id}"
    for headers in ({}, {"if-match": "*"}):
        answer = await newsroom.http.post(f"{path}/approve", headers=newsroom.key | headers)
        check_problem(answer, 428, "precondition-required")
    changed = await newsroom.http.patch(path, json={"summary": "At noon"}, headers=newsroom.key)
    for seen, status in (('"1"', 412), (changed.headers["etag"], 200)):
        headers = newsroom.key | {"if-match": seen}
        answer = await newsroom.http.post(f"{path}/approve", headers=headers)
        assert answer.status_code == status, answer.text
    # The second click, and the colleague who was a moment later.
    again = await newsroom.http.post(f"{path}/approve", headers=headers)
    assert (again.status_code, again.json()["changed"]) == (200, False)
    late = await key(newsroom, "editor") | {"if-match": headers["if-match"]}
    problem = check_problem(
        await newsroom.http.post(f"{path}/approve", headers=late), 409, "conflict"
    )
    assert "desk has approved it already" in problem["detail"]


async def test_a_reporter_retracts_a_draft_and_nothing_else(newsroom: TestNewsroom) -> None:
    reporter = await key(newsroom, "reporter")
    id = (await send(newsroom, reporter, draft=True)).json()["item"]["id"]
    gone = await newsroom.http.post(f"/v1/items/{id}/retract", headers=reporter)
    assert gone.json()["item"]["state"] == "retracted", gone.text
    live = (await newsroom.publish("Ferry is late"))["item"]["id"]
    for method, path, body in (
        ("POST", f"/v1/items/{live}/retract", {}),
        ("PATCH", f"/v1/items/{live}", {"headline": "Ferry is on time"}),
        ("POST", f"/v1/items/{live}/approve", {}),
    ):
        headers = reporter | {"if-match": '"1"'}
        answer = await newsroom.http.request(method, path, json=body, headers=headers)
        check_problem(answer, 403, "forbidden")


async def test_a_single_chief_sends_a_flash_at_once_in_a_new_newsroom(
    newsroom: TestNewsroom,
) -> None:
    assert (await newsroom.publish(level="flash"))["state"] == "live"


async def test_the_second_person_and_the_broken_glass(redis: Redis, careful: Settings) -> None:
    async with running_newsroom(redis, careful) as newsroom:
        editor, eva = await key(newsroom, "editor"), await another_chief(redis, careful)
        sent = await send(newsroom, newsroom.key, level="flash")
        assert (sent.status_code, sent.json()["state"]) == (201, "draft")
        id = sent.json()["item"]["id"]
        namesake = await newsroom.http.post(
            "/v1/keys", json={"name": "desk", "role": "chief"}, headers=newsroom.key
        )
        for headers in (newsroom.key, {"authorization": f"Bearer {namesake.json()['key']}"}):
            problem = check_problem(await approve(newsroom, headers, id), 409, "conflict")
            assert "second person" in problem["detail"]
            asked = await approve(newsroom, headers, id, check=True)
            assert check_problem(asked, 409, "conflict")["detail"] == problem["detail"]
        may = await approve(newsroom, eva, id, check=True)
        assert (may.json()["changed"], may.json()["state"]) == (False, "draft"), may.text
        for blank in ("", "  "):
            answer = await approve(newsroom, newsroom.key, id, break_glass=blank)
            check_problem(answer, 409, "conflict")
        alone = await approve(newsroom, editor, id, break_glass="Nobody answers")
        check_problem(alone, 403, "forbidden")
        done = (await approve(newsroom, eva, id)).json()["item"]
        assert (done["state"], done["approved_by"], done["authors"]) == (
            "live",
            "Eva",
            ["desk"],
        )
        entries = await newsroom.http.get("/v1/audit?action=approve", headers=newsroom.key)
        [entry] = entries.json()["entries"]
        assert entry["changes"]["second_person"]["after"]["given_by"] == []
        glass = {"level": "flash", "break_glass": "Alone at night", "headline": "Dam holds"}
        check_problem(await send(newsroom, editor, **glass), 403, "forbidden")
        broken = (await send(newsroom, newsroom.key, **glass)).json()["item"]
        shown = await newsroom.http.get(f"/v1/items/{broken['id']}", headers=newsroom.key)
        assert shown.json()["break_glass"] == "Alone at night"
        assert shown.json()["history"][-1]["note"] == "Alone at night"
        await newsroom.catch_up()
        public = (await newsroom.http.get(f"/v1/items/{broken['id']}")).text
        assert "Alone at night" not in public


async def test_an_author_cannot_make_the_second_person(redis: Redis, careful: Settings) -> None:
    waits = careful.model_copy(update={"second_person_after": 3_600})
    async with running_newsroom(redis, waits) as newsroom:
        id = (await send(newsroom, newsroom.key, level="flash")).json()["item"]["id"]
        made = await key(newsroom, "chief")
        problem = check_problem(await approve(newsroom, made, id), 409, "conflict")
        assert "desk, an author, made your key" in problem["detail"]
        new = await another_chief(redis, waits)
        problem = check_problem(await approve(newsroom, new, id), 409, "conflict")
        assert "1 hours old" in problem["detail"]
        broken = await approve(newsroom, new, id, break_glass="Nobody else is here")
        assert broken.json()["item"]["break_glass"] == "Nobody else is here"


async def test_a_chief_cannot_make_the_first_person(redis: Redis, careful: Settings) -> None:
    waits = careful.model_copy(update={"second_person_after": 3_600})
    async with running_newsroom(redis, waits) as newsroom, newsroom.at("192.0.2.7") as http:
        entry = {"name": "Bot", "password": "seven grey herons"}
        made = await newsroom.http.post(
            "/v1/people", json=entry | {"role": "reporter"}, headers=newsroom.key
        )
        assert made.status_code == 201, made.text
        await http.post("/v1/session", json=entry)
        session = {"authorization": "Session"}
        change = {"password": entry["password"], "new_password": "eleven white swans"}
        await http.put("/v1/account/password", json=change, headers=session)
        bot = await key(newsroom, "reporter")
        for client, headers, line in ((http, session, "Dam holds"), (newsroom.http, bot, "Dam")):
            draft = {"headline": line, "edition": "en", "level": "flash"}
            sent = await client.post("/v1/items", json=draft | {"draft": True}, headers=headers)
            id = sent.json()["item"]["id"]
            problem = check_problem(await approve(newsroom, newsroom.key, id), 409, "conflict")
            assert "made the key or password" in problem["detail"]


async def test_a_password_that_an_author_made_is_changed_before_it_counts(
    redis: Redis, careful: Settings
) -> None:
    async with running_newsroom(redis, careful) as newsroom, newsroom.at("192.0.2.7") as http:
        entry = {"name": "Ana", "password": "seven grey herons"}
        person = await newsroom.http.post(
            "/v1/people", json=entry | {"role": "chief"}, headers=newsroom.key
        )
        assert person.json()["given_by"] == ["desk"]
        await http.post("/v1/session", json=entry)
        id = (await send(newsroom, newsroom.key, level="flash")).json()["item"]["id"]
        headers = {"authorization": "Session", "if-match": '"1"'}
        refused = await http.post(f"/v1/items/{id}/approve", headers=headers)
        assert "change it first" in check_problem(refused, 409, "conflict")["detail"]
        change = {"password": entry["password"], "new_password": "eleven white swans"}
        changed = await http.put("/v1/account/password", json=change, headers=headers)
        assert changed.json()["given_by"] == []
        done = await http.post(f"/v1/items/{id}/approve", headers=headers)
        assert done.json()["state"] == "live", done.text


async def test_drafts_are_listed_for_editors(newsroom: TestNewsroom) -> None:
    for edition in ("en", "ar"):
        await send(newsroom, newsroom.key, edition=edition, draft=True, headline="خبر" + edition)
    path = "/v1/items?all=true&state=draft"
    check_problem(await newsroom.http.get(path), 401, "unauthorised")
    everything = (await newsroom.http.get(path, headers=newsroom.key)).json()["items"]
    assert {(one["edition"], one["state"]) for one in everything} == {
        ("en", "draft"),
        ("ar", "draft"),
    }
    arabic = await newsroom.http.get(f"{path}&edition=ar", headers=newsroom.key)
    assert [one["edition"] for one in arabic.json()["items"]] == ["ar"]
    wrong = await newsroom.http.get("/v1/items?all=true&state=drafts", headers=newsroom.key)
    check_problem(wrong, 400, "bad-filter")


async def test_a_change_of_a_live_flash_waits_for_the_second_person(
    redis: Redis, careful: Settings
) -> None:
    async with running_newsroom(redis, careful) as newsroom:
        editor = await another_chief(redis, careful, "editor key", "editor")
        reporter = await key(newsroom, "reporter")
        sent = await send(newsroom, newsroom.key, level="flash", break_glass="Alone")
        id = sent.json()["item"]["id"]
        path = f"/v1/items/{id}"
        better = {"headline": "Dam zq1x has failed", "push": True}
        check_problem(
            await newsroom.http.patch(path, json=better, headers=reporter), 403, "forbidden"
        )
        glass = better | {"break_glass": "Wrong town"}
        check_problem(await newsroom.http.patch(path, json=glass, headers=editor), 403, "forbidden")
        waits = (await newsroom.http.patch(path, json=better, headers=newsroom.key)).json()
        assert (waits["state"], waits["wire_id"], waits["delivered"]) == ("live", None, None)
        assert waits["item"]["proposed"] == {"change": better, "by": ["desk"], "authors": ["desk"]}
        await newsroom.catch_up()
        for public in (path, "/v1/items", "/v1/feed.json"):
            assert "zq1x" not in (await newsroom.http.get(public)).text
        check_problem(await approve(newsroom, newsroom.key, id), 409, "conflict")
        check_problem(await approve(newsroom, reporter, id), 403, "forbidden")
        done = (await approve(newsroom, editor, id)).json()
        assert (done["item"]["headline"], done["delivered"]) == (better["headline"], True)
        fire = await send(newsroom, editor, headline="Fire in the harbour", level="urgent")
        urgent = fire.json()["item"]["id"]
        raised = {"level": "flash"}
        await newsroom.http.patch(f"/v1/items/{urgent}", json=raised, headers=editor)
        # The author's name is "editor key"; and an editor sends no flash: a chief approves it.
        check_problem(await approve(newsroom, editor, urgent), 409, "conflict")
        chief = await approve(newsroom, newsroom.key, urgent)
        assert chief.json()["item"]["level"] == "flash", chief.text
        now = await newsroom.http.patch(path, json=glass, headers=newsroom.key)
        assert now.json()["item"]["break_glass"] == "Alone", "nothing that readers see is changed"
        glass["headline"] = "Dam has not failed"
        now = await newsroom.http.patch(path, json=glass, headers=newsroom.key)
        assert (now.json()["item"]["break_glass"], now.json()["delivered"]) == ("Wrong town", True)


ACTS = ("approve", "approve", "release", "change", "change", "pin", "expire", "retract", "schedule")


async def test_no_output_has_the_text_of_what_is_not_out(redis: Redis, careful: Settings) -> None:
    """Random acts on drafts, scheduled and test items: their texts stay where editors alone read.

    Every other key in Redis, the lane and the wire among them, and every public address stays
    without them: push, webhooks, WebSub and the archive read nothing else.
    """
    chance = random.Random(14)
    async with running_newsroom(redis, careful) as newsroom:
        eva, keys = await another_chief(redis, careful), Keys(careful.namespace)
        secrets: dict[str, list[str]] = {}
        hidden = set()
        for number in range(120):
            if number % 5 == 0:
                word = f"zq{number}x"
                fields: dict[str, Any] = chance.choice(
                    [{"draft": True}, {"level": "flash"}, {"at": LATER, "force": True}]
                )
                fields = fields | {"story": f"s{word}", "tags": [f"t{word}"], "summary": f"u{word}"}
                sent = await send(newsroom, newsroom.key, headline=word, **fields)
                id = sent.json()["item"]["id"]
                secrets[id] = [word]
                hidden.add(id)
                continue
            id, act = chance.choice(list(secrets)), chance.choice(ACTS)
            word = f"zq{number}x"
            path = f"/v1/items/{id}"
            if act in ("change", "schedule"):
                change = {"at": LATER, "force": True}
                if act == "change":
                    change = {"headline": word, "note": f"n{word}"}
                    secrets[id].append(word)
                answer = await newsroom.http.patch(path, json=change, headers=newsroom.key)
            else:
                seen = (await newsroom.http.get(path, headers=eva)).headers["etag"]
                headers = eva | ({"if-match": seen} if act == "approve" else {})
                answer = await newsroom.http.post(f"{path}/{act}", headers=headers)
            assert answer.status_code in (200, 409), answer.text
            if answer.status_code == 200 and answer.json()["state"] == "live":
                hidden.discard(id)
            await newsroom.catch_up()
        words = [word for id in hidden for word in secrets[id]]
        assert len(hidden) > 3
        assert len(hidden) < len(secrets) - 3
        for name in await command(redis, "KEYS", "*"):
            private = (keys.item(""), keys.private(""), keys.audit_texts(""), keys.prefix + "idem:")
            if not name.decode().startswith(private):
                kept = await command(redis, "DUMP", name)
                # A dump may be compressed, the pairs in it too, so it is read as it was written.
                text = kept + repr(await _content(redis, name)).encode()
                assert not [word for word in words if word.encode() in text], name
        paths = (await newsroom.http.get("/openapi.json")).json()["paths"]
        asked = ["/", "/en", "/en/corrections", "/sitemap-news.xml", *_public(paths)]
        for path in [*asked, *(f"/v1/items/{id}" for id in hidden)]:
            answer = await newsroom.http.get(path)
            assert not [word for word in words if word in answer.text], path


async def _content(redis: Redis, name: bytes) -> Any:
    match await command(redis, "TYPE", name):
        case b"stream":
            return await command(redis, "XRANGE", name, "-", "+")
        case b"hash":
            return await command(redis, "HGETALL", name)
        case b"zset":
            return await command(redis, "ZRANGE", name, 0, -1)
        case b"list":
            return await command(redis, "LRANGE", name, 0, -1)
        case b"string":
            return await command(redis, "GET", name)
        case kind:
            raise AssertionError(f"{name!r} is a {kind!r}")


def _public(paths: dict[str, Any]) -> list[str]:
    """Return the public addresses to read, their parameters filled in."""
    found = []
    for path, methods in paths.items():
        if "get" in methods and "x-role" not in methods["get"] and path != "/v1/events":
            for name, value in (("edition", "en"), ("section", "politics")):
                path = path.replace(f"{{{name}}}", value)
            if "{" not in path and path != "/v1/ws":
                found.append(path)
    return found


async def test_an_import_is_no_way_around_the_second_person(
    redis: Redis, settings: Settings
) -> None:
    """An editor may import urgent items, and do without a second person in no request."""
    rule = {"two_person_levels": ("urgent",), "second_person_after": 0}
    async with running_newsroom(redis, settings.model_copy(update=rule)) as newsroom:
        editor = await another_chief(redis, settings, "Ben", "editor")
        chief = await another_chief(redis, settings)
        line = {"headline": "Ferry adrift", "edition": "en", "level": "urgent", "key": "a"}
        alone = line | {"break_glass": "nobody answers"}
        check_problem(await send(newsroom, editor, **alone), 422, "invalid")
        del alone["key"]
        check_problem(await send(newsroom, editor, **alone), 403, "forbidden")

        async def imported(headers: dict[str, str], entry: dict[str, Any]) -> Any:
            types = {"content-type": "application/x-ndjson"}
            answer = await newsroom.http.post(
                "/v1/import", content=orjson.dumps(entry), headers=headers | types
            )
            [result] = answer.json()["results"]
            return result

        assert (await imported(editor, alone))["status"] == 403
        assert (await imported(editor, line))["state"] == "draft"
        other = alone | {"headline": "Ferry found"}
        assert (await imported(chief, other))["state"] == "live"
