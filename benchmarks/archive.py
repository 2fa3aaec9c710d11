"""Measures how fast the archive takes items, and how fast it finds them.

    python -m benchmarks.archive --items 1000000 --url sqlite:/tmp/archive.sqlite3
    python -m benchmarks.archive --items 0 --url …        searches alone, in an archive made before

Items are invented: words of three alphabets, as frequent as words are (Zipf), a headline of 6 to 12
and for most a summary of 15 to 40. They take the whole way from the lane's record: read, compare,
index, in transactions of 500. Searches are of one to three words drawn in the same way, phrases
that occur, beginnings, exclusions, facets and dates, each the first page of 20.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from bisect import bisect
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

import orjson

from ticker.archive import open as archives
from ticker.archive.changes import changes
from ticker.archive.query import Query, parse
from ticker.archive.store import ArchiveReader, ArchiveWriter
from ticker.domain.clock import new_id, rfc3339
from ticker.domain.cursor import Cursor, StreamId
from ticker.domain.event import read_lane
from ticker.domain.taxonomy import Taxonomy
from workers.archive import BATCH

WORDS = 50_000
EPOCH = 7
BEGAN_MS = 1_700_000_000_000
GAP_MS = 30_000
"""Between two items: a million are a year."""
SECTIONS = ("politics", "economy", "sports", "health", "technology")
LETTERS = {
    "en": "abcdefghilmnoprstuvw",
    "es": "abcdefghilmnñopqrstuvíóá",
    "ar": "ابتثجحخدرزسشصطعفقكلمنهوي",
}
TAXONOMY = Taxonomy()


class Spent(NamedTuple):
    """Time on the clock and of the processor, in seconds. On a busy machine they differ."""

    seconds: float
    cpu: float


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

    def search(self) -> str:
        """Return the text of a search."""
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
        return text


async def index(writer: ArchiveWriter, invented: Invented, count: int) -> Spent:
    """Copy ``count`` invented items into the archive; making the records is not counted."""
    before = (await writer.position()).cursor
    first = 0 if before is None else (before.id.ms - BEGAN_MS) // GAP_MS + 1
    seconds = cpu = 0.0
    for start in range(first, first + count, BATCH):
        records = [
            invented.record(number) for number in range(start, min(start + BATCH, first + count))
        ]
        began, began_cpu = time.perf_counter(), time.process_time()
        entries = [read_lane(id, record, EPOCH) for id, record in records]
        after = Cursor(EPOCH, records[-1][0])
        assert await writer.apply(before, list(changes(entries)), after, 0)
        seconds += time.perf_counter() - began
        cpu += time.process_time() - began_cpu
        before = after
    return Spent(seconds, cpu)


async def search(reader: ArchiveReader, queries: Iterator[Query]) -> tuple[list[Spent], int]:
    """Return what each search took, and how many found something."""
    spent: list[Spent] = []
    found = 0
    for query in queries:
        began, began_cpu = time.perf_counter(), time.process_time()
        found += bool(await reader.find(query, None, 21))
        spent.append(Spent(time.perf_counter() - began, time.process_time() - began_cpu))
    return spent, found


async def run(url: str, items: int, searches: int, seed: int) -> dict[str, object]:
    """Return what was measured."""
    invented = Invented(seed)
    result: dict[str, object] = {"url": url.partition(":")[0], "items": items}
    if items:
        writer = archives.writer(url)
        spent = await index(writer, invented, items)
        result |= {
            "index_seconds": round(spent.seconds, 1),
            "items_per_second": round(items / spent.seconds),
            "items_per_cpu_second": round(items / spent.cpu),
        }
        await writer.aclose()
    if searches:
        chosen = Invented(seed)
        chosen.random.seed(seed + 1)
        reader = archives.reader(url)
        await reader.position()
        each, found = await search(
            reader, (parse(chosen.search(), TAXONOMY) for _ in range(searches))
        )
        await reader.aclose()
        result |= {"searches": searches, "with_results": found}
        seconds = sorted(one.seconds for one in each)
        cpu = sorted(one.cpu for one in each)
        for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0)):
            place = min(searches - 1, int(share * searches))
            result[f"{name}_ms"] = round(1000 * seconds[place], 2)
            result[f"{name}_cpu_ms"] = round(1000 * cpu[place], 2)
    return result


def main() -> None:
    """Measure, and print the result as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.archive")
    parser.add_argument("--url", default="sqlite:/tmp/ticker-archive.sqlite3")
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--searches", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    print(json.dumps(asyncio.run(run(given.url, given.items, given.searches, given.seed))))


if __name__ == "__main__":
    main()
