"""Every public route of a newsroom with a protected edition: nobody reads it without a token."""

from __future__ import annotations

import re
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.newsroom import TestNewsroom, check_problem, running_newsroom
from tests.support.reader_tokens import private_key, token, with_keys
from ticker.archive import open as archives
from ticker.config import EditionSettings, Settings
from ticker.domain.clock import rfc3339
from ticker.reader_access.access import ReaderAccess
from ticker.reader_access.judge import Judge
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.lane_store import LaneStore
from workers.archive import ArchiveCopy

SECRET_WORD = "Zanzibarquartz"
"""In every text of the protected edition, and nowhere else."""


def tokens() -> dict[str, str | None]:
    good = token(["inside"])
    return {
        "none": None,
        "expired": token(["inside"], seconds=-60),
        "wrong edition": token(["other"]),
        "wrong audience": token(["inside"], aud="another"),
        "wrong signature": f"{good[:-8]}AAAAAAAA",
        "good": good,
    }


class Paywall:
    """A newsroom with the protected edition ``inside``, and items in it."""

    def __init__(self, newsroom: TestNewsroom, ids: dict[str, str], copy: ArchiveCopy) -> None:
        self.newsroom = newsroom
        self.copy = copy
        self.http = newsroom.http
        self.ids = ids

    async def get(self, path: str, given: str | None, **headers: str) -> httpx.Response:
        if given is not None:
            headers["authorization"] = f"Bearer {given}"
        return await self.http.get(path, headers=headers)

    async def routes(self) -> list[str]:
        """Return an address of each public GET operation, with and without the edition."""
        document = (await self.http.get("/openapi.json")).json()
        found: list[str] = []
        for template, methods in document["paths"].items():
            operation = methods.get("get")
            live = template in ("/v1/ws", "/v1/events")  # those are the gateway's
            console = template.startswith("/console")  # for those who have signed in
            key = operation is None or operation.get("security") == [{"key": []}]
            if live or console or key:
                continue
            values = {
                "edition": "inside",
                "id": "x" if template.startswith("/media") else self.ids["live"],
                "part": self.ids["live"][-6:],
                "version": "1",
                "slug": "politics" if "section" in template else "africa",
                "story": "secret-story",
                "time": rfc3339(int(time.time() * 1000)),
                "name": "inside",
            }
            path = re.sub(r"{(\w+)}", lambda name: values.get(name[1], "x"), template)
            found.append(path)
            if "{id}" in template:
                found.append(path.replace(self.ids["live"], self.ids["expired"]))
            names = {one["name"] for one in operation.get("parameters", ())}
            if "edition" in names and "{edition}" not in template:
                found.append(f"{path}?edition=inside")
                found.append(f"{path}?edition=en,inside")
            if "q" in names:
                found += [f"{path}?q={SECRET_WORD}", f"{path}?q=edition:inside"]
            if "at" in names:
                found.append(f"{path}?at={values['time']}")
            if "before" in names:
                found.append(f"{path}?before={self.ids['live']}")
            if "section" in names:
                found.append(f"{path}?any=edition%3Dinside")
        found += [f"/en/search?q={SECRET_WORD}", "/en/search?q=edition:inside", "/item/unknown"]
        return found


