"""Items and searches for an archive, invented from one seed.

The words are of three alphabets, as frequent as words are (Zipf).
"""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Callable
from itertools import accumulate
from typing import NamedTuple

import orjson

from ticker.domain.clock import new_id, rfc3339
from ticker.domain.cursor import StreamId

WORDS = 50_000
BEGAN_MS = 1_700_000_000_000
GAP_MS = 30_000
"""Between two items: a million are a year."""
SECTIONS = ("politics", "economy", "sports", "health", "technology")
LETTERS = {
    "en": "abcdefghilmnoprstuvw",
    "es": "abcdefghilmnñopqrstuvíóá",
    "ar": "ابتثجحخدرزسشصطعفقكلمنهوي",
}


class Asked(NamedTuple):
    """A search, the moment before which its results are, and whether it is the board of then."""

    text: str
    before_ms: int | None = None
    board: bool = False


class Invented:
    """Items and searches from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.words = {
            edition: [self._word(letters) for _ in range(WORDS)]
            for edition, letters in LETTERS.items()
        }
        self._weights = list(accumulate(1 / (rank + 2.7) for rank in range(WORDS)))

    def _word(self, letters: str) -> str:
        return "".join(self.random.choices(letters, k=self.random.randint(3, 9)))

    def text(self, edition: str, count: int) -> str:
        """Return ``count`` words, as frequent as words are."""
        words, weights, total = self.words[edition], self._weights, self._weights[-1]
        return " ".join(words[bisect(weights, self.random.random() * total)] for _ in range(count))

    def record(self, number: int) -> tuple[StreamId, dict[bytes, bytes]]:
        """Return the lane's record of an item."""
        chance = self.random
        edition = chance.choice(("en", "es", "ar"))
        ms = BEGAN_MS + number * GAP_MS
        at = rfc3339(ms)
        summary = self.text(edition, chance.randint(15, 40)) if chance.random() < 0.6 else None
        item = {
            "id": new_id(ms, chance.randbytes(10)),
            "version": 1,
            "status": "usable",
            "level": chance.choices(("ticker", "urgent", "flash"), (90, 8, 2))[0],
            "edition": edition,
            "language": edition,
            "dir": "rtl" if edition == "ar" else "ltr",
            "headline": self.text(edition, chance.randint(6, 12)),
            "summary": summary,
            "source": "Harbour Post",
            "sections": [chance.choice(SECTIONS)],
            "regions": [],
            "tags": [f"tag{chance.randint(1, 2000)}"],
            "media": [],
            "published_at": at,
            "updated_at": at,
        }
        body = orjson.dumps({"action": "publish", "item": item, "was": None})
        return StreamId(ms, 0), {b"e": body}

    def mixed(self) -> Asked:
        """Return a search as readers make them: one to three words, facets, dates."""
        chance = self.random
        edition = chance.choice(("en", "es", "ar"))
        text = self.text(edition, chance.choices((1, 2, 3), (5, 4, 1))[0])
        kind = chance.random()
        if kind < 0.1:
            text = f'"{self.text(edition, 2)}"'
        elif kind < 0.2:
            text = text.partition(" ")[0][:4] + "*"
        elif kind < 0.3:
            text += f" -{self.text(edition, 1)}"
        if chance.random() < 0.5:
            text += f" edition:{edition}"
        if chance.random() < 0.2:
            text += f" section:{chance.choice(SECTIONS)}"
        if chance.random() < 0.1:
            text += " level:flash"
        if chance.random() < 0.1:
            text += " to:2024-03"
        return Asked(text)

    def rare(self) -> Asked:
        """Return a word that some tens of a million items have."""
        return Asked(self.random.choice(self._edition()[WORDS // 2 :]))

    def common(self) -> Asked:
        """Return a word that one item of ten has, or more."""
        return Asked(self.random.choice(self._edition()[:10]))

    def two_words(self) -> Asked:
        """Return two words, as frequent as words are."""
        return Asked(self.text(self.random.choice(tuple(LETTERS)), 2))

    def other_edition(self) -> Asked:
        """Return a common word, in an edition that does not have it."""
        word = self.random.choice(self.words["es"][:10])
        return Asked(f"{word} edition:ar")

    def normalised(self) -> Asked:
        """Return an Arabic word with tatweel and a vowel sign, or a Spanish one in capitals."""
        if self.random.random() < 0.5:
            word = self.text("ar", 1)
            return Asked(f"\u0627\u0644{word[0]}\u064f\u0640{word[1:]}")
        return Asked(self.text("es", 1).upper())

    def edition_and_time(self) -> Asked:
        """Return a word in an edition and a month."""
        edition = self.random.choice(tuple(LETTERS))
        month = f"2024-{self.random.randint(1, 9):02}"
        return Asked(f"{self.text(edition, 1)} edition:{edition} from:{month} to:{month}")

    def deep_page(self) -> Asked:
        """Return a page of a search somewhere in the archive."""
        return Asked(self.text(self.random.choice(tuple(LETTERS)), 1), self._moment())

    def older_page(self) -> Asked:
        """Return a page of an edition somewhere in the archive."""
        return Asked(f"edition:{self.random.choice(tuple(LETTERS))}", self._moment())

    def board(self) -> Asked:
        """Return a moment of which the board is asked."""
        return Asked(f"edition:{self.random.choice(tuple(LETTERS))}", self._moment(), board=True)

    def _edition(self) -> list[str]:
        return self.random.choice(list(self.words.values()))

    def _moment(self) -> int:
        return BEGAN_MS + self.random.randrange(1_000_000) * GAP_MS


KINDS: tuple[Callable[[Invented], Asked], ...] = (
    *(Invented.mixed, Invented.rare, Invented.common, Invented.two_words, Invented.other_edition),
    *(Invented.normalised, Invented.edition_and_time, Invented.deep_page, Invented.older_page),
    Invented.board,
)
