"""The response to an editorial operation, and the version that it is about."""

from __future__ import annotations

import pytest

from tests.api.commit_result import GOOD, result
from tests.support.newsroom import TestNewsroom, check_problem


async def test_the_location_leads_to_the_item(newsroom: TestNewsroom) -> None:
    response = await newsroom.http.post("/v1/items", json=GOOD, headers=newsroom.key)
    await newsroom.catch_up()
    shown = await newsroom.http.get(response.headers["location"])
    assert shown.json()["headline"] == GOOD["headline"]


@pytest.mark.parametrize("tag", ['"1"', "*", 'W/"1"', '"9", "1"', ' "1" '])
async def test_a_fresh_if_match(newsroom: TestNewsroom, tag: str) -> None:
    id = (await newsroom.publish())["item"]["id"]
    headers = newsroom.key | {"if-match": tag}
    body = {"headline": "Changed"}
    answer = result(await newsroom.http.patch(f"/v1/items/{id}", json=body, headers=headers))
    assert answer["item"]["version"] == 2


async def test_the_second_of_two_editors_is_refused(newsroom: TestNewsroom) -> None:
    id = (await newsroom.publish())["item"]["id"]
    headers = newsroom.key | {"if-match": '"1"'}
    first, second = [
        await newsroom.http.patch(
            f"/v1/items/{id}", json={"headline": f"Editor {n}"}, headers=headers
        )
        for n in (1, 2)
    ]
    assert first.status_code == 200
    assert check_problem(second, 412, "stale")["current"] == 2
