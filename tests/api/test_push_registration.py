"""Registrations as browsers and apps send them, on real servers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.newsroom import (
    PUSH_KEY,
    TestNewsroom,
    build_application,
    check_problem,
    running_newsroom,
)
from ticker.api.push_registration import BODY_MAX
from ticker.api.push_registration_schemas import PushKey, Registration
from ticker.config import Settings
from ticker.domain.budgets import REGISTRATIONS
from ticker.domain.item import Level
from ticker.publishing.service import ItemService
from ticker.push.model.subscription import Subscription, subscription_id
from ticker.push.store.subscriptions import Subscriptions, registrations
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys

BROWSERS, DEVICES = "/v1/push/subscriptions", "/v1/push/devices"
ENDPOINT = "https://push.example.org/send/abc"
BURST = int(REGISTRATIONS.burst)
POINT = (
    "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKW" + "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"
)
KEYS = {"p256dh": POINT, "auth": "A" * 22}


def browser(endpoint: str = ENDPOINT, **more: Any) -> dict[str, Any]:
    subscription = {"endpoint": endpoint, "expirationTime": None, "keys": KEYS}
    return {"subscription": subscription, "edition": "en"} | more


def device(provider: str = "fcm", token: str = "token:of_a-phone.1", **more: Any) -> dict[str, Any]:
    return {"provider": provider, "token": token, "edition": "en"} | more


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A newsroom that sends through all providers; no file is read here."""
    return settings.model_copy(
        update={
            "fcm_credentials_file": Path("fcm.json"),
            "apns_key_file": Path("apns.p8"),
            "outbound_private_networks": (ip_network("10.1.0.0/16"),),
        }
    )


@pytest.fixture
def kept(redis: Redis, keys: Keys, settings: Settings) -> Subscriptions:
    return registrations(redis, keys, settings)


@pytest.fixture
async def bare(
    redis: Redis, keys: Keys, items: ItemService, settings: Settings
) -> AsyncIterator[httpx.AsyncClient]:
    """A newsroom without a configured provider."""
    plain = settings.model_copy(update={"fcm_credentials_file": None, "apns_key_file": None})
    transport = httpx.ASGITransport(build_application(plain, redis))
    async with httpx.AsyncClient(transport=transport, base_url="http://newsroom.test") as http:
        yield http


async def remove(http: httpx.AsyncClient, path: str, **body: Any) -> httpx.Response:
    return await http.request("DELETE", path, json=body)


async def test_the_key_is_public(newsroom: TestNewsroom) -> None:
    response = await newsroom.http.get("/v1/push/key")
    assert PushKey.model_validate(response.json()).key == PUSH_KEY
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["cache-control"] == "public, max-age=300"


async def test_a_browser_registers_and_is_known_the_next_time(
    newsroom: TestNewsroom, kept: Subscriptions
) -> None:
    wanted: dict[str, Any] = {"sections": ["sports", "politics"], "level": "bulletin"}
    response = await newsroom.http.post(BROWSERS, json=browser(**wanted))
    assert response.status_code == 201
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["access-control-allow-origin"] == "*"
    said = Registration.model_validate(response.json())
    assert said.id == subscription_id("webpush", ENDPOINT)
    assert (said.edition, said.sections, said.level) == ("en", ["politics", "sports"], "bulletin")
    found = await kept.get("webpush", said.id)
    assert found is not None
    assert (found.token, found.level, found.p256dh[:1]) == (ENDPOINT, Level.bulletin, b"\4")

    response = await newsroom.http.post(BROWSERS, json=browser(edition="ar"))
    assert response.status_code == 200
    assert response.json() == {
        "id": said.id,
        "edition": "ar",
        "sections": [],
        "level": "urgent",
    }
    changed = await kept.get("webpush", said.id)
    assert changed is not None
    assert (changed.edition, changed.sections, changed.level) == ("ar", (), Level.urgent)
    assert await kept.count("webpush") == 1


async def test_a_new_endpoint_replaces_the_old_one(
    newsroom: TestNewsroom, kept: Subscriptions
) -> None:
    await newsroom.http.post(BROWSERS, json=browser())
    new = "https://push.example.org/send/new"
    response = await newsroom.http.post(BROWSERS, json=browser(new, replaces=ENDPOINT))
    assert response.status_code == 201
    assert await kept.get("webpush", subscription_id("webpush", ENDPOINT)) is None
    assert await kept.count("webpush") == 1