@pytest.fixture
async def paywall(redis: Redis, settings: Settings, tmp_path: Path) -> AsyncIterator[Paywall]:
    url = f"sqlite:{tmp_path / 'archive.sqlite3'}"
    editions = {
        "en": EditionSettings(language="en"),
        "inside": EditionSettings(language="es", label="Interior"),
    }
    settings = settings.model_copy(
        update={
            "archive_url": url,
            "editions": editions,
            "reader_token_editions": ("inside",),
            "reader_token_secret_file": tmp_path / "unused",
            "audience_public": True,
        }
    )
    access = with_keys(ReaderAccess(settings), "k1")
    judge = Judge(access, settings.budgets(lambda: 0.0))
    writer, reader = archives.writer(url), archives.reader(url)
    async with running_newsroom(redis, settings, reader, judge) as newsroom:
        ids = {}
        for name, fields in (
            ("live", {"story": "secret-story"}),
            ("expired", {"story": "secret-story"}),
        ):
            published = await newsroom.publish(
                f"{SECRET_WORD} {name} headline",
                edition="inside",
                summary=f"{SECRET_WORD} in the summary",
                tags=[SECRET_WORD],
                sections=["politics"],
                regions=["africa"],
                **fields,
            )
            ids[name] = published["item"]["id"]
        await newsroom.act(ids["expired"], "expire")
        public = await newsroom.publish("Open headline", story="secret-story", edition="en")
        ids["public"] = public["item"]["id"]
        path = "/v1/stories/secret-story/texts/inside"
        title = {"title": f"{SECRET_WORD} title"}
        response = await newsroom.http.put(path, json=title, headers=newsroom.key)
        assert response.status_code == 200, response.text
        copy = ArchiveCopy(LaneStore(redis, Keys(settings.namespace)), writer, 3.0)
        for _ in range(5):
            await copy.step()
        yield Paywall(newsroom, ids, copy)
    await reader.aclose()
    await writer.aclose()


async def test_no_public_route_shows_a_protected_headline(paywall: Paywall) -> None:
    routes = await paywall.routes()
    assert len(routes) > 50
    shown = set()
    for name, given in tokens().items():
        for path in routes:
            for accept in ("application/json", "text/html"):
                if path.startswith("/v1/") and accept == "text/html":
                    continue
                response = await paywall.get(path, given, accept=accept)
                context = (name, path, accept, response.status_code)
                assert response.status_code < 500 or path.startswith("/v1/events"), context
                if name == "good":
                    assert response.status_code not in (401, 403), context
                    if SECRET_WORD in response.text:
                        shown.add(path)
                        cache = response.headers.get("cache-control", "")
                        assert not cache.startswith("public"), context
                        assert "s-maxage" not in cache, context
                        assert "Authorization" in response.headers["vary"], context
                    continue
                assert SECRET_WORD.lower() not in response.text.lower().replace(
                    f"q={SECRET_WORD}".lower(), ""
                ).replace(f'value="{SECRET_WORD}"'.lower(), ""), context
                assert paywall.ids["live"] not in response.text, context
                if name in ("expired", "wrong audience", "wrong signature"):
                    assert response.status_code == 401, context
                elif "inside" in path and not path.startswith(("/v1/words", "/assets")):
                    assert response.status_code == (401 if name == "none" else 403), context
                if response.status_code in (401, 403):
                    assert response.headers["cache-control"] == "no-store", context
                    assert response.headers["www-authenticate"].startswith("Bearer "), context
                    if accept == "text/html" and path.startswith("/inside"):
                        assert 'lang="es"' in response.text, context
    # The good token shows the edition on its pages, in feeds, items, stories and the archive.
    for part in (
        "/inside",
        "/v1/feed.rss",
        "/v1/items",
        "/v1/stories",
        "/inside/archive",
        "/sitemap-news.xml",
        "/v1/embed",
        "/item/",
        "/v1/search",
        "/inside/at/",
    ):
        assert any(path.startswith(part) for path in shown), (part, shown)


