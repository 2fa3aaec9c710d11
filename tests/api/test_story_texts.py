"""``/v1/stories/{story}/texts``: reading, setting and removing texts."""

from __future__ import annotations

from tests.support.newsroom import TestNewsroom, check_problem

PATH = "/v1/stories/floods/texts"
TEXT = {"title": "Floods", "summary": "It rains.", "key_points": ["One", "Two"]}


async def test_the_text_of_an_edition(newsroom: TestNewsroom) -> None:
    http, key = newsroom.http, newsroom.key
    none = (await http.get(PATH)).json()
    assert none == {"story": "floods", "version": 0, "updated_at": None, "editions": {}}
    put = await http.put(f"{PATH}/en", json=TEXT, headers=key)
    assert put.status_code == 200, put.text
    assert put.headers["etag"] == '"1"'
    assert put.json()["editions"] == {"en": TEXT}
    await newsroom.publish("Rivers rise", story="floods")
    shown = await http.get(PATH)
    assert shown.json() == put.json()
    assert "public" in shown.headers["cache-control"]
    etag = {"if-none-match": shown.headers["etag"]}
    assert (await http.get(PATH, headers=etag)).status_code == 304
    removed = await http.delete(f"{PATH}/en", headers=key | {"if-match": '"1"'})
    assert removed.json()["editions"] == {}
    assert (await http.get(PATH, headers=etag)).json()["editions"] == {}


async def test_readers_see_the_texts_of_editions_with_live_items(newsroom: TestNewsroom) -> None:
    http, key = newsroom.http, newsroom.key
    for edition in ("en", "es"):
        await http.put(f"{PATH}/{edition}", json=TEXT, headers=key)
    unknown = await http.get(PATH.replace("floods", "droughts"))
    before = await http.get(PATH)
    assert before.json() == unknown.json() | {"story": "floods"}
    item = await newsroom.publish("Rivers rise", story="floods")
    etag = {"if-none-match": before.headers["etag"]}
    shown = await http.get(PATH, headers=etag)
    assert list(shown.json()["editions"]) == ["en"]
    await newsroom.act(item["item"]["id"], "retract", reason="A hoax.")
    after = await http.get(PATH, headers={"if-none-match": shown.headers["etag"]})
    assert (after.status_code, after.json()) == (200, before.json())


async def test_an_editor_reads_all_texts_as_they_are_stored(newsroom: TestNewsroom) -> None:
    http, key = newsroom.http, newsroom.key
    none = {"if-match": '"0"'}
    assert (await http.put(f"{PATH}/en", json=TEXT, headers=key | none)).status_code == 200
    again = await http.put(f"{PATH}/en", json=TEXT, headers=key | none)
    assert check_problem(again, 412, "stale")["current"] == 1
    read = await http.get(PATH, headers=key)
    assert read.json()["editions"] == {"en": TEXT}
    assert (read.headers["etag"], read.headers["vary"]) == ('"1"', "Authorization")
    assert "private" in read.headers["cache-control"]
    wrong = await http.get(PATH, headers={"authorization": "Bearer no"})
    check_problem(wrong, 401, "unauthorised")


async def test_what_is_refused(newsroom: TestNewsroom) -> None:
    http, key = newsroom.http, newsroom.key
    check_problem(await http.put(f"{PATH}/en", json=TEXT), 401, "unauthorised")
    check_problem(await http.delete(f"{PATH}/en"), 401, "unauthorised")
    check_problem(await http.put(f"{PATH}/fr", json=TEXT, headers=key), 404, "not-found")
    for path in ("/v1/stories/a%20b/texts/en", f"/v1/stories/{'x' * 129}/texts/en"):
        check_problem(await http.put(path, json=TEXT, headers=key), 404, "not-found")
    for wrong in ({}, {"title": " "}, {"key_points": ["x"] * 9}, {"slug": "x"}):
        refused = await http.put(f"{PATH}/en", json=wrong, headers=key)
        check_problem(refused, 422, "invalid")
    await http.put(f"{PATH}/en", json=TEXT, headers=key)
    stale = await http.put(f"{PATH}/en", json=TEXT, headers=key | {"if-match": '"7"'})
    assert check_problem(stale, 412, "stale")["current"] == 1
