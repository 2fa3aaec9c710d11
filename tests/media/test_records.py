"""Records of pictures in a real store: states, bounds, and who may delete what."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ticker.domain.errors import Conflict, Gone, NotFound, StorageFull, Unavailable
from ticker.domain.renditions import Renditions
from ticker.media.records import MediaRecords, Picture
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

RENDITIONS = Renditions(width=320, height=180, widths=[320], formats=["jpg"], color="#000000")
AT = "2026-11-23T18:30:00Z"
FAR = 1 << 50


def picture(number: int = 1, size: int = 1_000) -> Picture:
    return Picture(f"{number:032x}", "A quay", "Jane", RENDITIONS, size, AT, "desk")


@pytest.fixture
def records(redis: Redis, keys: Keys) -> MediaRecords:
    return MediaRecords(redis, keys, bytes_max=3_000, unused_ms=60_000, pictures_max=3)


async def stored(records: MediaRecords, *pictures: Picture) -> None:
    for one in pictures:
        await records.reserve(one)
        assert await records.finish(one.id)


async def test_a_picture_from_reservation_to_removal(records: MediaRecords) -> None:
    one = picture()
    await records.reserve(one)
    with pytest.raises(NotFound):
        await records.get(one.id)
    assert await records.use(one.id) is None
    assert await records.finish(one.id)
    assert await records.get(one.id) == one
    assert await records.use(one.id) == replace(one, used=True)
    assert (await records.get(one.id)).used
    assert await records.totals() == (1, 1_000)
    assert await records.remove(one.id, "chief", 0)
    assert not await records.remove(one.id, "chief", 0)
    assert await records.totals() == (0, 0)
    with pytest.raises(Gone, match="was removed at 1970"):
        await records.get(one.id)
    with pytest.raises(Conflict, match="cannot be uploaded again"):
        await records.find(one.id)
    with pytest.raises(Conflict, match="cannot be uploaded again"):
        await records.reserve(one)
    await records.cleaned(one.id)
    assert await records.due(FAR) == []
    with pytest.raises(Gone):
        await records.get(one.id)
    for unknown in ("0" * 32, "x"):
        with pytest.raises(NotFound):
            await records.remove(unknown, "chief", 0)


async def test_ids_are_equal_for_equal_content_and_cannot_be_guessed(
    records: MediaRecords, redis: Redis, keys: Keys
) -> None:
    again = MediaRecords(redis, keys, 1, 1)
    other = MediaRecords(redis, Keys("other"), 1, 1)
    found = await asyncio.gather(*(one.id_of(b"content") for one in (records, again, other)))
    assert found[0] == found[1] != found[2]
    assert await records.id_of(b"content ") != found[0]
    assert len(found[0]) == 32


async def test_the_room_is_bounded_and_given_back(records: MediaRecords) -> None:
    await stored(records, picture(1), picture(2))
    await records.reserve(picture(3))
    await records.reserve(picture(3))  # again: an upload that was cut
    assert await records.totals() == (2, 3_000)
    with pytest.raises(StorageFull, match="media_bytes_max"):
        await records.reserve(picture(4))
    await records.remove(picture(1).id, "chief", 0)
    await records.reserve(picture(4))
    with pytest.raises(StorageFull):
        await records.reserve(picture(5, size=10_000))
    await records.finish(picture(3).id)
    await records.finish(picture(4).id)
    with pytest.raises(StorageFull, match="there are 3 pictures"):
        await records.reserve(picture(6, size=0))


async def test_unused_and_cut_pictures_are_cleaned_by_one_process(redis: Redis, keys: Keys) -> None:
    records = MediaRecords(redis, keys, bytes_max=10_000, unused_ms=0)
    await stored(records, picture(1), picture(2))
    await records.reserve(picture(3))
    await records.use(picture(2).id)
    due = await records.due(FAR)
    assert due == [picture(1).id, picture(3).id]
    wanted = [*due, *due, picture(2).id]
    claims = await asyncio.gather(*(records.claim(id) for id in wanted))
    # Each has a connection of its own: any of them may be the first.
    assert sorted(id for id, done in zip(wanted, claims, strict=True) if done) == sorted(due)
    assert await records.use(picture(1).id) is None  # its files are being deleted
    with pytest.raises(Unavailable, match="being deleted"):
        await records.reserve(picture(1))
    assert not await records.finish(picture(3).id)
    for id in due:
        await records.cleaned(id)
    assert await records.totals() == (1, 1_000)
    assert await records.find(picture(1).id) is None
    await records.cleaned(picture(2).id)  # in use: nothing happens
    await stored(records, picture(1))


async def test_the_newest_come_first_and_in_pages(redis: Redis, keys: Keys) -> None:
    records = MediaRecords(redis, keys, bytes_max=10_000, unused_ms=60_000)
    await stored(records, *(picture(n) for n in range(1, 6)))
    for n in range(1, 6):  # all in one millisecond, perhaps
        await command(redis, "ZADD", keys.media, n, picture(n).id)
    newest = await records.newest(2)
    assert [one.id for one in newest] == [picture(5).id, picture(4).id]
    after = await records.newest(9, newest[-1].id)
    assert [one.id for one in after] == [picture(n).id for n in (3, 2, 1)]
    with pytest.raises(NotFound):
        await records.newest(2, "x")
    await command(redis, "HSET", keys.media_record(picture(3).id), "doc", "{}")
    assert [one.id for one in await records.newest(9, picture(4).id)] == [
        picture(2).id,
        picture(1).id,
    ]
    with pytest.raises(NotFound, match="can be read"):
        await records.get(picture(3).id)
    assert await records.use(picture(3).id) is None


async def test_texts_change_only_from_what_was_read(records: MediaRecords) -> None:
    one = picture()
    await stored(records, one)
    assert await records.change(one, alt=one.alt, credit=one.credit) == one
    changed = await records.change(one, alt="A ferry", credit="")
    assert (await records.get(one.id)).alt == "A ferry"
    with pytest.raises(Conflict, match="has changed"):
        await records.change(one, alt="Another")
    assert await records.change(changed, alt="Another") == replace(one, alt="Another", credit="")
