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
    shown = await http.get(PATH)
    assert shown.json() == put.json()
    etag = {"if-none-match": shown.headers["etag"]}
    assert (await http.get(PATH, headers=etag)).status_code == 304
    removed = await http.delete(f"{PATH}/en", headers=key | {"if-match": '"1"'})
    assert removed.json()["editions"] == {}
    assert (await http.get(PATH, headers=etag)).json()["editions"] == {}


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
