"""Common behaviour of all addresses: methods, HEAD, CORS, problems, unexpected errors."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest

from tests.support.newsroom import TestNewsroom, check_problem
from ticker.api.problem_documents import ALL
from ticker.config import Settings
from ticker.domain.errors import PROBLEMS
from ticker.domain.filter_query import FIELDS_MAX, QUERY_MAX
from ticker.server.web_role import create_app

ITEM = "/v1/items/01k9zq00000000000000000000"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/v1/items", "GET, HEAD, OPTIONS, POST"),
        ("PUT", ITEM, "GET, HEAD, OPTIONS, PATCH"),
        ("GET", f"{ITEM}/retract", "OPTIONS, POST"),
        ("HEAD", f"{ITEM}/pin", "OPTIONS, POST"),
        ("GET", "/v1/import", "OPTIONS, POST"),
        ("POST", "/healthz", "GET, HEAD, OPTIONS"),
        ("POST", "/openapi.json", "GET, HEAD, OPTIONS"),
        ("POST", "/", "GET, HEAD, OPTIONS"),
        ("BREW", "/v1/items", "GET, HEAD, OPTIONS, POST"),
    ],
)
async def test_another_method(newsroom: TestNewsroom, method: str, path: str, allow: str) -> None:
    response = await newsroom.http.request(method, path, headers=newsroom.key)
    if method != "HEAD":
        check_problem(response, 405, "method-not-allowed")
    assert response.status_code == 405
    assert response.headers["allow"] == allow


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/v1", "/v1/", "/v1/items/", "/v2/items", "/v1/items/a/b/c", "//", "/V1/items"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_unknown_address(newsroom: TestNewsroom, method: str, path: str) -> None:
    response = await newsroom.http.request(method, f"http://newsroom.test{path}")
    check_problem(response, 404, "not-found")


@pytest.mark.parametrize(
    "path",
    ["/v1/items", "/healthz", "/readyz", "/openapi.json", "/docs", "/docs.css", "/x"],
)
async def test_head_is_get_without_its_body(newsroom: TestNewsroom, path: str) -> None:
    await newsroom.publish()
    get, head = await newsroom.http.get(path), await newsroom.http.head(path)
    assert head.content == b""
    for name in get.headers:
        assert head.headers[name] == get.headers[name]
    assert head.status_code == get.status_code
    assert int(head.headers["content-length"]) > 0


async def test_head_of_an_item(newsroom: TestNewsroom) -> None:
    published = await newsroom.publish()
    response = await newsroom.http.head(f"/v1/items/{published['item']['id']}")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["etag"] == '"1"'


@pytest.mark.parametrize(
    ("path", "open"),
    [
        ("/v1/items", True),
        ("/v1/items?edition=xx", True),
        (ITEM, True),
        ("/openapi.json", True),
        ("/v1/import", False),
        (f"{ITEM}/retract", False),
        ("/healthz", False),
    ],
)
async def test_other_sites_may_read_public_resources(
    newsroom: TestNewsroom, path: str, open: bool
) -> None:
    headers = {"origin": "https://news.example"}
    response = await newsroom.http.get(path, headers=headers)
    assert response.headers.get("access-control-allow-origin") == ("*" if open else None)
    preflight = await newsroom.http.options(
        path, headers=headers | {"access-control-request-method": "GET"}
    )
    assert preflight.status_code == 204
    allowed = headers["origin"] if open else None
    assert preflight.headers.get("access-control-allow-origin") == allowed
    assert ("access-control-allow-methods" in preflight.headers) is open


async def test_other_sites_may_not_publish(newsroom: TestNewsroom) -> None:
    preflight = await newsroom.http.options(
        "/v1/items",
        headers={
            "origin": "https://news.example",
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization, content-type",
        },
    )
    assert preflight.headers["access-control-allow-methods"] == "GET, HEAD"
    assert "authorization" not in preflight.headers["access-control-allow-headers"].lower()


async def test_a_page_may_send_what_its_libraries_send(newsroom: TestNewsroom) -> None:
    sent = ["Cache-Control", "X-Requested-With", "Pragma", "x-b3-traceid"]
    preflight = await newsroom.http.options(
        "/v1/events",
        headers={
            "origin": "https://news.example",
            "access-control-request-method": "GET",
            "access-control-request-headers": ", ".join([*sent, "authorization", "no token"]),
        },
    )
    allowed = preflight.headers["access-control-allow-headers"].split(", ")
    assert set(sent) <= set(allowed)
    assert not {"authorization", "no token"} & set(allowed)
    assert preflight.headers["access-control-allow-credentials"] == "true"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("edition=en", None),
        ("EDITIONS=EN", None),
        ("_=17", ""),
        ("t=1&cb=2&nocache=3&utm_source=x&UTM_Medium=y&fbclid=z&gclid=w", ""),
        ("secton=politics", "unknown parameter 'secton' (did you mean section?)"),
        ("not-tag=x", "(did you mean not.tag?)"),
        ("javascript:alert(1)", "unknown parameter 'javascript:alert(1)'"),
        ("%D8%A9%0D%0Ax=1", r"unknown parameter '\u0629\r\nx'"),
    ],
)
async def test_a_readers_unknown_parameter_is_ignored(
    newsroom: TestNewsroom, query: str, told: str | None
) -> None:
    response = await newsroom.http.get(f"/v1/items?{query}")
    assert response.status_code == 200
    # An invented parameter is no further copy in a shared cache.
    shared = response.headers["cache-control"].startswith("public")
    assert shared is (told is None)
    warning = response.headers.get("ticker-warning", "")
    assert (told or "") in warning
    assert "not.level" not in warning, "no such parameter"
    assert bool(told) is ("ticker-warning" in response.headers)


async def test_in_a_query_that_is_too_long_no_parameter_is_named(newsroom: TestNewsroom) -> None:
    """All of its parameters were read a second time, to name the unknown ones."""
    item = (await newsroom.publish())["item"]["id"]
    for query in ("x=1&" * FIELDS_MAX, "secton=" + "x" * QUERY_MAX):
        response = await newsroom.http.get(f"/v1/items/{item}?{query}")
        assert response.status_code == 200
        assert "ticker-warning" not in response.headers
        assert response.headers["cache-control"].startswith("private")
    fewer = await newsroom.http.get(f"/v1/items/{item}?{'secton=1&' * (FIELDS_MAX - 1)}")
    assert "ticker-warning" in fewer.headers


async def test_the_answer_to_an_editor_is_not_for_other_sites(newsroom: TestNewsroom) -> None:
    published = await newsroom.publish()
    for response in (
        await newsroom.http.get(f"/v1/items/{published['item']['id']}", headers=newsroom.key),
        await newsroom.http.get("/v1/items?all=true", headers=newsroom.key),
        await newsroom.http.post(
            "/v1/items", json={"headline": "Two", "edition": "en"}, headers=newsroom.key
        ),
    ):
        assert response.is_success
        assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("path", ["/v1/items", "/widget.js", "/v1/feed.json", "/v1/embed"])
async def test_an_invalid_key_does_not_remove_cors_headers_from_cached_responses(
    newsroom: TestNewsroom, path: str
) -> None:
    # A response to a request with any Authorization had no CORS headers, yet it was "public": a
    # cache that stored it broke the widget on every other site, the pinned one for a year.
    asked = await newsroom.http.get(path, headers={"authorization": "Bearer unknown"})
    assert asked.headers["cache-control"].startswith("public")
    assert asked.headers["access-control-allow-origin"] == "*"


async def test_content_types_are_not_sniffed(newsroom: TestNewsroom) -> None:
    for path in ("/", "/v1/items", "/healthz", "/docs", "/nothing", "/v1/items?x=1"):
        response = await newsroom.http.get(path)
        assert response.headers["x-content-type-options"] == "nosniff"


async def test_an_unexpected_error_is_logged_and_reveals_nothing(
    newsroom: TestNewsroom, caplog: pytest.LogCaptureFixture
) -> None:
    async def check() -> Any:
        raise RuntimeError("secret inside")

    newsroom.health.check = check  # type: ignore[method-assign]
    with caplog.at_level(logging.ERROR, "ticker.api"):
        response = await newsroom.http.get("/readyz?token=private", headers=newsroom.key)
    problem = check_problem(response, 500, "internal")
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    instance = problem["instance"].rpartition(":")[2]
    [record] = caplog.records
    assert instance in record.getMessage()
    assert instance in problem["detail"]
    assert record.exc_info is not None
    assert "private" not in caplog.text
    assert newsroom.key["authorization"] not in caplog.text
    assert (await newsroom.http.get("/healthz")).status_code == 200


async def test_redis_away(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"redis_url": "unix:///nowhere/redis.sock"}))
    key = {"authorization": "Bearer tk_" + "a" * 32}
    draft = {"headline": "One", "edition": "en"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://newsroom.test"
    ) as http:
        response = await http.post("/v1/items", json=draft, headers=key)
        check_problem(response, 503, "store-unavailable")
        assert int(response.headers["retry-after"]) >= 1
        assert "nowhere" not in response.text
        assert (await http.get("/healthz")).status_code == 200
        check_problem(await http.get("/v1/items"), 503, "unavailable")
        ready = await http.get("/readyz")
        assert (ready.status_code, ready.json()["silent"]) == (503, "redis")


async def test_an_invalid_host(newsroom: TestNewsroom) -> None:
    for host in ("[", "a b", "\u00e9", ""):
        headers = {b"host": host.encode()}
        for path in ("/v1/items", "/nothing", "/", "/readyz"):
            response = await newsroom.http.get(path, headers=headers)
            assert response.status_code < 500


async def test_a_websocket_address_without_a_handshake(newsroom: TestNewsroom) -> None:
    response = await newsroom.http.get("/v1/ws?edition=en")
    check_problem(response, 426, "upgrade-required")
    assert response.headers["upgrade"] == "websocket"


async def test_every_problem_type_leads_to_its_explanation(newsroom: TestNewsroom) -> None:
    docs = (await newsroom.http.get("/docs")).text
    for error in ALL:
        response = await newsroom.http.get(PROBLEMS + error.slug)
        assert response.status_code == 302
        path, _, fragment = response.headers["location"].partition("#")
        assert path == "/docs"
        assert f'id="{fragment}"' in docs
    response = await newsroom.http.get(PROBLEMS + "x%0d%0aset-cookie:a=b")
    assert "set-cookie" not in response.headers
