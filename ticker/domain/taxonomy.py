"""The editions, sections and regions that a newsroom knows; ``ticker.toml`` replaces them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ticker.domain.did_you_mean import likely
from ticker.domain.language_codes import MEANT, is_language
from ticker.domain.messages import Message, said

Direction = Literal["ltr", "rtl", "auto"]
LANGUAGE_TAG = r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*"
"""BCP 47: the registry has no language of more than three letters ("english")."""
NO_LANGUAGE_TAG = said("not-a-language")


def known_language(tag: str) -> str:
    """Return a language tag. Raises ValueError if it begins with two letters of no language."""
    if is_language(tag):
        return tag
    primary = tag.partition("-")[0]
    if meant := MEANT.get(primary.lower()):
        raise ValueError(said("no-such-language-likely", name=primary, likely=meant))
    raise ValueError(said("no-such-language", name=primary))


@dataclass(frozen=True, slots=True)
class Edition:
    """One language edition: a BCP 47 ``language`` and the ``dir`` its headlines default to."""

    language: str
    dir: Direction = "ltr"
    label: str = ""


DEFAULT_EDITIONS: dict[str, Edition] = {
    "ar": Edition("ar", "rtl", "العربية"),
    "en": Edition("en", "ltr", "English"),
    "es": Edition("es", "ltr", "Español"),
}
DEFAULT_SECTIONS: tuple[str, ...] = (
    "politics",
    "economy",
    "sports",
    "arts-culture",
    "health",
    "miscellaneous",
    "technology",
    "environment",
)
DEFAULT_REGIONS: tuple[str, ...] = (
    "africa",
    "asia",
    "asia-pacific",
    "europe",
    "latin-america",
    "mena",
    "palestine",
    "us-canada",
)


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The names that items and filters may use; others are refused with the list of known ones."""

    editions: dict[str, Edition] = field(default_factory=lambda: dict(DEFAULT_EDITIONS))
    sections: tuple[str, ...] = DEFAULT_SECTIONS
    regions: tuple[str, ...] = DEFAULT_REGIONS

    def edition_of(self, language: str | None) -> str | None:
        """Return the edition with this BCP 47 tag, else the first with its language, else None."""
        if not language:
            return None
        tag = language.lower()
        likely = None
        for name, edition in self.editions.items():
            if edition.language.lower() == tag:
                return name
            if likely is None and edition.language.lower().split("-")[0] == tag.split("-")[0]:
                likely = name
        return likely

    def name(self, facet: str, value: str) -> str:
        """Return the known name that ``value`` is in another case, else ``value``.

        ``facet`` is ``edition``, ``section`` or ``region``.
        """
        known = self._known(facet)
        if value in known:
            return value
        wanted = value.casefold()
        return next((name for name in known if name.casefold() == wanted), value)

    def _known(self, facet: str) -> tuple[str, ...]:
        return {
            "edition": tuple(self.editions),
            "section": self.sections,
            "region": self.regions,
        }[facet]

    def unknown(self, facet: str, values: list[str]) -> Message | None:
        """Return a sentence that names the unknown ``values`` and the known ones, or None.

        ``facet`` is ``edition``, ``section`` or ``region``.
        """
        known = self._known(facet)
        wrong = [value for value in values if value not in known]
        if not wrong:
            return None
        names = ", ".join(map(repr, wrong))
        shown = {"names": names, "known": ", ".join(known)}
        if guessed := likely(wrong, known):
            return said(f"unknown-{facet}-likely", likely=guessed, **shown)
        return said(f"unknown-{facet}", **shown)
