"""Browsers at unknown push services: those that never accept a message are deleted."""

from __future__ import annotations

from tests.support.drafts import draft
from tests.support.push_newsroom import PushNewsroom
from ticker.domain.item import Level
from ticker.push.model.subscription import Subscription, subscription_id
from ticker.push.model.verdicts import ACCEPTED, Outcome, Verdict
from ticker.push.store.limits import FAILURES_MAX

FAILED = Verdict(Outcome.DROP, "400")


async def test_a_browser_that_only_fails_is_deleted(newsroom: PushNewsroom) -> None:
    """Three alerts suffice; a browser that accepted one before stays."""
    newsroom.provider.provider = "webpush"
    newsroom.context = newsroom.fresh()
    ids = []
    for n in range(3):
        origin = f"https://push{n}.example"
        id = subscription_id("webpush", f"{origin}/1")
        one = Subscription(
            *(id, "webpush", f"{origin}/1", "en", (), Level.urgent, 1), unknown_host=origin[8:]
        )
        await newsroom.subscriptions.register(one)
        newsroom.provider.origins[id] = origin
        ids.append(id)
    newsroom.provider.untrusted_origins = frozenset(newsroom.provider.origins.values())
    good, once, _bad = ids
    accept = {good, once}
    newsroom.provider.answer = lambda one: ACCEPTED if one.id in accept else FAILED
    for n in range(FAILURES_MAX):
        left = await newsroom.subscriptions.some("webpush", ids)
        assert {one.id for one in left.subscriptions} == set(ids), f"after {n} alerts"
        await newsroom.items.publish(draft(f"Alert {n}", push=True, level="urgent"), by="ana")
        await newsroom.finish(await newsroom.order())
        accept = {good}
    left = await newsroom.subscriptions.some("webpush", ids)
    assert {one.id for one in left.subscriptions} == {good, once}
