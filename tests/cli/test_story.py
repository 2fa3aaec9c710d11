"""``ticker story`` against a real newsroom, and its page."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Newsroom

pytestmark = pytest.mark.processes


def test_the_text_of_a_story(newsroom: Newsroom) -> None:
    published = newsroom.ticker("publish", "Rivers rise", "-e", "en", "--story", "floods", "--json")
    assert published.code == 0, published.err
    made = newsroom.ticker(
        *("story", "set", "floods", "-e", "en", "--title", "Floods in the south"),
        *("--summary", "It rains.", "-k", "One", "-k", "Two", "--json"),
    )
    assert made.code == 0, made.out + made.err
    assert made.json["version"] == 1
    changed = newsroom.ticker("story", "set", "floods", "-e", "en", "--summary", "", "--json")
    assert changed.json["editions"] == {
        "en": {"title": "Floods in the south", "summary": None, "key_points": ["One", "Two"]}
    }
    shown = newsroom.ticker("story", "show", "floods").out
    assert "en: Floods in the south" in shown
    assert "• Two" in shown
    assert newsroom.ticker("story", "clear", "floods", "-e", "en").code == 0
    assert "ticker story set" in newsroom.ticker("story", "show", "floods").err


def test_errors_are_reported(newsroom: Newsroom) -> None:
    assert newsroom.ticker("story", "set", "floods", "-e", "en").code == 2
    assert newsroom.ticker("story", "set", "floods", "-e", "xx", "--title", "T").code == 1
    assert newsroom.ticker("story", "show", "floods", TICKER_URL="http://127.0.0.1:1").code == 3
