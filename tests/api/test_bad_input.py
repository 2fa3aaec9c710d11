"""Invalid requests of editors' programs are refused with the invalid field, and publish nothing."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.support.newsroom import TestNewsroom, check_problem

JSON = {"content-type": "application/json"}
GOOD: dict[str, Any] = {"headline": "Ferry service resumes", "edition": "en"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("headline", ""),
        ("headline", "   "),
        ("headline", "\u0007\u0000\u001b"),
        ("headline", "\u202e\u2066\u2069"),
        ("headline", "\n\t\r"),
        ("headline", "x" * 281),
        ("headline", "م" * 281),
        ("headline", None),
        ("headline", 5),
        ("headline", ["Ferry"]),
        ("headline", {"text": "Ferry"}),
        ("edition", "xx"),
        ("edition", ""),
        ("edition", "EN"),
        ("edition", None),
        ("edition", ["en"]),
        ("sections", ["gardening"]),
        ("sections", "politics"),
        ("sections", [1]),
        ("sections", ["politics"] * 17),
        ("regions", ["atlantis"]),
        ("level", "shout"),
        ("level", 3),
        ("link", "javascript:alert(1)"),
        ("link", "JaVaScRiPt://example.com/%0aalert(1)"),
        ("link", "ftp://example.com/a"),
        ("link", "data:text/html,hello"),
        ("link", "//example.com/a"),
        ("link", "example.com"),
        ("link", "https://"),
        ("link", "https://example.com/a b"),
        ("link", "https://example.com/" + "a" * 2048),
        ("media", [{"href": "javascript:alert(1)"}]),
        ("media", [{"href": "https://example.com/a.jpg", "size": 5}]),
        ("tags", ["a,b"]),
        ("tags", [""]),
        ("tags", ["t" * 65]),
        ("story", "two words"),
        ("language", "not a language"),
        ("dir", "up"),
        ("verification", "rumour"),
        ("at", "tomorrow"),
        ("at", "2026-11-23T10:00:00"),
        ("expires_at", "2026-13-01T00:00:00Z"),
        ("expires_in", 0),
        ("expires_in", -5),
        ("expires_in", "soon"),
        ("pinned", "perhaps"),
        ("summary", "s" * 2001),
        ("status", "usable"),
        ("id", "01k9zq00000000000000000000"),
        ("created_by", "somebody else"),
    ],
)
async def test_a_wrong_field_is_named(newsroom: TestNewsroom, field: str, value: object) -> None:
    body = orjson.dumps(GOOD | {field: value})
    response = await newsroom.http.post("/v1/items", content=body, headers=newsroom.key | JSON)
    problem = check_problem(response, 422, "invalid")
    named = [error["field"] for error in problem["errors"]]
    assert any(name.split(".")[0] == field for name in named), named
    assert all(error["message"] for error in problem["errors"])
    assert await newsroom.traces() == 0


async def test_every_wrong_field_is_named_at_once(newsroom: TestNewsroom) -> None:
    draft = {"headline": "", "edition": "en", "level": "shout", "link": "ftp://a"}
    response = await newsroom.http.post("/v1/items", json=draft, headers=newsroom.key)
    problem = check_problem(response, 422, "invalid")
    assert {error["field"] for error in problem["errors"]} == {"headline", "level", "link"}


async def test_an_unknown_place_is_refused_with_the_known_ones(newsroom: TestNewsroom) -> None:
    draft = GOOD | {"edition": "fr", "sections": ["gardening"], "regions": ["atlantis"]}
    response = await newsroom.http.post("/v1/items", json=draft, headers=newsroom.key)
    problem = check_problem(response, 422, "invalid")
    said = {error["field"]: error["message"] for error in problem["errors"]}
    assert "known: ar, en, es" in said["edition"]
    assert "politics" in said["sections"]
    assert "latin-america" in said["regions"]


async def test_controls_and_bidi_overrides_are_removed_from_a_headline(
    newsroom: TestNewsroom,
) -> None:
    result = await newsroom.publish("Ferry\u202e ser\u0007vice\nresumes\u2069")
    assert result["item"]["headline"] == "Ferry service resumes"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"{", "line 1"),
        (b'{"headline": "a",}', "line 1, column 1"),
        (b'{\n "headline": "a"\n "edition": "en"}', "line 3"),
        (b"{'headline': 'a'}", "line 1, column 2"),
        (b'{"headline": NaN, "edition": "en"}', "line 1"),
        (b'{"headline": "\xff\xfe", "edition": "en"}', "invalid JSON"),
        (b'{"headline": "\\ud800", "edition": "en"}', "line 1"),
        (b"headline=a&edition=en", "line 1"),
        (b"\x00\x01\x02\x03", "line 1"),
        (b"[" * 30_000 + b"]" * 30_000, "invalid JSON"),
        (b'{"headline":"a","edition":"en","push":' + b"[" * 400 + b"]" * 400 + b"}", "deep"),
        (b'{"headline":"a","edition":"en","push":' + b'{"a":' * 33 + b"1" + b"}" * 34, "deep"),
    ],
)
async def test_a_syntax_error_is_reported_with_its_place(
    newsroom: TestNewsroom, body: bytes, place: str
) -> None:
    response = await newsroom.http.post("/v1/items", content=body, headers=newsroom.key | JSON)
    problem = check_problem(response, 400, "bad-request")
    assert place in problem["detail"]
    assert await newsroom.traces() == 0


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"5", b"null", b"true", b'[{"headline":"a"}]'])
async def test_json_that_is_no_object(newsroom: TestNewsroom, body: bytes) -> None:
    response = await newsroom.http.post("/v1/items", content=body, headers=newsroom.key | JSON)
    problem = check_problem(response, 422, "invalid")
    assert problem["errors"][0]["message"] == "must be a JSON object"
    assert await newsroom.traces() == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/jsonx"},
        {"content-type": ""},
        {},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
async def test_a_wrong_content_type(newsroom: TestNewsroom, headers: dict[str, str]) -> None:
    body = orjson.dumps(GOOD)
    response = await newsroom.http.post("/v1/items", content=body, headers=newsroom.key | headers)
    check_problem(response, 415, "unsupported-media-type")
    assert response.headers["accept"] == "application/json"
    assert await newsroom.traces() == 0


async def test_a_content_type_with_parameters_is_accepted(newsroom: TestNewsroom) -> None:
    headers = newsroom.key | {"content-type": "Application/JSON; charset=utf-8"}
    response = await newsroom.http.post("/v1/items", content=orjson.dumps(GOOD), headers=headers)
    assert response.status_code == 201


async def test_a_huge_body_with_its_length(newsroom: TestNewsroom) -> None:
    body = orjson.dumps(GOOD | {"note": "x" * 70_000})
    response = await newsroom.http.post("/v1/items", content=body, headers=newsroom.key | JSON)
    problem = check_problem(response, 413, "too-large")
    assert "65,536" in problem["detail"]
    assert response.headers["connection"] == "close"
    assert await newsroom.traces() == 0


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer tk_short",
        "Bearer tk_" + "a" * 32,
        "Bearer tk_" + "a" * 31 + "\u00e9",
        "Basic dXNlcjpwYXNz",
        "tk_" + "a" * 32,
        "Bearer " + "a" * 5000,
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/items"),
        ("PATCH", "/v1/items/01k9zq00000000000000000000"),
        ("POST", "/v1/items/01k9zq00000000000000000000/retract"),
        ("POST", "/v1/items/01k9zq00000000000000000000/pin"),
        ("POST", "/v1/items/01k9zq00000000000000000000/unpin"),
        ("POST", "/v1/items/01k9zq00000000000000000000/release"),
        ("POST", "/v1/items/01k9zq00000000000000000000/expire"),
        ("POST", "/v1/import"),
        ("GET", "/v1/items?all=true"),
    ],
)
async def test_a_wrong_or_missing_key(
    newsroom: TestNewsroom, header: str | None, method: str, path: str
) -> None:
    headers: dict[bytes, bytes] = {b"content-type": b"application/json"}
    if header is not None:
        headers[b"authorization"] = header.encode()
    response = await newsroom.http.request(
        method, path, content=orjson.dumps(GOOD), headers=headers
    )
    check_problem(response, 401, "unauthorised")
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert await newsroom.traces() == 0


@pytest.mark.parametrize("key", ["", "two words", "k" * 256, "schl\u00fcssel", "tab\tkey"])
async def test_an_invalid_idempotency_key(newsroom: TestNewsroom, key: str) -> None:
    headers = {b"authorization": newsroom.key["authorization"].encode()}
    headers |= {b"idempotency-key": key.encode(), b"content-type": b"application/json"}
    response = await newsroom.http.post("/v1/items", content=orjson.dumps(GOOD), headers=headers)
    problem = check_problem(response, 400, "bad-request")
    assert problem["errors"][0]["field"] == "Idempotency-Key"
    assert await newsroom.traces() == 0


async def test_two_idempotency_keys(newsroom: TestNewsroom) -> None:
    headers = [*newsroom.key.items(), ("idempotency-key", "a"), ("idempotency-key", "b")]
    response = await newsroom.http.post("/v1/items", json=GOOD, headers=headers)
    check_problem(response, 400, "bad-request")
    assert await newsroom.traces() == 0


@pytest.mark.parametrize(
    "tag", ["3", "'3'", '"three"', '""', '"3', '"3" "4"', "W/3", '"-1"', '"3",', "*, *", '"1e3"']
)
async def test_a_malformed_if_match(newsroom: TestNewsroom, tag: str) -> None:
    published = await newsroom.publish()
    headers = newsroom.key | {"if-match": tag}
    path = f"/v1/items/{published['item']['id']}"
    response = await newsroom.http.patch(path, json={"headline": "Changed"}, headers=headers)
    problem = check_problem(response, 400, "bad-request")
    assert problem["errors"][0]["field"] == "If-Match"
    assert len(await newsroom.wire()) == 1


@pytest.mark.parametrize("tag", ['"7"', '"7", "8"', 'W/"7"'])
@pytest.mark.parametrize("act", ["change", "retract", "pin"])
async def test_a_stale_if_match(newsroom: TestNewsroom, tag: str, act: str) -> None:
    published = await newsroom.publish()
    path = f"/v1/items/{published['item']['id']}"
    headers = newsroom.key | {"if-match": tag}
    if act == "change":
        response = await newsroom.http.patch(path, json={"headline": "Changed"}, headers=headers)
    else:
        response = await newsroom.http.post(f"{path}/{act}", headers=headers)
    problem = check_problem(response, 412, "stale")
    assert problem["current"] == 1
    assert len(await newsroom.wire()) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, "headline"),
        ({"note": "only for us"}, "headline"),
        ({"headline": ""}, "headline"),
        ({"headline": None}, "headline"),
        ({"edition": "ar"}, "edition"),
        ({"version": 9}, "version"),
        ({"level": None}, "level"),
        ({"sections": ["gardening"]}, "sections"),
        ({"link": "javascript:1"}, "link"),
    ],
)
async def test_a_wrong_change(newsroom: TestNewsroom, change: dict[str, Any], field: str) -> None:
    published = await newsroom.publish()
    path = f"/v1/items/{published['item']['id']}"
    response = await newsroom.http.patch(path, json=change, headers=newsroom.key)
    problem = check_problem(response, 422, "invalid")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert len(await newsroom.wire()) == 1


@pytest.mark.parametrize(
    ("act", "body", "field"),
    [
        ("retract", {"reason": 5}, "reason"),
        ("retract", {"reason": "x" * 2001}, "reason"),
        ("retract", {"why": "wrong"}, "why"),
        ("retract", [], ""),
        ("pin", {"pinned": True}, "pinned"),
        ("unpin", {"x": 1}, "x"),
        ("release", {"at": "now"}, "at"),
        ("expire", {"at": "now"}, "at"),
    ],
)
async def test_a_wrong_body_of_an_act(
    newsroom: TestNewsroom, act: str, body: Any, field: str
) -> None:
    published = await newsroom.publish()
    path = f"/v1/items/{published['item']['id']}/{act}"
    response = await newsroom.http.post(path, json=body, headers=newsroom.key)
    problem = check_problem(response, 422, "invalid")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert len(await newsroom.wire()) == 1


@pytest.mark.parametrize("id", ["x", "01k9zq00000000000000000000", "..", "a" * 500, "%00", "*"])
async def test_an_unknown_item(newsroom: TestNewsroom, id: str) -> None:
    for method, path in (("PATCH", ""), ("POST", "/retract"), ("POST", "/pin"), ("GET", "")):
        url = f"/v1/items/{id}{path}"
        if id == "..":
            url = f"/v1/items/%2E%2E{path}"
        body = {"headline": "Changed"} if method == "PATCH" else None
        headers = newsroom.key if method != "GET" else {}
        response = await newsroom.http.request(method, url, json=body, headers=headers)
        check_problem(response, 404, "not-found")
    assert await newsroom.traces() == 0


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "0",
        "1764000000000-0",
        "$",
        "abc.1-",
        "abc.-1",
        "ABC.1-1",
        "abc.1-1.1",
        "abc.1-1 ",
        "\u0661.1-1",
        "abc.99999999999999999999-0",
        "a" * 5000,
        "abc.1-1%00",
    ],
)
async def test_a_malformed_cursor(newsroom: TestNewsroom, cursor: str) -> None:
    await newsroom.publish()
    response = await newsroom.http.get("/v1/items", params={"after": cursor})
    if len(cursor) > 4096:
        check_problem(response, 400, "bad-filter")
        return
    answer = response.json()
    assert (answer["reset"], answer["reason"], len(answer["items"])) == (True, "unreadable", 1)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("edition=xx", "edition"),
        ("section=politics,gardening", "section"),
        ("region=atlantis", "region"),
        ("level=5", "level"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=1&limit=2", "limit"),
        ("limit=%D9%A1", "limit"),
        ("limit=1e2", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("all=yes", "all"),
        ("tag=" + "t" * 65, "tag"),
        ("tag=" + ",".join(map(str, range(33))), "tag"),
        ("&".join(f"tag={n}" for n in range(33)), ""),
        ("story=no/story", "story"),
        ("story=-ferries", "story"),
        ("story=ferr%0Aies", "story"),
        ("story=" + "s" * 129, "story"),
        ("&".join(f"_={n}" for n in range(60)), ""),
        ("edition=en&" + "_=" + "x" * 5000, ""),
    ],
)
async def test_a_wrong_query(newsroom: TestNewsroom, query: str, field: str) -> None:
    response = await newsroom.http.get(f"/v1/items?{query}")
    problem = check_problem(response, 400, "bad-filter")
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_a_limit_on_events_may_be_larger(newsroom: TestNewsroom) -> None:
    cursor = str(newsroom.gateway.lane.cursor)
    for limit, status in ((1000, 200), (1001, 400)):
        response = await newsroom.http.get("/v1/items", params={"after": cursor, "limit": limit})
        assert response.status_code == status


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("at", "9999-12-31T23:59:59-23:59"),
        ("expires_at", "9999-12-31T23:59:59-23:59"),
        ("published_at", "9999-12-31T23:59:59-23:59"),
        ("published_at", "0001-01-01T00:00:00+23:59"),
        ("at", 1e300),
        ("at", -1e18),
    ],
)
async def test_a_time_outside_the_calendar(
    newsroom: TestNewsroom, field: str, value: object
) -> None:
    response = await newsroom.http.post(
        "/v1/items", json=GOOD | {field: value}, headers=newsroom.key
    )
    problem = check_problem(response, 422, "invalid")
    assert problem["errors"][0]["field"] == field
    assert await newsroom.traces() == 0
