"""Duplicates and versions: races have one winner, and everybody is told who."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.drafts import change, draft
from ticker.config import Settings
from ticker.domain.errors import Conflict, Duplicate, Stale, TickerError
from ticker.publishing.attempts import RACES, Committed
from ticker.publishing.service import ItemService
from ticker.publishing.transitions import step
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys


async def test_the_same_line_is_refused_and_named(items: ItemService) -> None:
    first = await items.publish(draft("Minister resigns"), by="ana")
    with pytest.raises(Duplicate) as refused:
        await items.publish(draft("  MINISTER resigns! "), by="ben")
    assert refused.value.existing == first.item.id
    with pytest.raises(Duplicate):
        await items.publish(draft("Minister resigns", level="urgent"), by="ben")
    await items.publish(draft("Minister resigns", edition="es"), by="ben")


async def test_force_sends_it_again(items: ItemService) -> None:
    await items.publish(draft("Minister resigns"), by="ana")
    forced = await items.publish(draft("Minister resigns", force=True), by="ben")
    with pytest.raises(Duplicate) as refused:
        await items.publish(draft("Minister resigns"), by="cem")
    assert refused.value.existing == forced.item.id


async def test_fifty_editors_at_once_make_one_alert(items: ItemService) -> None:
    results = await asyncio.gather(
        *(items.publish(draft("Flood warning"), by=f"editor {n}") for n in range(50)),
        return_exceptions=True,
    )
    [winner] = [r for r in results if isinstance(r, Committed)]
    losers = [r for r in results if isinstance(r, Duplicate)]
    assert len(losers) == 49
    assert {loser.existing for loser in losers} == {winner.item.id}


async def test_what_is_no_longer_out_is_no_duplicate(items: ItemService) -> None:
    one = await items.publish(draft("Airport closed"), by="ana")
    await items.retract(one.item.id, None, by="ana")
    two = await items.publish(draft("Airport closed"), by="ana")
    await items.expire(two.item.id, by="ana")
    three = await items.publish(draft("Airport closed"), by="ana")
    # The first one's claim is long over; retracting it once more frees nothing of the third.
    await items.retract(two.item.id, None, by="ana")
    with pytest.raises(Duplicate) as refused:
        await items.publish(draft("Airport closed"), by="ana")
    assert refused.value.existing == three.item.id


async def test_a_correction_moves_the_claim(items: ItemService) -> None:
    one = await items.publish(draft("Two hurt in fire"), by="ana")
    await items.change(one.item.id, change(headline="Three hurt in fire"), by="ana")
    with pytest.raises(Duplicate):
        await items.publish(draft("Three hurt in fire"), by="ana")
    two = await items.publish(draft("Two hurt in fire"), by="ana")
    # A correction is never refused: it takes the claim only if nobody holds it.
    await items.change(one.item.id, change(headline="Two hurt in fire"), by="ana")
    with pytest.raises(Duplicate) as refused:
        await items.publish(draft("Two hurt in fire"), by="ana")
    assert refused.value.existing == two.item.id


async def test_a_scheduled_line_is_claimed_until_after_its_time(
    items: ItemService, redis: Redis, keys: Keys, settings: Settings
) -> None:
    at = datetime.now(UTC) + timedelta(hours=5)
    await items.publish(draft("Rates unchanged", at=at), by="ana")
    with pytest.raises(Duplicate):
        await items.publish(draft("Rates unchanged"), by="ben")
    [claim] = [name async for name in redis.scan_iter(f"{keys.prefix}content:*")]
    ttl = await redis.ttl(claim)
    assert 5 * 3600 < ttl <= 5 * 3600 + settings.duplicate_window


async def test_the_window_can_be_switched_off(redis: Redis, keys: Keys, settings: Settings) -> None:
    off = settings.model_copy(update={"duplicate_window": 0})
    items = ItemService(redis, keys, off.taxonomy, off)
    await items.publish(draft("Again"), by="ana")
    await items.publish(draft("Again"), by="ana")
    assert [name async for name in redis.scan_iter(f"{keys.prefix}content:*")] == []


async def test_a_stale_if_match_changes_nothing(
    items: ItemService, redis: Redis, keys: Keys
) -> None:
    id = (await items.publish(draft(), by="ana")).item.id
    await items.change(id, change(summary="S"), by="ana", if_match=1)
    for act in (
        items.change(id, change(summary="T"), by="ben", if_match=1),
        items.retract(id, None, by="ben", if_match=1),
        items.pin(id, True, by="ben", if_match=1),
    ):
        with pytest.raises(Stale) as refused:
            await act
        assert refused.value.current == 2
    assert await redis.xlen(keys.wire) == 2
    assert (await items.get(id)).summary == "S"


async def test_of_twenty_with_the_same_if_match_one_wins(items: ItemService) -> None:
    id = (await items.publish(draft(), by="ana")).item.id
    results = await asyncio.gather(
        *(items.change(id, change(summary=f"S{n}"), by="ana", if_match=1) for n in range(20)),
        return_exceptions=True,
    )
    assert sum(isinstance(r, Committed) for r in results) == 1
    assert sum(isinstance(r, Stale) for r in results) == 19
    assert (await items.get(id)).version == 2


async def test_without_if_match_a_lost_race_is_run_again(items: ItemService) -> None:
    id = (await items.publish(draft(), by="ana")).item.id
    results = await asyncio.gather(
        *(items.change(id, change(summary=f"S{n}"), by="ana") for n in range(4)),
    )
    assert sorted(r.item.version for r in results) == [2, 3, 4, 5]


async def test_races_are_bounded(items: ItemService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else is faster each time: give up with 503 and not spin."""
    id = (await items.publish(draft(), by="ana")).item.id
    reads = 0
    original = items.read_for_change

    async def overtaken(id: str, request: object) -> object:
        nonlocal reads
        reads += 1
        found = await original(id, request)  # type: ignore[arg-type]
        monkeypatch.setattr(items, "read_for_change", original)
        await items.change(id, change(summary=f"faster {reads}"), by="ben")
        monkeypatch.setattr(items, "read_for_change", overtaken)
        return found

    monkeypatch.setattr(items, "read_for_change", overtaken)
    with pytest.raises(TickerError) as refused:
        await items.change(id, change(summary="mine"), by="ana")
    assert refused.value.status == 503
    assert reads == RACES


async def test_versions_are_bounded(items: ItemService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "VERSIONS_MAX", 3)
    id = (await items.publish(draft(), by="ana")).item.id
    await items.change(id, change(summary="2"), by="ana")
    await items.pin(id, True, by="ana")
    with pytest.raises(Conflict):
        await items.change(id, change(summary="4"), by="ana")
    await items.pin(id, False, by="ana")
    with pytest.raises(Conflict):
        await items.pin(id, True, by="ana")
    assert (await items.retract(id, None, by="ana")).item.version == 5
