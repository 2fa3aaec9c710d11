"""Topics of edition × section × level: which subscriptions an item concerns.

A subscriber names one edition, any number of sections (none: all of them) and the lowest level it
wants. It is filed under one topic a section, so an alert reads only the subscriptions it concerns.
An item is sent to the topics of its sections and of ``ALL``, of its own level and every lower one.
A subscriber that is filed under several of them gets it once: through the item's first section that
it asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ticker.domain.item import Level

ALL = "*"
"""The section of subscribers that named none."""


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
        """Return the topic with the name ``text``. Raises ValueError or KeyError."""
        edition, section, level = text.split("/")
        return cls(edition, section, Level[level])


def subscriber_topics(edition: str, sections: Sequence[str], level: Level) -> list[Topic]:
    """Return the topics under which a subscriber is filed."""
    return [Topic(edition, section, level) for section in (sections or (ALL,))]


def item_topics(edition: str, sections: Sequence[str], level: Level) -> list[Topic]:
    """Return the topics to which an item is sent, in the order of ``matching_section``."""
    lower = [one for one in reversed(Level) if one <= level]
    return [Topic(edition, section, one) for section in (ALL, *sections) for one in lower]


def matching_section(item_sections: Sequence[str], wanted: Sequence[str]) -> str | None:
    """Return the section through which a subscriber that wants ``wanted`` gets the item.

    None if it does not want the item: its interests have changed since it was filed.
    """
    if not wanted:
        return ALL
    return next((section for section in item_sections if section in wanted), None)
