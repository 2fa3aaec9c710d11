"""Notes for tests: invented news in three scripts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ticker.domain.item import Level
from ticker.push.model.note import Note

_LINE = "أعلنت بلدية مرسى النور إعادة فتح الجسر القديم بعد انتهاء أعمال الترميم "
ARABIC = (_LINE * 8)[:280]
"""280 characters, most of them two bytes."""
CLUSTERS = "👩🏽‍🚒👨‍👩‍👧‍👦🇳🇴é"
"""Four signs of one cluster each: joined, joined, a flag, a combining accent."""


NOTE = Note(
    kind="alert",
    item="01kb3q5v6w8x9y0z1a2b3c4d5e",
    version=1,
    edition="en",
    level=Level.urgent,
    language="en",
    dir="ltr",
    title="The Harbour Post",
    body="Ferries between Lindholm and Saltreef resume",
    url="https://harbour.example/item/01kb3q5v6w8x9y0z1a2b3c4d5e",
    collapse="c" * 32,
    thread="ferries",
    ttl=1_800,
    published_ms=1_764_000_000_000,
)


def note(**fields: Any) -> Note:
    return replace(NOTE, **fields)
