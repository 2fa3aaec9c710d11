"""News as editors write it: the invented stories of ``ticker up --demo``, with all fields."""

from __future__ import annotations

from datetime import UTC, datetime

from benchmarks.payload import Events
from ticker.domain.cursor import StreamId
from ticker.domain.event import WireEvent
from ticker.domain.item import Item
from ticker.runtime.demo_stories import STORIES

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_SCATTER = 0x9E3779B97F4A7C15
"""Odd constant of Fibonacci hashing: neighbouring numbers get ids that share no end."""

_STEP = 7
"""Developments of one story do not follow each other."""


class News(Events):
    """Items of ``edition``, each with text, id and times of its own; a message is 630 bytes."""

    def __init__(self, edition: str = "en") -> None:
        super().__init__()
        self._edition = edition
        self._texts = [
            (story, texts[edition])
            for story in STORIES
            for texts in (story.headlines, *story.developments)
            if edition in texts
        ]

    def record(self, id: StreamId) -> bytes:
        """Return the lane entry's field ``e``."""
        story, headline = self._texts[id.seq * _STEP % len(self._texts)]
        moment = datetime.fromtimestamp(id.ms / 1000 + id.seq % 86_400, UTC)
        when = f"{moment:%Y-%m-%dT%H:%M:%S}.{id.seq % 1000:03}Z"
        scattered = id.seq * _SCATTER % 2**64
        item = Item(
            id="01k9zq4m2v7x8" + "".join(_DIGITS[scattered >> 5 * n & 31] for n in range(13)),
            version=1,
            level=story.level,
            edition=self._edition,
            language=self._edition,
            dir="rtl" if self._edition == "ar" else "ltr",
            headline=headline.replace("{n}", str(2 + id.seq % 58)),
            summary=story.summary.get(self._edition),
            speaker=story.speaker.get(self._edition),
            verification=story.verification,
            sections=list(story.sections),
            regions=list(story.regions),
            tags=list(story.tags),
            story=story.name,
            published_at=when,
            updated_at=when,
        )
        found: bytes = WireEvent("publish", item, when, "").lane_record()[b"e"]
        return found
