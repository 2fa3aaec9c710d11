"""The audience in Redis: fresh reports count, old ones do not."""

from __future__ import annotations

from ticker.domain.audience import Audience
from ticker.readership.audience_store import STALE_SECONDS, AudienceStore
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command


def counts(readers: int) -> Audience:
    return Audience(readers, {"editions": {"en": readers}, "sections": {}, "stories": {}})


async def test_each_process_counts_once_with_its_last_report(redis: Redis, keys: Keys) -> None:
    store = AudienceStore(redis, keys)
    assert await store.total() == (Audience(), 0)
    await store.report("one", counts(5))
    await store.report("one", counts(7))
    await store.report("two", counts(1))
    found, gateways = await store.total()
    assert (found.readers, found.by_name["editions"], gateways) == (8, {"en": 8}, 2)
    assert 0 < await command(redis, "PTTL", keys.audience) <= 60_000
    await store.remove("one")
    assert await store.total() == (counts(1), 1)


async def test_the_report_of_a_process_that_is_gone_does_not_count(
    redis: Redis, keys: Keys
) -> None:
    store = AudienceStore(redis, keys)
    await store.report("one", counts(5))
    report = await command(redis, "HGET", keys.audience, "one")
    seconds, _, body = report.partition(b" ")
    old = b"%d %s" % (int(seconds) - STALE_SECONDS - 1, body)
    await command(redis, "HSET", keys.audience, "gone", old)
    assert await store.total() == (counts(5), 1)
