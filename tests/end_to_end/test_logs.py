"""One event through all processes: every line about it has the same ids, and none has the key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.newsroom_process import NewsroomProcess, running
from tests.support.redis_servers import RedisServer
from tests.support.waiting import wait_until
from ticker.client import Snapshot, Ticker

pytestmark = pytest.mark.processes


def lines(newsroom: NewsroomProcess, part: str) -> list[dict[str, Any]]:
    whole, _, _ = newsroom.log(part).rpartition("\n")  # the last line may still be written
    return [json.loads(line) for line in whole.splitlines()]


async def test_an_event_has_the_same_ids_in_the_log_of_every_process(
    valkey: RedisServer, tmp_path: Path
) -> None:
    async with running(valkey.url, tmp_path) as newsroom, Ticker(newsroom.url) as feed:
        assert isinstance(await anext(feed), Snapshot)  # a reader, so that there is a fan-out
        headers = {"authorization": f"Bearer {newsroom.key}", "x-request-id": "from-the-proxy.1"}
        draft = {"headline": "Ferry service\u2028resumes", "edition": "en", "push": {}}
        answer = await newsroom.http.post("/v1/items", json=draft, headers=headers)
        assert answer.status_code == 201, answer.text
        assert answer.headers["x-request-id"] == "from-the-proxy.1"
        item, event = answer.json()["item"]["id"], answer.json()["wire_id"]

        def about(part: str) -> dict[str, dict[str, Any]]:
            return {
                one["message"]: one for one in lines(newsroom, part) if one.get("event") == event
            }

        server = await wait_until(
            lambda: about("serve"), lambda found: {"publish", "fan-out"} <= found.keys()
        )
        worker = await wait_until(lambda: about("work"), lambda found: "push" in found)
        for one in (server["publish"], worker["push"]):
            assert (one["request"], one["item"]) == ("from-the-proxy.1", item)
        assert server["publish"]["by"] == "desk"
        assert (server["publish"]["process"], worker["push"]["process"]) == ("web", "worker")
        assert server["fan-out"]["process"] == "gateway"

        bad = {"authorization": f"Bearer {newsroom.key}", "x-request-id": "no\tword"}
        answer = await newsroom.http.get("/v1/webhooks", headers=bad)
        assert answer.headers["x-request-id"] not in ("", "no\tword")
        answer = await newsroom.http.get("/v1/items")
        assert "x-request-id" not in answer.headers, "an answer that caches share"
        every = newsroom.log("serve") + newsroom.log("work")
    assert newsroom.key not in every
    assert "Ferry" not in every, "no text of an item"
    loggers = {one["logger"] for part in ("serve", "work") for one in lines(newsroom, part)}
    assert "uvicorn.error" in loggers
