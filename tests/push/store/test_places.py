"""Promises kept: whoever stays in a topic stays in its shard.

Each test says what once broke it, as it was then.
"""

from __future__ import annotations

from ticker.domain.item import Level
from ticker.push.model.subscription import Subscription, subscription_id
from ticker.push.model.topics import Topic
from ticker.push.store.subscriptions import Shard, Subscriptions
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys


def device(name: str, *sections: str) -> Subscription:
    return Subscription(subscription_id("fcm", name), "fcm", name, "en", sections, Level.urgent, 1)


async def test_who_gives_up_one_section_keeps_its_place_in_the_other(
    redis: Redis, keys: Keys
) -> None:
    """one alert per item, and everybody gets it, with changed interests in mid-send.
    ``push_register.lua`` says that "one that stays where it is must not change its shard", but
    files all of a subscription's topics anew when one of them changes: it moves to any shard with
    room, and a send that is under way misses it or meets it twice.
    """
    subscriptions = Subscriptions(redis, keys, 1_000, shard_max=2)
    names = [f"device-{n}" for n in range(60)]
    for name in names:
        await subscriptions.register(device(name, "sports"))
    mover = device("mover", "politics", "sports")
    await subscriptions.register(mover)
    topic = Topic("en", "sports", Level.urgent)
    before = await where(subscriptions, topic, mover.id)
    for name in names[::2]:  # room in many shards
        await subscriptions.forget("fcm", subscription_id("fcm", name))
    moved = []
    for _ in range(6):
        await subscriptions.register(device("mover", "sports"))
        moved.append(await where(subscriptions, topic, mover.id))
        await subscriptions.register(mover)
        moved.append(await where(subscriptions, topic, mover.id))
    assert set(moved) == {before}


async def where(subscriptions: Subscriptions, topic: Topic, id: str) -> int:
    for shard in await subscriptions.shards("fcm", [topic]):
        page = await subscriptions.page(Shard("fcm", topic, shard.number))
        if any(one.id == id for one in page.subscriptions):
            return shard.number
    raise AssertionError("it is filed nowhere")
