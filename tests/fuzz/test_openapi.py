"""Requests made from our OpenAPI document: every answer is one that the document names.

The newsroom is a real one, with a real store. The requests are the same in every
run. ``scripts/fuzz --openapi`` makes more of them.
"""

from __future__ import annotations

import random
from typing import Any
from urllib.parse import quote

import orjson
from hypothesis import settings

from tests.api.conftest import newsroom
from tests.support.newsroom import TestNewsroom

__all__ = ["newsroom"]

REQUESTS = settings().max_examples // 4
"""Requests of each operation."""
VALUES = (
    *("", "x", "en", "politics", "0", "1", "200", "-1", "9" * 5_000, "%", "\x00", "\r\n", "\x85"),
    *("é", "e" + "\u0301" * 40, "\u200b", "\u202e", "https://[", "../..", "a" * 3_000, "'\"<>&"),
    *("1.1-1", "flash", "01kav9ft020000000000000001", '"1"', "W/", "1e400", "null", "[" * 40, ","),
)
STREAMS = ("/v1/events", "/v1/ws")


def value(rng: random.Random, depth: int = 0) -> Any:
    kinds: list[Any] = [None, True, 0, -1, 2**62, 1.5, *rng.sample(VALUES, 8)]
    if depth < 2:
        kinds += [[value(rng, depth + 1)] * rng.choice([1, 40]), {"x": value(rng, depth + 1)}]
    return rng.choice(kinds)


def body_of(rng: random.Random, schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """Return an object with some of the schema's fields, of values of any type."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    names = list(schema.get("properties", {"x": {}}))
    found = {name: value(rng) for name in rng.sample(names, rng.randint(0, len(names)))}
    if "headline" in names:
        found |= rng.choice([{}, {"headline": rng.choice(VALUES), "edition": "en"}])
    return found


def types_of(response: Any) -> set[str]:
    """Return the types of problems that a documented response has; empty for another one."""
    if not isinstance(response, dict) or "application/problem+json" not in response.get(
        "content", {}
    ):
        return set()
    found: set[str] = set()
    for part in response["content"]["application/problem+json"]["schema"].get("allOf", ()):
        found |= set(part.get("properties", {}).get("type", {}).get("enum", ()))
    return found


async def test_every_answer_is_one_that_the_document_names(newsroom: TestNewsroom) -> None:
    document = (await newsroom.http.get("/openapi.json")).json()
    schemas = document["components"]["schemas"]
    rng = random.Random(18)
    asked = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if path in STREAMS:
                continue
            newsroom.now += 60.0  # so that no budget is spent
            for _ in range(REQUESTS):
                target, query, headers = path, {}, dict(newsroom.key)
                for parameter in operation.get("parameters", ()):
                    chosen = rng.choice(VALUES)
                    if parameter["in"] == "path":
                        target = target.replace(
                            f"{{{parameter['name']}}}", quote(chosen or "x", "")
                        )
                    elif parameter["in"] == "query" and rng.random() < 0.7:
                        query[parameter["name"]] = chosen
                    elif parameter["in"] == "header" and rng.random() < 0.7:
                        headers[parameter["name"]] = quote(chosen, '"/ W')[:200]
                content = None
                for kind, media in operation.get("requestBody", {}).get("content", {}).items():
                    headers["content-type"] = kind
                    content = orjson.dumps(body_of(rng, media["schema"], schemas))
                answer = await newsroom.http.request(
                    method, target, params=query, headers=headers, content=content
                )
                asked += 1
                said = (method, target[:200], query, content, answer.status_code, answer.text[:300])
                assert answer.status_code < 500 or answer.status_code == 503, said
                documented = {*operation["responses"], "400", "405", "413", "414"}
                if "{" in path:
                    documented.add("404")  # a slash in a value leads to another resource
                assert str(answer.status_code) in documented, said
                types = types_of(operation["responses"].get(str(answer.status_code)))
                if types:
                    assert answer.json()["type"] in types, said
    assert asked > 200