async def test_anybody_who_knows_the_endpoint_may_remove_it(
    newsroom: TestNewsroom, kept: Subscriptions
) -> None:
    await newsroom.http.post(BROWSERS, json=browser())
    for _ in range(2):
        response = await remove(newsroom.http, BROWSERS, endpoint=ENDPOINT)
        assert (response.status_code, response.content) == (204, b"")
        assert response.headers["access-control-allow-origin"] == "*"
    assert await kept.count("webpush") == 0


@pytest.mark.parametrize("provider", ["fcm", "apns"])
async def test_a_device(newsroom: TestNewsroom, kept: Subscriptions, provider: Any) -> None:
    statuses = [
        (await newsroom.http.post(DEVICES, json=body)).status_code
        for body in (
            device(provider),
            device(provider, level="flash", sections=["economy"]),
            device(provider, "another-token", replaces="token:of_a-phone.1"),
        )
    ]
    assert statuses == [201, 200, 201]
    assert await kept.count(provider) == 1
    found = await kept.get(provider, subscription_id(provider, "another-token"))
    assert isinstance(found, Subscription)
    for _ in range(2):
        response = await remove(newsroom.http, DEVICES, provider=provider, token="another-token")
        assert response.status_code == 204
    assert await kept.count(provider) == 0


async def test_a_wrong_field_is_named(newsroom: TestNewsroom, kept: Subscriptions) -> None:
    response = await newsroom.http.post(BROWSERS, json=browser(user="somebody"))
    problem = check_problem(response, 422, "invalid")
    assert [error["field"] for error in problem["errors"]] == ["user"]
    assert response.headers["access-control-allow-origin"] == "*"
    assert await kept.count("webpush") == 0


@pytest.mark.parametrize(
    ("endpoint", "status"),
    [
        ("https://10.1.4.4/send", 201),
        ("http://10.1.4.4:9000/send", 201),
        ("https://10.2.4.4/send", 422),
        ("http://127.0.0.1:6379/", 422),
        ("https://[::1]/", 422),
        ("https://169.254.169.254/latest/meta-data", 422),
        ("http://push.example.org/send", 422),
        ("https://localhost/send", 422),
    ],
)
async def test_endpoints_in_private_networks_are_refused(
    newsroom: TestNewsroom, endpoint: str, status: int
) -> None:
    response = await newsroom.http.post(BROWSERS, json=browser(endpoint))
    assert response.status_code == status
    if status == 422:
        problem = check_problem(response, 422, "invalid")
        assert [error["field"] for error in problem["errors"]] == ["subscription.endpoint"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (BROWSERS, {}, "endpoint"),
        (BROWSERS, {"endpoint": ENDPOINT, "id": "x"}, "id"),
        (BROWSERS, {"endpoint": ["a"]}, "endpoint"),
        (DEVICES, {"provider": "webpush", "token": "x"}, "provider"),
        (DEVICES, {"provider": "fcm"}, "token"),
    ],
)
async def test_a_wrong_field_of_a_removal_is_named(
    newsroom: TestNewsroom, path: str, body: dict[str, Any], field: str
) -> None:
    problem = check_problem(await remove(newsroom.http, path, **body), 422, "invalid")
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_bodies_are_bounded_and_json(newsroom: TestNewsroom) -> None:
    large = b'{"a":"' + b"x" * BODY_MAX + b'"}'
    typed = {"content-type": "application/json"}
    for method in ("POST", "DELETE"):
        for path in (BROWSERS, DEVICES):
            response = await newsroom.http.request(method, path, headers=typed, content=large)
            check_problem(response, 413, "too-large")
            response = await newsroom.http.request(method, path, headers=typed, content=b"{")
            check_problem(response, 400, "bad-request")
            response = await newsroom.http.request(method, path, content=b"{}")
            check_problem(response, 415, "unsupported-media-type")
            response = await newsroom.http.request(method, path, headers=typed, content=b"[]")
            check_problem(response, 422, "invalid")


async def test_registrations_of_one_address_are_limited(
    redis: Redis, keys: Keys, items: ItemService, settings: Settings, kept: Subscriptions
) -> None:
    async with (
        running_newsroom(redis, settings) as newsroom,
        newsroom.at("192.0.2.76") as http,
        newsroom.at("192.0.2.77") as elsewhere,
    ):
        for number in range(BURST):
            response = await http.post(BROWSERS, json=browser(f"{ENDPOINT}{number}"))
            assert response.status_code == 201
        response = await http.post(BROWSERS, json=browser())
        check_problem(response, 429, "too-many-requests")
        assert response.headers["retry-after"] == "60"
        assert response.headers["access-control-allow-origin"] == "*"
        check_problem(await http.post(DEVICES, json=device()), 429, "too-many-requests")
        # Removals and other addresses do not wait for that.
        assert (await remove(http, BROWSERS, endpoint=f"{ENDPOINT}0")).status_code == 204
        assert (await elsewhere.post(BROWSERS, json=browser())).status_code == 201
        assert await kept.count("webpush") == BURST


