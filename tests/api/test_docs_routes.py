"""``/openapi.json`` and ``/docs`` match the routes, the models and the problems."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from starlette.routing import Route

from tests.support.newsroom import TestNewsroom
from ticker.api import docs_page
from ticker.api.problem_documents import ALL
from ticker.domain.errors import PROBLEMS


@pytest.fixture
async def described(newsroom: TestNewsroom) -> Any:
    response = await newsroom.http.get("/openapi.json")
    assert response.headers["content-type"] == "application/json"
    return response.json()


def operations(described: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


async def test_requests_that_come_while_it_is_rendered_get_the_same(newsroom: TestNewsroom) -> None:
    paths = ("/openapi.json", "/docs", "/openapi.json", "/docs")
    first = await asyncio.gather(*map(newsroom.http.get, paths))
    again = await asyncio.gather(*map(newsroom.http.get, paths))
    assert [answer.status_code for answer in first] == [200] * 4
    assert [answer.headers["etag"] for answer in first] == [a.headers["etag"] for a in again]
    assert first[0].headers["etag"] == first[2].headers["etag"] != first[1].headers["etag"]


@pytest.mark.long
async def test_it_is_valid_openapi(described: Any) -> None:
    from openapi_spec_validator import validate  # 0.2 s, for this test alone

    validate(described)


async def test_every_route_is_described_and_nothing_else(
    newsroom: TestNewsroom, described: Any
) -> None:
    routes = {route.path for route in newsroom.app.routes if isinstance(route, Route)}
    assert newsroom.app.fixed.keys() | routes - {"/{path:path}"} == set(described["paths"])
    for method, path, _ in operations(described):
        url = path.replace("{id}", "0" * 26).replace("{slug}", "gone")
        response = await newsroom.http.request(method, url)
        assert response.status_code != 405, (method, path)
        allowed = (await newsroom.http.options(url)).headers["allow"].split(", ")
        extra = set(allowed) - {"HEAD", "OPTIONS"} - {m.upper() for m in described["paths"][path]}
        assert not extra, (path, extra)


async def test_every_reference_leads_somewhere(described: Any) -> None:
    schemas = described["components"]["schemas"]
    used = set(references(described))
    assert used
    for reference in used:
        assert reference.removeprefix("#/components/schemas/") in schemas


async def test_operations_have_names_answers_and_their_path_parameters(described: Any) -> None:
    names = [operation["operationId"] for _, _, operation in operations(described)]
    assert len(set(names)) == len(names)
    tags = {tag["name"] for tag in described["tags"]}
    for method, path, operation in operations(described):
        assert operation["summary"]
        assert set(operation["tags"]) <= tags
        assert any(status.startswith(("1", "2", "3")) for status in operation["responses"])
        declared = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
        assert declared == set(re.findall(r"{(\w+)}", path)), (method, path)


async def test_every_problem_is_described(described: Any) -> None:
    types = described["components"]["schemas"]["Problem"]["properties"]["type"]["enum"]
    assert types == [PROBLEMS + error.slug for error in ALL]
    assert len(set(types)) == len(types)
    publish = described["paths"]["/v1/items"]["post"]
    assert {"400", "401", "409", "413", "415", "422", "500", "503"} <= set(publish["responses"])
    assert "Retry-After" in publish["responses"]["503"]["headers"]
    assert "Location" in publish["responses"]["201"]["headers"]


async def test_fields_come_from_the_models(described: Any) -> None:
    draft = described["components"]["schemas"]["Draft"]
    assert draft["required"] == ["headline", "edition"]
    assert draft["properties"]["headline"]["maxLength"] == 280
    assert draft["additionalProperties"] is False
    public = described["components"]["schemas"]["PublicItem"]
    assert "note" not in public["properties"]
    assert set(public["required"]) == set(public["properties"]) - {"replaces"}


async def test_operations_that_need_a_key_declare_it(described: Any) -> None:
    for method, path, operation in operations(described):
        editors = operation["tags"] == ["Editors"]
        assert (operation.get("security") == [{"key": []}]) is editors, (method, path)


class Page(HTMLParser):
    """Collects ids, links and tags of an HTML page."""

    VOID = frozenset({"meta", "link", "wbr", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.tags.append(tag)
        assert "style" not in said
        assert not any(name.startswith("on") for name in said)
        if said.get("id"):
            self.ids.append(str(said["id"]))
        if tag == "a":
            self.links.append(str(said["href"]))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


async def test_the_page_is_well_formed_and_its_links_lead_somewhere(newsroom: TestNewsroom) -> None:
    response = await newsroom.http.get("/docs")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "unsafe" not in response.headers["content-security-policy"]
    page = Page(response.text)
    assert "script" not in page.tags
    assert "style" not in page.tags
    assert len(set(page.ids)) == len(page.ids)
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.ids, link
        else:
            assert (await newsroom.http.get(link)).status_code == 200, link


async def test_the_page_documents_every_operation(newsroom: TestNewsroom, described: Any) -> None:
    page = Page((await newsroom.http.get("/docs")).text)
    for _, _, operation in operations(described):
        assert operation["operationId"] in page.ids


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/docs.css"])
async def test_documents_have_tags(newsroom: TestNewsroom, path: str) -> None:
    response = await newsroom.http.get(path)
    again = await newsroom.http.get(path, headers={"if-none-match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_text_is_escaped(described: Any) -> None:
    described["info"]["description"] = "<b> `a<b`"
    assert "<p class=lead>&lt;b&gt; <code>a&lt;b</code></p>" in docs_page.page(described)