async def test_the_successor_of_a_retracted_item_is_named_to_readers_with_rights(
    paywall: Paywall,
) -> None:
    newsroom, old = paywall.newsroom, paywall.ids["live"]
    await newsroom.act(old, "retract")
    fields = {"edition": "inside", "replaces": old, "correction": "Withdrawn by mistake."}
    new = (await newsroom.publish("Again", **fields))["item"]["id"]
    for path in (f"/v1/items/{old}", f"/item/{old}"):
        for name, given in tokens().items():
            response = await paywall.get(path, given, accept="text/html")
            assert (new in response.text) == (name == "good"), (path, name)
            assert ("link" in response.headers) == (name == "good")
    # One that has expired is named on the page, as the archive has its page; the API has no item.
    old = paywall.ids["public"]
    await newsroom.act(old, "retract")
    new = (await newsroom.publish("Open again", replaces=old))["item"]["id"]
    await newsroom.act(new, "expire")
    for _ in range(5):
        await paywall.copy.step()
    page = await paywall.get(f"/item/{old}", None, accept="text/html")
    assert (page.status_code, f'href="/item/{new}"' in page.text) == (410, True)
    assert new not in (await paywall.get(f"/v1/items/{old}", None)).text
    assert (await paywall.get(f"/item/{new}", None, accept="text/html")).status_code == 200


async def a_card_and_the_picture_are_for_readers_with_rights(paywall: Paywall) -> None:
    path = f"/item/{paywall.ids['live']}/card-1.png"
    assert (await paywall.get(path, None)).status_code == 401
    drawn = await paywall.get(path, token(["inside"]))
    assert drawn.status_code == 200
    assert drawn.headers["cache-control"].startswith("private")
    assert (await paywall.get(path, None)).status_code == 401  # it is in the cache now


async def the_caches_of_responses_keep_the_readers_apart(paywall: Paywall) -> None:
    good = token(["inside"])
    for path in ("/v1/feed.json", "/v1/items", "/sitemap-news.xml", "/v1/stories/secret-story"):
        for _ in range(2):
            assert SECRET_WORD in (await paywall.get(path, good)).text
            public = await paywall.get(path, None)
            assert SECRET_WORD not in public.text
            assert public.headers["cache-control"].startswith("public")


async def a_token_is_found_in_query_and_cookie(paywall: Paywall) -> None:
    good, old = token(["inside"]), token(["inside"], seconds=-60)
    response = await paywall.get(f"/v1/feed.json?edition=inside&access_token={good}", None)
    assert SECRET_WORD in response.text
    assert "ticker-warning" not in response.headers
    assert good not in response.text + str(response.headers)
    page = await paywall.get("/inside", None, accept="text/html", cookie=f"ticker_token={good}")
    assert SECRET_WORD in page.text
    assert page.headers["cache-control"].startswith("private")
    foreign = {"cookie": f"ticker_token={good}", "origin": "https://evil.example"}
    assert (await paywall.get("/v1/items?edition=inside", None, **foreign)).status_code == 401
    # An old cookie does no harm to public pages.
    for path, status in (("/en", 200), ("/inside", 401)):
        response = await paywall.get(path, None, accept="text/html", cookie=f"ticker_token={old}")
        assert response.status_code == status
    two = await paywall.get(f"/v1/items?access_token={good}", good)
    check_problem(two, 400, "bad-request")


async def problems_say_what_is_missing(paywall: Paywall) -> None:
    path = "/v1/items?edition=inside"
    found = check_problem(await paywall.get(path, None), 401, "token-required")
    assert "inside" in found["detail"]
    expired = await paywall.get(path, token(["inside"], seconds=-60))
    assert check_problem(expired, 401, "invalid-token")["reason"] == "expired"
    assert 'error="invalid_token"' in expired.headers["www-authenticate"]
    check_problem(await paywall.get(path, token(["en"])), 403, "edition-not-in-token")
    assert (await paywall.get(path, token("*"))).status_code == 200


async def pages_of_other_sites_read_with_a_token(paywall: Paywall) -> None:
    asked = {
        "origin": "https://app.example",
        "access-control-request-method": "GET",
        "access-control-request-headers": "authorization",
    }
    preflight = await paywall.http.options("/v1/items", headers=asked)
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    for given in (token(["inside"]), token(["inside"], seconds=-60)):
        response = await paywall.get("/v1/items?edition=inside", given)
        assert response.headers["access-control-allow-origin"] == "*"
    key = paywall.newsroom.key
    response = await paywall.http.get("/v1/items?edition=inside", headers=key)
    assert "access-control-allow-origin" not in response.headers


