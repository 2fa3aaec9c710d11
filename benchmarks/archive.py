"""Measures how fast the archive takes items, and how fast it finds them.

    python -m benchmarks.archive --items 1000000 --url sqlite:/tmp/archive.sqlite3
    python -m benchmarks.archive --items 0 --url …        searches alone, in an archive made before
    python -m benchmarks.archive --items 60000 --worker   the worker's whole way, from a real lane

Items are invented: words of three alphabets, as frequent as words are (Zipf), a headline of 6 to 12
and for most a summary of 15 to 40. They take the whole way from the lane's record: read, compare,
index, in transactions of 500. With ``--worker`` they also come from a lane in Valkey, and the
worker's own steps copy them. Searches are of several kinds (``KINDS``), each a page of 20. Mixed
ones are of one to three words drawn as those of the items, phrases that occur, beginnings,
exclusions, facets and dates.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import psycopg

from benchmarks.invented_archive import BEGAN_MS, GAP_MS, KINDS, Asked, Invented
from tests.support.redis_servers import RedisServer
from ticker.archive import open as archives
from ticker.archive.changes import changes
from ticker.archive.place import Place
from ticker.archive.query import parse
from ticker.archive.store import ArchiveReader, ArchiveWriter
from ticker.domain.cursor import Cursor
from ticker.domain.event import read_lane
from ticker.domain.taxonomy import Taxonomy
from ticker.storage.connection import connect
from ticker.storage.keys import Keys
from ticker.stream.lane_store import LaneStore
from workers.archive import BATCH, ArchiveCopy

PAGE = 21
"""Items of a page, and one that says whether there are more."""
APPLICATION = "ticker-benchmark"
NAMED = f"application_name={APPLICATION}"
LANE = 20_000
"""Entries that the lane of ``--worker`` gets at once."""
EPOCH = 7
TAXONOMY = Taxonomy()


class Spent(NamedTuple):
    """Time on the clock and of the processor, in seconds. On a busy machine they differ."""

    seconds: float
    cpu: float


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


async def follow(url: str, invented: Invented, count: int) -> Spent:
    """Copy ``count`` items as the worker does, from a lane in Valkey; filling it is not counted."""
    server = RedisServer("valkey", append=False)
    redis, keys = connect(server.url), Keys("benchmark")
    lane, writer = LaneStore(redis, keys), archives.writer(url)
    copy = ArchiveCopy(lane, writer, verify_every=3.0)
    seconds = cpu = 0.0
    try:
        server.start()
        await lane.open()
        await copy.step()  # the archive may be of another lane: that comparison is not counted
        for start in range(0, count, LANE):
            pipe = redis.pipeline(transaction=False)
            for number in range(start, min(start + LANE, count)):
                [(field, value)] = invented.record(number)[1].items()
                pipe.xadd(keys.live, {field: value})
            await pipe.execute()
            _, _, top = await lane.open()
            began, began_cpu = time.perf_counter(), time.process_time()
            position = (await writer.position()).cursor
            while position is None or position.id < top:
                await copy.step()
                position = (await writer.position()).cursor
            seconds += time.perf_counter() - began
            cpu += time.process_time() - began_cpu
    finally:
        await lane.aclose()
        await redis.aclose()
        await writer.aclose()
        server.stop()
    return Spent(seconds, cpu)


class Processor:
    """Time of the processor, of this process and of PostgreSQL's on this machine."""

    def __init__(self, url: str) -> None:
        self._files: list[Path] = []
        if not url.startswith(archives.SQLITE):
            with psycopg.connect(url) as connection:
                asked = connection.execute(
                    "SELECT pid FROM pg_stat_activity WHERE application_name = %s", [APPLICATION]
                )
                self._files = [Path(f"/proc/{pid}/schedstat") for (pid,) in asked]

    def seconds(self) -> float:
        """Return what has been used so far."""
        used = sum(int(file.read_text().split()[0]) for file in self._files)
        return time.process_time() + used / 1e9


async def ask(reader: ArchiveReader, asked: Asked, processor: Processor) -> tuple[Spent, bool]:
    """Return what a question took, and whether something was found."""
    query = parse(asked.text, TAXONOMY)
    before = None if asked.before_ms is None else Place(asked.before_ms, "")
    began_cpu, began = processor.seconds(), time.perf_counter()
    if asked.board and asked.before_ms is not None:
        found = await reader.board(asked.before_ms, query, PAGE)
    else:
        found = await reader.find(query, before, PAGE)
    seconds = time.perf_counter() - began
    return Spent(seconds, processor.seconds() - began_cpu), bool(found)


async def questions(
    reader: ArchiveReader,
    chosen: Invented,
    kind: Callable[[Invented], Asked],
    count: int,
    processor: Processor,
) -> dict[str, float]:
    """Ask ``count`` questions of a kind, and return what was measured."""
    spent: list[Spent] = []
    found = 0
    for _ in range(count):
        took, has_results = await ask(reader, kind(chosen), processor)
        spent.append(took)
        found += has_results
    result: dict[str, float] = {"asked": count, "with_results": found}
    seconds = sorted(one.seconds for one in spent)
    cpu = sorted(one.cpu for one in spent)
    for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0)):
        place = min(count - 1, int(share * count))
        result[f"{name}_ms"] = round(1000 * seconds[place], 2)
        result[f"{name}_cpu_ms"] = round(1000 * cpu[place], 2)
    return result


async def run(given: argparse.Namespace) -> dict[str, object]:
    """Return what was measured."""
    url, items, seed = given.url, given.items, given.seed
    invented = Invented(seed)
    result: dict[str, object] = {"url": url.partition(":")[0], "items": items}
    if items:
        if given.worker:
            spent = await follow(url, invented, items)
        else:
            writer = archives.writer(url)
            spent = await index(writer, invented, items)
            await writer.aclose()
        result |= {
            "index_seconds": round(spent.seconds, 1),
            "items_per_second": round(items / spent.seconds),
            "items_per_cpu_second": round(items / spent.cpu),
        }
    if given.searches:
        named = "&" if "?" in url else "?"
        question = url if url.startswith(archives.SQLITE) else f"{url}{named}{NAMED}"
        reader = archives.reader(question)
        await reader.position()
        processor = Processor(url)
        for kind in KINDS:
            if not given.kinds or kind.__name__ in given.kinds:
                chosen = Invented(seed)
                chosen.random.seed(seed + 1)
                result[kind.__name__] = await questions(
                    reader, chosen, kind, given.searches, processor
                )
        await reader.aclose()
    return result


def main() -> None:
    """Measure, and print the result as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.archive")
    parser.add_argument("--url", default="sqlite:/tmp/ticker-archive.sqlite3")
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--searches", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--worker", action="store_true", help="copy a lane in Valkey")
    parser.add_argument("--kinds", nargs="*", choices=[kind.__name__ for kind in KINDS])
    print(json.dumps(asyncio.run(run(parser.parse_args()))))


if __name__ == "__main__":
    main()
