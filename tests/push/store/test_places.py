"""A subscription that stays in a topic stays in its shard. Regression tests."""

from __future__ import annotations

from ticker.domain.item import Level
from ticker.push.model.subscription import Subscription, subscription_id
from ticker.push.model.topics import Topic
from ticker.push.store.subscriptions import Subscriptions
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys


def device(name: str, *sections: str) -> Subscription:
    return Subscription(subscription_id("fcm", name), "fcm", name, "en", sections, Level.urgent, 1)


async def test_a_device_that_drops_a_section_keeps_its_shard_in_the_other(
    redis: Redis, keys: Keys
) -> None:
    """A device that moved to another shard with room would be missed, or sent to twice, by a send
    that is in progress.
    """
    subscriptions = Subscriptions(redis, keys, 1_000, shard_max=2)
    names = [f"device-{n}" for n in range(60)]
    for name in names:
        await subscriptions.register(device(name, "sports"))
    mover = device("mover", "politics", "sports")
    await subscriptions.register(mover)
    topic = Topic("en", "sports", Level.urgent)

    async def shard_of_mover() -> int:
        for shard in await subscriptions.shards("fcm", [topic]):
            if await redis.zscore(keys.push_shard(str(shard)), mover.id) is not None:
                return shard.number
        raise AssertionError("it is in no shard")

    before = await shard_of_mover()
    for name in names[::2]:  # room in many shards
        await subscriptions.forget("fcm", subscription_id("fcm", name))
    moved = []
    for _ in range(6):
        await subscriptions.register(device("mover", "sports"))
        moved.append(await shard_of_mover())
        await subscriptions.register(mover)
        moved.append(await shard_of_mover())
    assert set(moved) == {before}