async def editors_read_protected_editions_with_their_key(paywall: Paywall) -> None:
    key = paywall.newsroom.key
    for path in ("/v1/items?edition=inside", "/v1/search?q=edition:inside", "/inside"):
        response = await paywall.http.get(path, headers=key)
        assert SECRET_WORD in response.text, path
        assert not response.headers["cache-control"].startswith("public")
    async with paywall.newsroom.at("192.0.2.8") as http:
        entry = {"key": key["authorization"].removeprefix("Bearer ")}
        await http.post("/v1/session", json=entry)
        session = {"authorization": "Session"}
        path = f"/v1/items/{paywall.ids['live']}"
        for given in (session, {"authorization": "session x"}):
            response = await http.get(path, headers=given)
            assert SECRET_WORD in response.text
            assert "access-control-allow-origin" not in response.headers
        foreign = session | {"origin": "https://elsewhere.example"}
        response = await http.get(path, headers=foreign)
        check_problem(response, 403, "forbidden")
        assert "access-control-allow-origin" not in response.headers
    spaced = {"authorization": key["authorization"].replace(" ", "  ")}
    response = await paywall.http.get("/v1/items?edition=inside", headers=spaced)
    assert "access-control-allow-origin" not in response.headers
    wrong = {"authorization": "Bearer tk_" + "x" * 32}
    for path in ("/v1/feed.json", "/inside"):
        assert (await paywall.http.get(path, headers=wrong)).status_code == 401


async def wrong_tokens_spend_the_budget_of_wrong_keys(paywall: Paywall) -> None:
    good = token(["inside"])
    async with paywall.newsroom.at("192.0.2.7") as http:
        path = "/v1/items?edition=inside"
        headers = {"authorization": f"Bearer {good}"}
        assert (await http.get(path, headers=headers)).status_code == 200
        answers = []
        for number in range(40):
            wrong = {"authorization": f"Bearer {good[:-8]}{number:08}"}
            answers.append((await http.get(path, headers=wrong)).status_code)
        assert answers[0] == 401
        assert answers[-1] == 429
        # A token that was accepted before goes on; a new one waits.
        assert (await http.get(path, headers=headers)).status_code == 200


async def a_registration_for_push_needs_a_token(paywall: Paywall) -> None:
    public = private_key("browser").public_key()
    raw = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    point = urlsafe_b64encode(raw).rstrip(b"=").decode()
    body: dict[str, Any] = {
        "edition": "inside",
        "level": "flash",
        "subscription": {
            "endpoint": "https://fcm.googleapis.com/fcm/send/x",
            "keys": {
                "p256dh": point,
                "auth": "k8JV6sjdbhAi1n3_LDBLvA",
            },
        },
    }
    path = "/v1/push/subscriptions"
    check_problem(await paywall.http.post(path, json=body), 401, "token-required")
    headers = {"authorization": f"Bearer {token(['inside'])}"}
    response = await paywall.http.post(path, json=body, headers=headers)
    assert response.status_code == 201, response.text


async def the_audience_names_no_protected_story(paywall: Paywall) -> None:
    response = await paywall.get("/v1/audience", None)
    assert response.status_code == 200
    assert "inside" not in response.text


async def test_tokens_on_every_way(paywall: Paywall) -> None:
    await problems_say_what_is_missing(paywall)
    await a_token_is_found_in_query_and_cookie(paywall)
    await the_caches_of_responses_keep_the_readers_apart(paywall)
    await a_card_and_the_picture_are_for_readers_with_rights(paywall)
    await pages_of_other_sites_read_with_a_token(paywall)
    await editors_read_protected_editions_with_their_key(paywall)
    await a_registration_for_push_needs_a_token(paywall)
    await the_audience_names_no_protected_story(paywall)
    await wrong_tokens_spend_the_budget_of_wrong_keys(paywall)
