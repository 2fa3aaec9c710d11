"""A provider that calls all devices gone: through the real senders, nothing is deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.drafts import draft
from tests.support.providers.fcm import Fcm, unregistered
from tests.support.push_newsroom import PushNewsroom
from tests.support.push_senders import ProviderAndSender, fcm
from ticker.domain.item import Level
from ticker.publishing.service import system_clock
from ticker.push.model.gone_watch import RECENT_MS, GoneWatch
from ticker.push.model.subscription import Subscription, subscription_id
from ticker.push.model.verdicts import Outcome, Verdict
from workers.push.fcm import FcmSender
from workers.push.shard import STOPPED_WAIT


async def send(newsroom: PushNewsroom, headline: str) -> dict[str, int]:
    """Publish an alert and send it to the end; return the receipts."""
    item = (await newsroom.items.publish(draft(headline, push=True, level="urgent"), by="ana")).item
    await newsroom.finish(await newsroom.order())
    return await newsroom.receipts(item)


async def register(newsroom: PushNewsroom, count: int) -> None:
    for n in range(count):
        token = f"dKx0aT3rQ8y:APA91bTestTestTestTest_01-{n:04}"
        id = subscription_id("fcm", token)
        await newsroom.subscriptions.register(
            Subscription(id, "fcm", token, "en", (), Level.urgent, 1)
        )


async def test_nothing_is_deleted_until_answers_are_normal_or_confirmed(
    newsroom: PushNewsroom, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with fcm(tmp_path) as there:
        use(newsroom, there)
        await register(newsroom, 60)
        script = there.provider.script
        script.always = unregistered()
        assert await send(newsroom, "One") == {"fcm:alert:held": 60}
        assert await newsroom.subscriptions.count("fcm") == 60
        watch = await suspicion(newsroom)
        assert watch is not None
        assert (watch.answers, watch.gone, watch.held) == (60, 60, 60)
        assert "calls 60 of its last 60 devices gone; none is deleted" in caplog.text

        script.always = None  # the provider is well again, three devices are really gone
        for _ in range(3):
            script.anybody.append(unregistered())
        newsroom.now = lambda: system_clock() + RECENT_MS + 1
        assert await send(newsroom, "Two") == {"fcm:alert:accepted": 57, "fcm:alert:pruned": 3}
        assert await suspicion(newsroom) is None

        script.always = unregistered()
        assert await send(newsroom, "Three") == {"fcm:alert:held": 57}
        assert await newsroom.context.gone.confirm("fcm", newsroom.now()) == 1
        assert await send(newsroom, "Four") == {"fcm:alert:pruned": 57}
        assert await newsroom.subscriptions.count("fcm") == 0


async def suspicion(newsroom: PushNewsroom) -> GoneWatch | None:
    found = (await newsroom.context.gone.all("fcm")).values()
    return next((watch for watch in found if watch.since_ms is not None), None)


def use(newsroom: PushNewsroom, there: ProviderAndSender[FcmSender, Fcm]) -> None:
    newsroom.context.senders = {"fcm": there.sender}


async def test_tokens_that_do_not_fit_are_quarantined_once_it_is_confirmed(
    newsroom: PushNewsroom,
) -> None:
    """After a change of the Web Push key every earlier subscription is refused."""
    await newsroom.register(60)
    newsroom.provider.answer = lambda one: Verdict(Outcome.QUARANTINE, "another key")
    await newsroom.items.publish(draft("One", push=True, level="urgent"), by="ana")
    order = await newsroom.order()
    assert await newsroom.run(order) == [STOPPED_WAIT]
    assert await newsroom.quarantined() == 0
    await newsroom.context.gone.confirm("fcm", newsroom.now())
    await newsroom.providers.resume("fcm")
    assert await newsroom.run(order) == [None]
    assert await newsroom.quarantined() == 60
    assert await newsroom.subscriptions.count("fcm") == 0
