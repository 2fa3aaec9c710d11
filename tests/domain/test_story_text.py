"""Texts of stories: what is accepted, and their versions."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from ticker.domain.story_text import KEY_POINTS_MAX, SUMMARY_MAX, StoryText, StoryTexts


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": "x" * 281},
        {"summary": "x" * (SUMMARY_MAX + 1)},
        {"key_points": ["x"] * (KEY_POINTS_MAX + 1)},
        {"key_points": [" "]},
        {"key_points": "one"},
        {"title": "Z" + "\u0301" * 200},
        {"slug": "floods"},
    ],
)
def test_what_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        StoryText.model_validate(wrong)


def test_blank_parts_are_none_and_controls_are_removed() -> None:
    text = StoryText.model_validate({"title": " ", "summary": "", "key_points": ["\u202eOne\n"]})
    assert (text.title, text.summary, text.key_points) == (None, None, ["One "])
    assert StoryText.model_validate({"title": "", "summary": None}).empty


def test_every_change_is_a_version() -> None:
    texts = StoryTexts().with_text("en", StoryText(title="Floods"), version=1, at="1", by="ana")
    texts = texts.with_text("ar", StoryText(title="فيضانات"), version=2, at="2", by="bo")
    assert (texts.version, texts.updated_by, list(texts.editions)) == (2, "bo", ["en", "ar"])
    texts = texts.with_text("en", StoryText(), version=3, at="3", by="ana")
    assert (texts.version, list(texts.editions)) == (3, ["ar"])
    assert texts.text("en").empty
