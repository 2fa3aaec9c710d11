"""``ticker story`` against a real newsroom, and its page."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.cli.conftest import Newsroom
from tests.support.http_server import Answer, answering

pytestmark = pytest.mark.processes


def test_the_text_of_a_story(newsroom: Newsroom) -> None:
    published = newsroom.ticker("publish", "Rivers rise", "-e", "en", "--story", "floods", "--json")
    assert published.code == 0, published.err
    made = newsroom.ticker(
        *("story", "set", "floods", "-e", "en", "--title", "Floods in the south"),
        *("--summary", "It rains.", "-k", "One", "-k", "Two", "--json"),
    )
    assert made.code == 0, made.out + made.err
    first = made.json["version"]
    changed = newsroom.ticker("story", "set", "floods", "-e", "en", "--summary", "", "--json")
    assert changed.json["editions"] == {
        "en": {"title": "Floods in the south", "summary": None, "key_points": ["One", "Two"]}
    }
    last = newsroom.ticker("story", "set", "floods", "-e", "es", "--summary", "Llueve.", "--json")
    assert last.json["version"] == first + 2
    nothing = newsroom.ticker("story", "set", "floods", "-e", "es", "--summary", "", "--json")
    assert list(nothing.json["editions"]) == ["en"]
    same = newsroom.ticker("story", "set", "floods", "-e", "en", "-k", "One", "-k", "Two")
    assert same.out == "✓ floods (en) has this text already, nothing changed.\n"
    shown = newsroom.ticker("story", "show", "floods").out
    assert "en: Floods in the south" in shown
    assert "• Two" in shown
    assert newsroom.ticker("story", "clear", "floods", "-e", "en").code == 0
    assert "ticker story set" in newsroom.ticker("story", "show", "floods").err


@pytest.mark.parametrize(("stored", "code"), [("Floods", 0), ("Storms", 1)])
async def test_a_repeated_change_is_done_if_its_text_is_there(
    newsroom: Newsroom, stored: str, code: int
) -> None:
    """The answer to the first PUT was lost, and its repetition finds a newer version."""

    def texts(version: int, title: str | None) -> Answer:
        text: Any = {"title": title, "summary": None, "key_points": []}
        editions = {"en": text} if title else {}
        return Answer(200, {"story": "floods", "version": version, "editions": editions})

    detail = "the text of the story is now at version 1; read it again"
    stale = Answer(412, {"type": "/problems/stale", "detail": detail, "current": 1})
    answers = [texts(0, None), Answer(0), stale, texts(1, stored)]
    command = ("story", "set", "floods", "-e", "en", "--title", "Floods", "--summary", " ")
    async with answering(*answers) as web:
        result = await asyncio.to_thread(newsroom.ticker, *command, TICKER_URL=web.url)
    assert (result.code, len(web.asked)) == (code, 4)
    assert [one.headers.get("if-match") for one in web.asked[1:3]] == ['"0"', '"0"']


def test_errors_are_reported(newsroom: Newsroom) -> None:
    assert newsroom.ticker("story", "set", "floods", "-e", "en").code == 2
    assert newsroom.ticker("story", "set", "floods", "-e", "xx", "--title", "T").code == 1
    assert newsroom.ticker("story", "show", "floods", TICKER_URL="http://127.0.0.1:1").code == 3
