"""Translations: the texts of pages, feeds and alerts in each language.

``ticker/web/translations/{language}.json`` is read once; the browser's scripts are built from the
same files. An edition without a file for its language uses English texts; its headlines stay in
its own language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import orjson

from ticker.domain.clock import parse_ms

if TYPE_CHECKING:
    from ticker.domain.taxonomy import Edition, Taxonomy
    from ticker.feeds.formats.channel import FeedTexts

FILES = Path(__file__).resolve().parent / "web" / "translations"
FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Translation:
    """All texts in one language. ``language`` is the BCP 47 tag of the texts."""

    language: str
    dir: Literal["ltr", "rtl"]
    locale: str
    """Locale of the browser's dates and numbers."""
    widget: Mapping[str, str]
    site: Mapping[str, str]
    push: Mapping[str, str]
    """Texts of notifications."""
    topics: Mapping[str, str]
    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    """From Monday, like ``datetime.weekday``."""
    ago: Mapping[str, tuple[str, ...]]
    """Times before now, ``minutes`` and ``hours``, each for one, two, few and other numbers."""

    def topic(self, slug: str) -> str:
        """Return the name of a section or region, by default a readable form of its slug."""
        return self.topics.get(slug) or slug.replace("-", " ").capitalize()

    def for_widget(self, taxonomy: Taxonomy) -> dict[str, object]:
        """Return the widget's texts in this language, ready for JSON."""
        topics = {slug: self.topic(slug) for slug in (*taxonomy.sections, *taxonomy.regions)}
        own = {"lang": self.language, "dir": self.dir, "locale": self.locale, "topics": topics}
        utc = self.site["utc"]  # the widget says UTC unless it is told another name
        return {**self.widget, **own, **({} if utc == "UTC" else {"utc": utc})}

    def text(self, phrase: str, **values: object) -> str:
        """Return a text of the site with its ``{names}`` filled in. Raises KeyError."""
        return self.site[phrase].format_map(values)

    def label(self, phrase: str) -> str:
        """Return a text of the widget, such as the name of a level or a mark. Raises KeyError."""
        return self.widget[phrase]

    def weekday(self, day: datetime) -> str:
        """Return the weekday of ``day``, which precedes a date where there is room."""
        return self._moment("weekday", day)

    def date(self, day: datetime) -> str:
        """Return the date of ``day`` for the page header."""
        return self._moment("date", day)

    def time(self, at: str, today: datetime) -> str:
        """Return an RFC 3339 time as text in UTC, without the day if that is ``today``, and
        without the year if it is that of ``today``.

        The text is absolute, because pages are cached; scripts in the browser make it relative.
        """
        moment = datetime.fromtimestamp(parse_ms(at) / 1000, UTC)
        clock = self.text("time", time=f"{moment:%H:%M}")
        if moment.date() == today.date():
            return clock
        if moment.year != today.year:
            return f"{self._moment('date', moment)}{self.text('listComma')}{clock}"
        return self._moment("dateTime", moment, clock)

    def full_time(self, at: str) -> str:
        """Return an RFC 3339 time as text with its date, in UTC, as browsers write it."""
        moment = datetime.fromtimestamp(parse_ms(at) / 1000, UTC)
        return self._moment("fullTime", moment, self.text("time", time=f"{moment:%H:%M}"))

    def _moment(self, phrase: str, moment: datetime, clock: str = "") -> str:
        return self.text(
            phrase,
            weekday=self.weekdays[moment.weekday()],
            day=moment.day,
            month=self.months[moment.month - 1],
            year=moment.year,
            time=clock,
        )


@cache
def translations(root: Path = FILES) -> Mapping[str, Translation]:
    """Return the translation of every language with a file, by its tag in lower case."""
    return {path.stem.lower(): _read(path) for path in sorted(root.glob("*.json"))}


def translation_for(language: str) -> Translation:
    """Return the translation for a BCP 47 tag: its own, its primary language's, or English."""
    known = translations()
    tag = language.lower()
    return known.get(tag) or known.get(tag.partition("-")[0]) or known[FALLBACK]


def feed_texts(editions: Mapping[str, Edition]) -> dict[str, FeedTexts]:
    """Return the texts of feeds, by edition."""
    from ticker.feeds.formats.channel import FeedTexts  # slow to import, and not for commands

    found = {name: translation_for(edition.language) for name, edition in editions.items()}
    return {name: FeedTexts(t.label("corrected"), t.topics) for name, t in found.items()}


def _read(path: Path) -> Translation:
    found = orjson.loads(path.read_bytes())
    site = found["site"]
    months, weekdays = tuple(site.pop("months")), tuple(site.pop("weekdays"))
    ago = {unit: tuple(site.pop(f"{unit}Ago")) for unit in ("minutes", "hours")}
    return Translation(
        path.stem,
        found["dir"],
        found["locale"],
        found["widget"],
        site,
        found["push"],
        found["topics"],
        months,
        weekdays,
        ago,
    )
