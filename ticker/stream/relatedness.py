"""Relatedness of two items: shared tags, speaker, words, places and sections, by rarity.

A value that few items have says more than one that many have. Sections and regions alone relate
nothing: two items of one region are seldom about one subject. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log

from ticker.domain.filter import Facets

TAG, SPEAKER, WORD, REGION, SECTION = 1.0, 0.6, 0.5, 0.3, 0.2
"""Weight of one shared value that only the two items have."""
SUBJECT_MIN = 0.35
"""Least weight of shared tags, speaker and words together: one rare word."""
RELATED_MIN = 0.55
"""Least weight of everything shared: one rare tag, two rare words, or one in the same place."""
ITEMS_MIN = 50
"""A smaller edition counts as one of this size: among few items nothing is rare or common."""
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject of an item."""

    facets: Facets
    words: frozenset[str]
    """Significant words of its headline (``headline_terms``)."""
    speaker: str
    published_ms: int

    def values(self) -> Iterable[tuple[str, str]]:
        """Yield every value that another item may share, with its kind."""
        yield from (("tag", tag) for tag in self.facets.tags)
        yield from (("word", word) for word in self.words)
        yield from (("region", region) for region in self.facets.regions)
        yield from (("section", section) for section in self.facets.sections)
        if self.speaker:
            yield "speaker", self.speaker


class Relatedness:
    """Compare subjects of one edition. The rarity of a value is taken from ``subjects``."""

    def __init__(self, subjects: Iterable[Subject]) -> None:
        counts: Counter[tuple[str, str]] = Counter()
        items = 0
        for subject in subjects:
            counts.update(subject.values())
            items += 1
        self._counts: Mapping[tuple[str, str], int] = counts
        self._log_items = log(max(items, ITEMS_MIN))

    def score(self, one: Subject, other: Subject) -> float:
        """Return how closely ``other`` is related to ``one``; 0 if it is not.

        Among items that share as much, those published within a day of each other are closer.
        """
        tags = self._shared("tag", one.facets.tags & other.facets.tags)
        words = self._shared("word", one.words & other.words)
        speakers = {one.speaker} & {other.speaker} - {""}
        subject = TAG * tags + WORD * words + SPEAKER * self._shared("speaker", speakers)
        regions = self._shared("region", one.facets.regions & other.facets.regions)
        sections = self._shared("section", one.facets.sections & other.facets.sections)
        score = subject + REGION * regions + SECTION * sections
        if subject < SUBJECT_MIN or score < RELATED_MIN:
            return 0.0
        days = abs(one.published_ms - other.published_ms) / DAY_MS
        return score / (1 + days / 2)

    def _shared(self, kind: str, values: Iterable[str]) -> float:
        return sum(self._rarity(kind, value) for value in values)

    def _rarity(self, kind: str, value: str) -> float:
        """Return 1 for a value that no other item has, and 0 for one that all have."""
        # Two items share it, so that the rarest shared value counts as a unique one.
        count = max(1, self._counts.get((kind, value), 0) - 1)
        return max(0.0, 1 - log(count) / self._log_items)
