"""Test items reach editors who ask for them with a key, and nobody else on any path."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from urllib.parse import urlencode

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.support.newsroom import TestNewsroom, check_problem, running_newsroom
from ticker.archive import open as archives
from ticker.config import Settings
from ticker.domain.clock import rfc3339
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.stream.lane_store import LaneStore
from workers.archive import ArchiveCopy

WORD = "Xylophonquartz"
"""In every text of the test items, in no query, and nowhere else."""
SAID = "exercise"
"""A word and a tag of the test items, for queries: answers repeat those."""
STORY = "drill-story"
LEVELS = ("ticker", "urgent", "bulletin", "flash")
EXAMPLES = examples().max_examples * 4


def filters(drill: str) -> st.SearchStrategy[list[tuple[str, str]]]:
    """Return queries out of all parameters, right and wrong ones; ``drill`` is a test item's id."""
    facets = {
        "edition": ("en", "ar", "en,ar"),
        "section": ("politics", "sports,politics"),
        "region": ("mena", "africa"),
        "tag": (SAID, "other"),
        "story": (STORY,),
        "level": LEVELS,
        "not.tag": (SAID, "other"),
        "not.section": ("sports",),
        "any": ("edition=en", f"story={STORY}", f"tag={SAID}"),
    }
    own = {
        "q": (SAID, f'"{SAID} flash"', f"story:{STORY}", "edition:en", "test"),
        "before": (drill, rfc3339(int(time.time() * 1000) + 60_000)),
        "at": (rfc3339(int(time.time() * 1000)),),
        "after": ("not-a-cursor", "1.0-0"),
        "all": ("true", "false", "1"),
        "state": ("test", "scheduled", "live"),
        "test": ("true", "1"),
        "limit": ("1", "200"),
        "window": ("1h",),
        "type": ("test",),
    }
    pairs = [(name, value) for name, values in (facets | own).items() for value in values]
    return st.lists(st.sampled_from(pairs), max_size=4, unique_by=lambda pair: pair[0])


async def public_paths(newsroom: TestNewsroom, drill: str) -> list[str]:
    """Return an address of each GET operation that is not an editor's alone."""
    document = (await newsroom.http.get("/openapi.json")).json()
    values = {
        "edition": "en",
        "id": drill,
        "version": "1",
        "slug": "politics",
        "story": STORY,
        "time": rfc3339(int(time.time() * 1000)),
        "name": "en",
    }
    found = ["/", f"/item/{drill}", f"/item/{drill}/card-1.png", "/no/such/page"]
    for template, methods in document["paths"].items():
        operation = methods.get("get")
        gateways = template in ("/v1/ws", "/v1/events")  # they know the lane alone
        if operation and not gateways and operation.get("security") != [{"key": []}]:
            found.append(re.sub(r"{(\w+)}", lambda name: values.get(name[1], "x"), template))
    return found


async def test_no_path_but_the_editors_shows_a_test_item(
    redis: Redis, settings: Settings, tmp_path: Path
) -> None:
    url = f"sqlite:{tmp_path / 'archive.sqlite3'}"
    keys = Keys(settings.namespace)
    writer, reader = archives.writer(url), archives.reader(url)
    chosen = settings.model_copy(update={"archive_url": url})
    async with running_newsroom(redis, chosen, reader) as newsroom:
        await newsroom.publish("Ferry service resumes", story=STORY, sections=["politics"])
        before = await newsroom.wire()
        ids = []
        for level in LEVELS:
            answer = await newsroom.publish(
                f"{WORD} {SAID} {level}",
                level=level,
                summary=f"{WORD} in the summary of a {SAID}",
                sections=["politics"],
                regions=["mena"],
                tags=[SAID],
                story=STORY,
                push=True,
                test=True,
            )
            ids.append(answer["item"]["id"])
        ids.append(await approved_drill(newsroom))
        # What relays, gateways, push, webhooks, hubs and the archive read has none of it.
        assert await newsroom.wire() == before
        copy = ArchiveCopy(LaneStore(redis, keys), writer, 3.0)
        for _ in range(3):
            await copy.step()
        await no_answer_shows_it(newsroom, ids)
        await editors_find_it(newsroom, ids)
        assert await newsroom.wire() == before
    await reader.aclose()
    await writer.aclose()


async def approved_drill(newsroom: TestNewsroom) -> str:
    """Return a test item that a reporter has drafted and a chief has approved."""
    reporter = {"name": "Ana", "role": "reporter"}
    made = await newsroom.http.post("/v1/keys", json=reporter, headers=newsroom.key)
    key = {"authorization": f"Bearer {made.json()['key']}"}
    body = {"headline": f"{WORD} {SAID} draft", "edition": "en", "story": STORY, "test": True}
    refused = await newsroom.http.post("/v1/items", json=body, headers=key)
    check_problem(refused, 403, "forbidden")
    drafted = await newsroom.http.post("/v1/items", json=body | {"draft": True}, headers=key)
    id: str = drafted.json()["item"]["id"]
    assert drafted.json()["state"] == "draft"
    approve = f"/v1/items/{id}/approve"
    check_problem(await newsroom.http.post(approve, headers=key), 403, "forbidden")
    approved = await newsroom.act(id, "approve")
    assert (approved["state"], approved["wire_id"]) == ("test", None)
    return id


async def no_answer_shows_it(newsroom: TestNewsroom, ids: list[str]) -> None:
    paths = await public_paths(newsroom, ids[-1])
    assert len(paths) > 30
    shown: set[str] = set()

    async def ask(path: str, query: list[tuple[str, str]], given_key: str) -> None:
        headers = {"none": {}, "key": newsroom.key, "wrong": {"authorization": "Bearer tk_x"}}
        newsroom.now += 60.0  # so that no budget is spent
        address = f"{path}?{urlencode(query)}"
        response = await newsroom.http.get(address, headers=headers[given_key])
        seen = WORD.lower() in response.text.lower()
        if not seen:
            return
        assert given_key == "key", address
        asked = dict(query)
        wants = path.startswith("/v1/items/") or asked.get("all") == "true"
        assert wants, address
        assert response.headers["cache-control"].startswith("private"), address
        shown.add(path)

    loop = asyncio.get_running_loop()

    @examples(max_examples=EXAMPLES, deadline=None, database=None)
    @given(st.sampled_from(paths), filters(ids[0]), st.sampled_from(["none", "key", "wrong"]))
    def check(path: str, query: list[tuple[str, str]], key: str) -> None:
        asyncio.run_coroutine_threadsafe(ask(path, query, key), loop).result(20)

    for path in paths:
        for key in ("none", "key"):
            await ask(path, [], key)
    await asyncio.to_thread(check)


async def editors_find_it(newsroom: TestNewsroom, ids: list[str]) -> None:
    path = "/v1/items?all=true&state=test"
    check_problem(await newsroom.http.get(path), 401, "unauthorised")
    response = await newsroom.http.get(path, headers=newsroom.key)
    found = response.json()["items"]
    assert [one["id"] for one in found] == ids[::-1]
    assert {one["state"] for one in found} == {"test"}
    assert response.headers["cache-control"].startswith("private")
    flash = await newsroom.http.get(f"{path}&level=flash&limit=1", headers=newsroom.key)
    assert [one["level"] for one in flash.json()["items"]] == ["flash"]