async def test_refused_registrations_do_not_count(newsroom: TestNewsroom) -> None:
    async with newsroom.at("192.0.2.76") as http:
        for _ in range(2 * BURST):
            assert (await http.post(BROWSERS, json=browser(edition="xx"))).status_code == 422
        assert (await http.post(BROWSERS, json=browser())).status_code == 201


async def test_removals_are_bounded_too(newsroom: TestNewsroom) -> None:
    async with newsroom.at("192.0.2.76") as http:
        answers = [
            (await remove(http, DEVICES, provider="fcm", token="token")).status_code
            for _ in range(BURST + 1)
        ]
    assert answers == [204] * BURST + [429]


async def test_without_push_credentials_registrations_are_refused(bare: httpx.AsyncClient) -> None:
    check_problem(await bare.get("/v1/push/key"), 404, "not-found")
    check_problem(await bare.post(BROWSERS, json=browser()), 404, "not-found")
    for provider in ("fcm", "apns"):
        problem = check_problem(await bare.post(DEVICES, json=device(provider)), 422, "invalid")
        [error] = problem["errors"]
        assert error["field"] == "provider"
        assert provider.upper()[:3] in error["message"].upper()
    assert (await remove(bare, BROWSERS, endpoint=ENDPOINT)).status_code == 204


async def test_where_apps_subscribe_to_topics_tokens_are_refused(
    redis: Redis, keys: Keys, items: ItemService, settings: Settings
) -> None:
    topics = settings.model_copy(update={"fcm_mode": "topics"})
    async with running_newsroom(redis, topics) as newsroom:
        response = await newsroom.http.post(DEVICES, json=device("fcm"))
        problem = check_problem(response, 422, "invalid")
        assert "topics" in problem["errors"][0]["message"]
        assert (await newsroom.http.post(DEVICES, json=device("apns"))).status_code == 201


async def test_no_more_than_the_newsroom_wants(
    redis: Redis, keys: Keys, items: ItemService, settings: Settings
) -> None:
    few = settings.model_copy(update={"push_subscriptions_max": 1})
    async with running_newsroom(redis, few) as newsroom:
        assert (await newsroom.http.post(BROWSERS, json=browser())).status_code == 201
        response = await newsroom.http.post(BROWSERS, json=browser(ENDPOINT + "2"))
        check_problem(response, 503, "unavailable")
        assert response.headers["retry-after"] == "3600"


async def test_few_browsers_at_unknown_push_services(
    redis: Redis, keys: Keys, items: ItemService, settings: Settings
) -> None:
    few = settings.model_copy(update={"push_unknown_max": 2, "push_unknown_host_max": 1})
    async with running_newsroom(redis, few) as newsroom:
        statuses = []
        for n, host in enumerate(("a.example", "a.example", "b.example", "c.example")):
            body = browser(f"https://{host}/{n}")
            statuses.append((await newsroom.http.post(BROWSERS, json=body)).status_code)
        assert statuses == [201, 503, 201, 503]
        for n in range(5):
            known = browser(f"https://fcm.googleapis.com/fcm/send/{n}")
            assert (await newsroom.http.post(BROWSERS, json=known)).status_code == 201
        gone = await remove(newsroom.http, BROWSERS, endpoint="https://b.example/2")
        assert gone.status_code == 204
        body = browser("https://c.example/3")
        assert (await newsroom.http.post(BROWSERS, json=body)).status_code == 201


@pytest.mark.parametrize("path", [BROWSERS, DEVICES])
async def test_pages_of_other_sites_may_register(newsroom: TestNewsroom, path: str) -> None:
    asked = {
        "origin": "https://elsewhere.example",
        "access-control-request-method": "DELETE",
        "access-control-request-headers": "content-type",
    }
    response = await newsroom.http.options(path, headers=asked)
    assert response.status_code == 204
    assert response.headers["access-control-allow-methods"] == "DELETE, POST"
    assert "Content-Type" in response.headers["access-control-allow-headers"]


async def test_registrations_cannot_be_listed(newsroom: TestNewsroom) -> None:
    for path in (BROWSERS, DEVICES):
        response = await newsroom.http.get(path, headers=newsroom.key)
        check_problem(response, 405, "method-not-allowed")
