"""Whom an item concerns: topics of edition × section × level.

A subscriber names one edition, any number of sections (none: all of them) and the lowest level it
wants to be interrupted for. It is filed under one topic a section, so that an alert reads those it
concerns and nobody else. An item is sent to the topics of its sections, of ``ALL``, and of its own
level and every lower one. Whoever is filed under several of them is told once: through the first
section of the item that it asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ticker.domain.item import Level

ALL = "*"
"""The section of those who named none."""


@dataclass(frozen=True, slots=True, order=True)
class Topic:
    """One list of subscribers. ``str()`` is its name in keys: ``en/politics/urgent``."""

    edition: str
    section: str
    level: Level

    def __str__(self) -> str:
        return f"{self.edition}/{self.section}/{self.level.name}"

    @classmethod
    def parse(cls, text: str) -> Topic:
        """Return the topic that ``str()`` wrote. Raises ValueError or KeyError."""
        edition, section, level = text.split("/")
        return cls(edition, section, Level[level])


def filed_under(edition: str, sections: Sequence[str], level: Level) -> list[Topic]:
    """Return the topics of a subscriber."""
    return [Topic(edition, section, level) for section in (sections or (ALL,))]


def concerned(edition: str, sections: Sequence[str], level: Level) -> list[Topic]:
    """Return the topics of an item, in the order in which ``told_through`` counts."""
    lower = [one for one in reversed(Level) if one <= level]
    return [Topic(edition, section, one) for section in (ALL, *sections) for one in lower]


def told_through(item_sections: Sequence[str], wanted: Sequence[str]) -> str | None:
    """Return the section through which a subscriber that wants ``wanted`` is told of the item.

    None if it does not want it: it changed its mind since it was filed.
    """
    if not wanted:
        return ALL
    return next((section for section in item_sections if section in wanted), None)
