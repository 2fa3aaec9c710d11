"""Every store of the archive: hostile texts and searches, and a process that is killed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

import orjson
import pytest

from tests.support.archives import TestArchive, query
from tests.support.in_memory import EPOCH, InMemoryNewsroom, at
from ticker.archive.changes import change
from ticker.archive.matching import matches
from ticker.archive.place import Place
from ticker.domain.cursor import Cursor
from ticker.domain.errors import BadFilter

TEXTS = (
    "O'Brien said \"it's\" over",
    "back\\slash 100% _under_ $1 {x} :* & | ! <-> (a)",
    "level1 all @level1 '@all':1",
    "🌊 flood 🚨",
    "مدرسة مُدَرِّسَة مـــدرسة أحمد احمد آحمد إحمد",
    "صلى الله عليه وسلم",
    "محمد \ufdfa وأصحابه",
    "El niño comió piñas en Córdoba",
    "½ cup of ⑴ rice",
    "हिन्दी समाचार",
    "東京で大雨",
    "de la que y el",
    "a b c",
    "x" * 200,
)
SEARCHES = (
    *(
        '"',
        '""',
        "'",
        "''",
        '"it\'s"',
        "O'Brien",
        "o",
        "a",
        "-",
        "*",
        "--a",
        "-*",
        "a -b",
        "🌊",
        "🚨 flood",
    ),
    *(
        "back\\slash",
        "100%",
        "_under_",
        "$1",
        ":*",
        "<->",
        "a & b",
        "a | b",
        "!a",
        "(a)",
        "NOT a",
        "a OR b",
    ),
    *(
        "level1",
        "all",
        "@all",
        "'@all'",
        "@level1",
        "words:flood",
        "facets:all",
        "NEAR(a b)",
        "^flood",
    ),
    *("مدرسة", "مُدرّسة", "مـدرسـة", "احمد", "أحمد", "آحمد", "إحمد", "\ufdfa", "صلى الله", "الله"),
    *(
        "nino",
        "niño",
        "NIÑO",
        "nin\u0303o",
        "comio",
        "piñ*",
        "cordoba",
        "1",
        "1/2",
        "½",
        "⑴",
        "हिन्दी",
        "हिन्द*",
    ),
    *(
        "大雨",
        "東",
        "de la que",
        '"de la"',
        '"la de"',
        "de",
        "x" * 200,
        "x" * 64,
        "y" * 199,
        "from:9998 flood",
        "to:0001",
        "from:0001 flood",
    ),
)


async def test_hostile_searches_find_what_the_comparison_in_memory_finds(
    archive: TestArchive,
) -> None:
    newsroom = InMemoryNewsroom()
    events = [newsroom.publish(text) for text in TEXTS]
    await archive.take(events)
    for text in SEARCHES:
        expected = [
            event.item_id
            for event in reversed(events)
            if event.facets is not None
            and matches(query(text), orjson.loads(event.item), event.facets, event.published_ms)
        ]
        assert await archive.find(text, limit=50) == expected, text


@pytest.mark.parametrize("text", ["x" * 2_000, "a*", "a " * 17, "level:none", "from:never"])
def test_a_search_that_cannot_be_is_refused_before_the_store(text: str) -> None:
    with pytest.raises(BadFilter):
        query(text)


async def test_a_retraction_between_two_pages_moves_nothing(archive: TestArchive) -> None:
    newsroom = InMemoryNewsroom()
    events = []
    for number in range(12):
        newsroom.clock -= number % 3 != 0  # three items a millisecond
        events.append(newsroom.publish(f"Item {number}"))
    await archive.take(events)
    whole = await archive.find("item", limit=50)
    first = await archive.reader.find(query("item"), None, 5)
    gone = {whole[4], whole[6]}  # where the page ends, and one of the next
    await archive.take([newsroom.retract(id) for id in sorted(gone)])
    rest = await archive.find("item", first[-1].place, 50)
    assert [one.id for one in first] + rest == [id for id in whole if id not in gone - {whole[4]}]


async def test_a_place_between_items_of_one_millisecond(archive: TestArchive) -> None:
    newsroom = InMemoryNewsroom()
    events = [newsroom.publish("Item")]
    for _ in range(5):
        newsroom.clock -= 1
        events.append(newsroom.publish("Item"))
    await archive.take(events)
    ms = events[0].published_ms
    ids = sorted((event.item_id for event in events), reverse=True)
    for number, id in enumerate(ids):
        for text in ("", "item"):
            assert await archive.find(text, Place(ms, id)) == ids[number + 1 :]
            assert await archive.find(text, Place(ms, f"{id}~")) == ids[number:]
    assert await archive.find("", Place(ms + 1, "")) == ids
    assert await archive.find("", Place(ms, "")) == []


async def _everything(archive: TestArchive) -> AsyncIterator[str]:
    before = None
    while page := await archive.reader.find(query(""), before, 200):
        before = page[-1].place
        for one in page:
            yield one.id


BATCH = 20
WRITES = """
import asyncio, sys
from tests.support.archives import TestArchive
from tests.support.in_memory import InMemoryNewsroom
from ticker.archive import open as archives

async def main(url):
    newsroom, archive = InMemoryNewsroom(), TestArchive(archives.writer(url), archives.reader(url))
    while True:
        await archive.take(newsroom.publish(f"Item {newsroom.top}") for _ in range(20))
        print(archive.at.id.ms, flush=True)

asyncio.run(main(sys.argv[1]))
"""


async def test_a_writer_that_is_killed_leaves_whole_batches_and_loses_none_that_it_acknowledged(
    archive: TestArchive, archive_url: str
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITES, archive_url, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    said = [int(await process.stdout.readline()) for _ in range(5)]
    process.kill()
    said += map(int, (await process.stdout.read()).split())
    await process.wait()
    position = (await archive.writer.position()).cursor
    assert position is not None
    assert position.id.ms >= said[-1]
    number = position.id.ms - at(0).ms
    assert number % BATCH == 0
    newsroom = InMemoryNewsroom()
    events = [newsroom.publish(f"Item {place}") for place in range(number + BATCH)]
    found = [one async for one in _everything(archive)]
    assert found == [event.item_id for event in reversed(events[:number])]
    after = Cursor(EPOCH, events[-1].id)
    assert await archive.writer.apply(position, [change(one) for one in events[number:]], after, 1)
    assert len([one async for one in _everything(archive)]) == number + BATCH
