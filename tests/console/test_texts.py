"""The console's texts: complete in each language, and chosen by cookie, then by the browser."""

from __future__ import annotations

import re

import pytest
from starlette.requests import Request

from ticker.console.texts import COOKIE, FILES, all_texts, texts_for

PLACE = re.compile(r"\{\w+\}")


def asking(accept: str = "", cookie: str = "") -> Request:
    headers = [(b"accept-language", accept.encode()), (b"cookie", f"{COOKIE}={cookie}".encode())]
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize("folder", ["", "views"])
def test_every_language_has_every_text_with_the_same_places(folder: str) -> None:
    known = all_texts(FILES / folder)
    assert set(known) == {"ar", "en", "es"}
    for texts in known.values():
        for part in ("page", "script"):
            own, english = getattr(texts, part), getattr(known["en"], part)
            assert own.keys() == english.keys()
            for name, text in own.items():
                assert text.strip()
                assert sorted(PLACE.findall(text)) == sorted(PLACE.findall(english[name])), name


@pytest.mark.parametrize(
    ("accept", "cookie", "language"),
    [
        ("", "", "en"),
        ("de-DE,ar-EG;q=0.8,en;q=0.5", "", "ar"),
        ("es", "ar", "ar"),
        ("es", "xx", "es"),
        ("x" * 5_000, "", "en"),
    ],
)
def test_the_language_of_a_page(accept: str, cookie: str, language: str) -> None:
    assert texts_for(asking(accept, cookie)).language == language


def test_a_value_without_a_word_stands_for_itself() -> None:
    assert all_texts()["en"].label("level", "flash") == "Flash"
    assert all_texts()["en"].label("level", "nova") == "nova"
