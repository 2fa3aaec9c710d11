"""Items of one millisecond are shown in the order of their lines, on every output."""

from __future__ import annotations

from typing import Any

import orjson

from tests.support.newsroom import TestNewsroom

NAMES = [f"Undated line {number} of 8" for number in range(1, 9)]
DATES: tuple[dict[str, str], ...] = (
    {},
    {"published_at": "2026-11-28T12:03:00Z"},
    {"published_at": "2126-11-28T12:03:00Z"},
)


async def test_lines_of_one_moment_are_shown_newest_first(newsroom: TestNewsroom) -> None:
    """Without a date, with the same minute, and with a date in the future."""
    for number, date in enumerate(DATES):
        fields = {"edition": "en", "story": f"s{number}", "sections": ["sports"]} | date
        lines = [orjson.dumps({"headline": f"{number} {name}"} | fields) for name in NAMES]
        headers = newsroom.key | {"content-type": "application/x-ndjson"}
        answer = await newsroom.http.post("/v1/import", content=b"\n".join(lines), headers=headers)
        assert answer.json()["published"] == len(NAMES)
        await newsroom.catch_up()
        expected = [f"{number} {name}" for name in reversed(NAMES)]
        query = f"story=s{number}"
        assert await headlines(newsroom, f"/v1/items?{query}", "items") == expected
        assert await headlines(newsroom, f"/v1/feed.json?{query}", "items", "title") == expected
        latest = await headlines(newsroom, "/v1/items?all=true", "items")
        assert latest[: len(NAMES)] == expected
        assert await headlines(newsroom, f"/v1/stories/s{number}", "items") == expected[::-1]
        for path in (f"/v1/feed.atom?{query}", f"/v1/feed.rss?{query}", f"/story/s{number}"):
            text = (await newsroom.http.get(path)).text
            places = [text.find(one) for one in expected]
            assert min(places) > -1, path
            assert places == sorted(places), path


async def headlines(
    newsroom: TestNewsroom, path: str, name: str, field: str = "headline"
) -> list[Any]:
    answer = (await newsroom.http.get(path, headers=newsroom.key)).json()
    return [item[field] for item in answer[name]]
