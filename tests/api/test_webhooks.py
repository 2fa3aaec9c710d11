"""Routes for webhook endpoints: stored fields, the secret that is shown once, refusals."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest

from tests.support.newsroom import TestNewsroom, check_problem
from ticker.api.webhooks_schemas import ShownWebhook, WebhookList, WebhookWithSecret
from ticker.config import Settings
from ticker.domain.clock import to_ms
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command
from ticker.webhooks.endpoints import ENDPOINTS_MAX, SECRETS_MAX
from ticker.webhooks.signature import verify

URL = "https://hooks.example/ticker"
PATH = "/v1/webhooks"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(
        update={"outbound_private_networks": (ipaddress.ip_network("10.1.0.0/16"),)}
    )


async def add(newsroom: TestNewsroom, **fields: Any) -> Any:
    response = await newsroom.http.post(PATH, json={"url": URL} | fields, headers=newsroom.key)
    assert response.status_code == 201, response.text
    assert response.headers["location"] == f"{PATH}/{response.json()['id']}"
    assert response.headers["cache-control"] == "no-store"
    WebhookWithSecret.model_validate(response.json())
    return response.json()


async def post(newsroom: TestNewsroom, id: str, act: str, **fields: Any) -> httpx.Response:
    return await newsroom.http.post(f"{PATH}/{id}/{act}", json=fields, headers=newsroom.key)


async def shown(newsroom: TestNewsroom, id: str) -> Any:
    response = await newsroom.http.get(f"{PATH}/{id}", headers=newsroom.key)
    assert response.status_code == 200, response.text
    ShownWebhook.model_validate(response.json())
    return response.json()


async def test_from_the_cradle_to_the_grave(newsroom: TestNewsroom) -> None:
    await newsroom.publish()
    made = await add(newsroom, filter={"edition": "en", "level": "urgent"}, description="The wall")
    assert made["secret"].startswith("whsec_")
    assert (made["status"], made["signature"], made["public_key"]) == ("enabled", "v1", None)
    seen = await shown(newsroom, made["id"])
    assert "secret" not in seen
    assert (seen["filter"]["edition"], seen["filter"]["level"]) == (["en"], "urgent")
    assert (seen["description"], seen["created_by"], seen["failed"]) == ("The wall", "desk", [])
    listed = (await newsroom.http.get(PATH, headers=newsroom.key)).json()
    WebhookList.model_validate(listed)
    assert [one["id"] for one in listed["webhooks"]] == [made["id"]]
    assert made["secret"] not in str(listed)
    changed = await newsroom.http.patch(
        f"{PATH}/{made['id']}", json={"filter": {}, "url": URL + "/2"}, headers=newsroom.key
    )
    assert changed.status_code == 200
    assert changed.json()["filter"]["edition"] == []
    assert (changed.json()["url"], changed.json()["description"]) == (URL + "/2", "The wall")
    gone = await newsroom.http.delete(f"{PATH}/{made['id']}", headers=newsroom.key)
    assert (gone.status_code, gone.content) == (204, b"")
    again = await newsroom.http.delete(f"{PATH}/{made['id']}", headers=newsroom.key)
    check_problem(again, 404, "not-found")


async def test_a_shown_filter_can_be_sent_back(newsroom: TestNewsroom) -> None:
    made = await add(newsroom, filter={"section": ["health", "sports"], "story": "bridge-1"})
    response = await newsroom.http.patch(
        f"{PATH}/{made['id']}", json={"filter": made["filter"]}, headers=newsroom.key
    )
    assert response.json()["filter"] == made["filter"]


async def test_v1a_has_a_public_key(newsroom: TestNewsroom) -> None:
    made = await add(newsroom, signature="v1a")
    assert made["signature"] == "v1a"
    assert made["public_key"].startswith("whpk_")
    with pytest.raises(ValueError, match="no v1a signature fits"):
        verify(
            made["public_key"],
            {"webhook-id": "e", "webhook-timestamp": "5", "webhook-signature": "v1a,AA=="},
            b"",
            5,
        )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"url": "http://hooks.example/"}, None),
        ({"url": "http://93.184.216.34/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://[::1]:8443/"}, "url"),
        ({"url": "https://169.254.169.254/latest"}, "url"),
        ({"url": "https://10.2.0.1/"}, "url"),
        ({"url": "https://10.1.0.1/"}, None),
        ({"url": "http://10.1.0.1:8080/"}, None),
        ({"url": "https://user:pass@hooks.example/"}, "url"),
        ({"url": "ftp://hooks.example/"}, "url"),
        ({"url": "https:///x"}, "url"),
        ({"url": "https://hooks.example/#x"}, "url"),
        ({"url": "https://hooks.example/a b"}, "url"),
        ({"url": "https://hooks.example:99999/"}, "url"),
        ({"url": 5}, "url"),
        ({"url": URL, "filter": {"edition": "xx"}}, "filter"),
        ({"url": URL, "filter": {"section": ["gardening"]}}, "filter"),
        ({"url": URL, "filter": {"colour": "red"}}, "filter.colour"),
        ({"url": URL, "signature": "v2"}, "signature"),
        ({"url": URL, "description": "x" * 201}, "description"),
        ({"url": URL, "secret": "whsec_AAAA"}, "secret"),
        ({}, "url"),
    ],
)
async def test_wrong_fields_are_named(
    newsroom: TestNewsroom, fields: dict[str, Any], field: str | None
) -> None:
    response = await newsroom.http.post(PATH, json=fields, headers=newsroom.key)
    if field is None:
        assert response.status_code == 201, response.text
        return
    problem = check_problem(response, 422, "invalid")
    assert field in {error["field"] for error in problem["errors"]}


async def test_a_key_is_needed(newsroom: TestNewsroom) -> None:
    made = await add(newsroom)
    one = f"{PATH}/{made['id']}"
    for method, path in (
        *(("POST", PATH), ("GET", PATH), ("GET", one), ("PATCH", one), ("DELETE", one)),
        *(("POST", f"{one}/{act}") for act in ("rotate", "enable", "disable", "replay")),
    ):
        check_problem(await newsroom.http.request(method, path), 401, "unauthorised")
    await shown(newsroom, made["id"])


async def test_nothing_is_there(newsroom: TestNewsroom) -> None:
    for act, fields in (
        *(("rotate", {}), ("enable", {}), ("disable", {})),
        ("replay", {"since": "2026-11-01T00:00:00Z"}),
    ):
        check_problem(await post(newsroom, "we_none", act, **fields), 404, "not-found")
    response = await newsroom.http.patch(f"{PATH}/we_none", json={}, headers=newsroom.key)
    check_problem(response, 404, "not-found")
    check_problem(
        await newsroom.http.get(f"{PATH}/we_none", headers=newsroom.key), 404, "not-found"
    )


async def test_a_repeat_with_the_same_key_adds_nothing(newsroom: TestNewsroom) -> None:
    headers = newsroom.key | {"idempotency-key": "k1"}
    first = await newsroom.http.post(PATH, json={"url": URL}, headers=headers)
    again = await newsroom.http.post(PATH, json={"url": URL}, headers=headers)
    assert first.status_code == again.status_code == 201
    assert first.json()["id"] == again.json()["id"]
    assert first.json()["secret"].startswith("whsec_")
    assert again.json()["secret"] is None, "it is shown once"
    other = await newsroom.http.post(PATH, json={"url": URL + "/2"}, headers=headers)
    check_problem(other, 422, "idempotency-mismatch")
    listed = (await newsroom.http.get(PATH, headers=newsroom.key)).json()
    assert len(listed["webhooks"]) == 1


async def test_at_most_so_many(newsroom: TestNewsroom, redis: Redis, keys: Keys) -> None:
    made = await add(newsroom)
    record = await command(redis, "HGET", keys.webhooks, made["id"])
    for number in range(ENDPOINTS_MAX - 1):
        copy = orjson.dumps(orjson.loads(record) | {"id": f"we_{number}"})
        await command(redis, "HSET", keys.webhooks, f"we_{number}", copy)
    response = await newsroom.http.post(PATH, json={"url": URL}, headers=newsroom.key)
    assert str(ENDPOINTS_MAX) in check_problem(response, 409, "conflict")["detail"]


async def test_disable_and_enable(newsroom: TestNewsroom) -> None:
    made = await add(newsroom)
    off = (await post(newsroom, made["id"], "disable")).json()
    assert (off["status"], off["disabled_reason"]) == ("disabled", "disabled by desk")
    on = (await post(newsroom, made["id"], "enable")).json()
    assert (on["status"], on["disabled_reason"], on["disabled_at"]) == ("enabled", None, None)
    check_problem(await post(newsroom, made["id"], "enable", now=True), 422, "invalid")


async def test_replay_sets_the_position_back(newsroom: TestNewsroom) -> None:
    made = await add(newsroom)
    back = await post(newsroom, made["id"], "replay", since="2026-11-01T00:00:00Z")
    assert back.json()["position"] == "2026-10-31T23:59:59.999Z"
    future = await post(newsroom, made["id"], "replay", since="2999-01-01T00:00:00Z")
    assert check_problem(future, 422, "invalid")["errors"][0]["field"] == "since"
    nothing = await post(newsroom, made["id"], "replay")
    assert check_problem(nothing, 422, "invalid")["errors"][0]["field"] == "since"


async def test_rotation_keeps_the_old_secrets_for_a_day(
    newsroom: TestNewsroom, redis: Redis, keys: Keys
) -> None:
    made = await add(newsroom, signature="v1a")
    secrets = [made["secret"]]
    for _ in range(SECRETS_MAX - 1):
        response = await post(newsroom, made["id"], "rotate")
        assert response.status_code == 200, response.text
        assert response.json()["public_key"] != made["public_key"]
        secrets.insert(0, response.json()["secret"])
    assert len(set(secrets)) == SECRETS_MAX
    kept = orjson.loads(await command(redis, "HGET", keys.webhooks, made["id"]))["secrets"]
    assert [secret for secret, _, _ in kept] == secrets
    assert kept[0][2] is None
    assert all(until is not None for _, _, until in kept[1:])
    check_problem(await post(newsroom, made["id"], "rotate"), 409, "conflict")


@pytest.mark.parametrize(("overlap", "kept"), [(0, 0), (600, 2), (86_400, 2)])
async def test_a_rotation_limits_how_long_earlier_secrets_are_valid(
    newsroom: TestNewsroom, redis: Redis, keys: Keys, overlap: int, kept: int
) -> None:
    made = await add(newsroom)
    await post(newsroom, made["id"], "rotate")
    response = await post(newsroom, made["id"], "rotate", overlap=overlap)
    assert response.status_code == 200, response.text
    record = orjson.loads(await command(redis, "HGET", keys.webhooks, made["id"]))
    (current, _, until), *earlier = record["secrets"]
    assert (current, until) == (response.json()["secret"], None)
    assert len(earlier) == kept
    last = to_ms(datetime.now(UTC)) + overlap * 1000
    assert all(until <= last for _, _, until in earlier)
    assert current not in (await newsroom.http.get(PATH, headers=newsroom.key)).text


@pytest.mark.parametrize("overlap", [-1, 604_801, "soon"])
async def test_a_rotation_with_a_wrong_overlap(newsroom: TestNewsroom, overlap: object) -> None:
    made = await add(newsroom)
    refused = await post(newsroom, made["id"], "rotate", overlap=overlap)
    assert check_problem(refused, 422, "invalid")["errors"][0]["field"] == "overlap"


async def test_descriptions_have_no_control_characters(newsroom: TestNewsroom) -> None:
    made = await add(newsroom, description="Wall \x1b]0;x\x07\u202eof\nscreens\x9b31m")
    assert made["description"] == "Wall ]0;xof screens31m"
    changed = await newsroom.http.patch(
        f"{PATH}/{made['id']}", json={"description": "a\x1b[2Jb"}, headers=newsroom.key
    )
    assert changed.json()["description"] == "a[2Jb"


async def test_every_change_wakes_a_worker(
    newsroom: TestNewsroom, redis: Redis, keys: Keys
) -> None:
    made = await add(newsroom)
    await post(newsroom, made["id"], "enable")
    await post(newsroom, made["id"], "replay", since="2026-11-01T00:00:00Z")
    due = await command(redis, "LRANGE", keys.webhook_wake, 0, -1)
    assert [id.decode() for id in due] == [made["id"]] * 3
