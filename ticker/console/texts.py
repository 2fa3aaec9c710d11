"""The console's texts in each language: ``translations/{language}.json``, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import orjson
from starlette.requests import Request

FILES = Path(__file__).with_name("translations")
FALLBACK = "en"
COOKIE = "ticker_language"
"""Cookie with the language that somebody has chosen in the console."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The console's texts in one language."""

    language: str
    name: str
    dir: Literal["ltr", "rtl"]
    page: Mapping[str, str]
    """Texts of the pages."""
    script: Mapping[str, str]
    """Texts of the scripts in the browser."""

    def label(self, kind: str, value: str) -> str:
        """Return the word for a ``value`` such as a level or state, or the value itself."""
        return self.page.get(f"{kind}.{value}", value)


@cache
def all_texts(root: Path = FILES) -> Mapping[str, Texts]:
    """Return the texts of every language with a file, by language."""
    found = {}
    for path in sorted(root.glob("*.json")):
        data = orjson.loads(path.read_bytes())
        found[path.stem] = Texts(path.stem, data["name"], data["dir"], data["page"], data["script"])
    return found


def view_texts(texts: Texts) -> Texts:
    """Return the texts of the pages beside the board, in the language of ``texts``."""
    return all_texts(FILES / "views")[texts.language]


def refusals(texts: Texts) -> Mapping[str, str]:
    """Return the sentences for the codes of refusals, and the words in them, in one language."""
    return all_texts(FILES / "refusals")[texts.language].script


def texts_for(request: Request) -> Texts:
    """Return the texts in the language of the cookie, else of the browser, else in English."""
    known = all_texts()
    chosen = request.cookies.get(COOKIE, "")
    if chosen in known:
        return known[chosen]
    for part in request.headers.get("accept-language", "")[:256].split(","):
        tag = part.partition(";")[0].strip().lower().partition("-")[0]
        if tag in known:
            return known[tag]
    return known[FALLBACK]
