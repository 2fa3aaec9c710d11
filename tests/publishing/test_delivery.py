"""The wait of an answer until the events of a change are in the lane."""

from __future__ import annotations

import pytest

from tests.support.drafts import draft
from ticker.publishing import delivery
from ticker.publishing.delivery import wait_for_lane
from ticker.publishing.service import ItemService
from ticker.stream.lane_store import LaneStore


async def test_a_commit_says_whether_its_event_is_in_the_lane(
    items: ItemService, live: LaneStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "DELIVERY_WAIT", 0.05)
    line = draft()
    lost = await items.publish(line, by="ana", key="k")
    assert not lost.delivered, "there is no lane: nobody has opened it"
    assert await wait_for_lane(items, lost) == [False]
    await live.open()
    await live.carry(10)
    again = await items.publish(line, by="ana", key="k")
    assert (again.repeated, again.delivered) == (True, True)
    assert await wait_for_lane(items, lost) == [True]
    assert (await items.publish(draft(), by="ana")).delivered, "the commit carries its own"
    later = await items.publish(draft(test=True), by="ana")
    assert await wait_for_lane(items, later, lost) == [None, True]
