"""What feeds say themselves, from the same files as the pages' words: ``ticker/web/words``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import orjson

from ticker.core.outputs.channel import Words

WORDS = Path(__file__).resolve().parent.parent / "web" / "words"
FALLBACK = "en"


def words_of(editions: Iterable[str], root: Path = WORDS) -> Mapping[str, Words]:
    """Return the words of each edition; English for one without a file of its own."""
    return {edition: _read(root, edition) for edition in editions}


def _read(root: Path, edition: str) -> Words:
    path = root / f"{edition}.json"
    found = orjson.loads((path if path.is_file() else root / f"{FALLBACK}.json").read_bytes())
    return Words(found["widget"]["corrected"], found["topics"])
