"""What pages and feeds say in each language, from the files that the browser's side is made of too.

``ticker/web/words/{language}.json`` is read once. An edition whose language has no file is spoken
to in English; its headlines are in its own language all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Literal

import orjson

from ticker.domain.clock import parse_ms
from ticker.domain.taxonomy import Edition, Taxonomy
from ticker.feeds.formats.channel import Words as FeedWords

WORDS = Path(__file__).resolve().parent / "web" / "words"
FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words. ``language`` is the BCP 47 tag of the words themselves."""

    language: str
    dir: Literal["ltr", "rtl"]
    locale: str
    """For the browser's dates and numbers."""
    widget: Mapping[str, str]
    site: Mapping[str, str]
    push: Mapping[str, str]
    """What notifications say themselves."""
    topics: Mapping[str, str]
    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    """From Monday, as ``datetime.weekday`` counts."""

    def topic(self, slug: str) -> str:
        """Return the name of a section or region; its slug made readable if it has none here."""
        return self.topics.get(slug) or slug.replace("-", " ").capitalize()

    def for_widget(self, taxonomy: Taxonomy) -> dict[str, object]:
        """Return what the widget's ``words`` holds for a language, ready for JSON."""
        topics = {slug: self.topic(slug) for slug in (*taxonomy.sections, *taxonomy.regions)}
        own = {"lang": self.language, "dir": self.dir, "locale": self.locale, "topics": topics}
        return {**self.widget, **own}

    def say(self, phrase: str, **values: object) -> str:
        """Return a phrase of the site with its ``{names}`` filled in. Raises KeyError."""
        return self.site[phrase].format_map(values)

    def label(self, phrase: str) -> str:
        """Return a word of the widget: a level, a mark. Raises KeyError."""
        return self.widget[phrase]

    def weekday(self, day: datetime) -> str:
        """Return how a date begins where there is room."""
        return self._moment("weekday", day)

    def date(self, day: datetime) -> str:
        """Return ``day`` as a masthead writes it."""
        return self._moment("date", day)

    def time(self, at: str, today: datetime) -> str:
        """Return an RFC 3339 time as text in UTC; without the day if that is ``today``.

        Absolute, because the page is kept and shared; the browser makes it relative.
        """
        moment = datetime.fromtimestamp(parse_ms(at) / 1000, UTC)
        clock = self.say("clock", time=f"{moment:%H:%M}")
        if moment.date() == today.date():
            return clock
        return self._moment("moment", moment, clock)

    def _moment(self, phrase: str, moment: datetime, clock: str = "") -> str:
        return self.say(
            phrase,
            weekday=self.weekdays[moment.weekday()],
            day=moment.day,
            month=self.months[moment.month - 1],
            year=moment.year,
            time=clock,
        )


@cache
def languages(root: Path = WORDS) -> Mapping[str, Words]:
    """Return the words of every language that has some, by its tag in lower case."""
    return {path.stem.lower(): _read(path) for path in sorted(root.glob("*.json"))}


def words_for(language: str) -> Words:
    """Return the words for a BCP 47 ``language``: its own, its macro-language's, or English."""
    known = languages()
    tag = language.lower()
    return known.get(tag) or known.get(tag.partition("-")[0]) or known[FALLBACK]


def feed_words(editions: Mapping[str, Edition]) -> dict[str, FeedWords]:
    """Return what feeds say themselves, by edition."""
    spoken = {name: words_for(edition.language) for name, edition in editions.items()}
    return {name: FeedWords(w.label("corrected"), w.topics) for name, w in spoken.items()}


def _read(path: Path) -> Words:
    found = orjson.loads(path.read_bytes())
    site = found["site"]
    months, weekdays = tuple(site.pop("months")), tuple(site.pop("weekdays"))
    return Words(
        path.stem,
        found["dir"],
        found["locale"],
        found["widget"],
        site,
        found["push"],
        found["topics"],
        months,
        weekdays,
    )
