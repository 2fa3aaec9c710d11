"""Settings: taxonomy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from ticker.config.fields import Record
from ticker.config.types import Name
from ticker.config.values import Check
from ticker.domain.shape import Shape
from ticker.domain.taxonomy import (
    DEFAULT_EDITIONS,
    DEFAULT_REGIONS,
    DEFAULT_SECTIONS,
    LANGUAGE_TAG,
    NO_LANGUAGE_TAG,
    Direction,
    Edition,
    Taxonomy,
    known_language,
)

if TYPE_CHECKING:
    pass


class EditionSettings(Record):
    """One ``[editions.NAME]`` table of ``ticker.toml``."""

    language: Annotated[str, Shape(LANGUAGE_TAG, NO_LANGUAGE_TAG), Check(known_language)]
    """BCP 47 language tag; sent in headers."""
    dir: Direction = "ltr"
    label: str = ""


class TaxonomySettings(Record):
    """Taxonomy."""

    editions: dict[Name, EditionSettings] = {  # noqa: RUF012  # records do not change
        name: EditionSettings(language=e.language, dir=e.dir, label=e.label)
        for name, e in DEFAULT_EDITIONS.items()
    }
    """Language editions. In `ticker.toml`, each is a table `[editions.NAME]` with `language`
    (BCP 47), `dir` (`ltr`, `rtl` or `auto`) and `label`."""
    sections: tuple[Name, ...] = DEFAULT_SECTIONS
    """Names of sections. Names of editions, sections and regions have up to 64 letters and digits
    of any script, `.`, `_` and `-`."""
    regions: tuple[Name, ...] = DEFAULT_REGIONS
    """Names of regions."""

    @property
    def taxonomy(self) -> Taxonomy:
        """Return the newsroom's taxonomy."""
        return Taxonomy(
            {n: Edition(e.language, e.dir, e.label or n) for n, e in self.editions.items()},
            self.sections,
            self.regions,
        )
