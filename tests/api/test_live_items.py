"""Live items come from memory; the store is asked only about items that are not live."""

from __future__ import annotations

import pytest

from tests.support.in_memory import InMemoryNewsroom
from tests.support.newsroom import FakeGateway
from ticker.api.live_items import UNKNOWN, LiveItems
from ticker.domain.errors import Gone, NotFound, Unavailable
from ticker.domain.item import Item

RETRACTED = "the item was retracted"
ID = "01kav9ft010000000000000000"


class FakeItems:
    """Stored items by id; counts the lookups."""

    def __init__(self, *items: Item) -> None:
        self.items = {item.id: item for item in items}
        self.lookups = 0

    async def get(self, id: str) -> Item:
        self.lookups += 1
        if id not in self.items:
            raise NotFound("unknown in the store")
        return self.items[id]


async def test_a_live_item_needs_no_lookup() -> None:
    news, gateway, store = InMemoryNewsroom(), FakeGateway(), FakeItems()
    event = news.publish()
    gateway.lane.advance(event)
    live_items = LiveItems(gateway, store)
    assert event.item_id in live_items
    assert await live_items.item(event.item_id) is event
    assert store.lookups == 0


async def test_before_the_lane_is_loaded_nothing_is_live() -> None:
    news, gateway = InMemoryNewsroom(), FakeGateway(ready=False)
    event = news.publish()
    gateway.lane.advance(event)
    live_items = LiveItems(gateway, FakeItems())
    assert event.item_id not in live_items
    with pytest.raises(Unavailable):
        live_items.lane()
    with pytest.raises(Unavailable):
        await live_items.item(event.item_id)


@pytest.mark.parametrize("id", ["", "none", ID.upper(), ID + "0"])
async def test_a_malformed_id_is_not_looked_up(id: str) -> None:
    store = FakeItems()
    with pytest.raises(NotFound, match=UNKNOWN):
        await LiveItems(FakeGateway(), store).item(id)
    assert store.lookups == 0


async def test_the_error_for_an_item_that_is_not_live_reveals_nothing_unpublished() -> None:
    news = InMemoryNewsroom()
    published = news.items[news.publish().item_id]
    expected: list[tuple[dict[str, object], type[NotFound | Gone], str]] = [
        ({"state": "retracted"}, Gone, RETRACTED),
        ({"state": "expired"}, NotFound, "the item has expired"),
        ({"state": "live"}, NotFound, UNKNOWN),
        ({"state": "retracted", "test": True}, NotFound, UNKNOWN),
        ({"state": "draft"}, NotFound, UNKNOWN),
        ({"state": "retracted", "authors": ["ana"]}, NotFound, UNKNOWN),
        ({"state": "retracted", "embargo_until": "2031-01-01T00:00:00.000Z"}, NotFound, UNKNOWN),
        ({"state": "retracted", "authors": ["ana"], "approved_by": "ben"}, Gone, RETRACTED),
        ({"state": "scheduled", "embargo_until": "2031-01-01T00:00:00.000Z"}, NotFound, UNKNOWN),
    ]
    for changes, error, detail in expected:
        live_items = LiveItems(FakeGateway(), FakeItems(published.model_copy(update=changes)))
        with pytest.raises(error) as raised:
            await live_items.item(published.id)
        assert raised.value.detail == detail, changes
    with pytest.raises(NotFound, match=UNKNOWN):
        await LiveItems(FakeGateway(), FakeItems()).item(ID)


async def test_an_item_that_is_out_and_not_read_yet_is_read() -> None:
    news, gateway = InMemoryNewsroom(), FakeGateway()
    event = news.publish()
    looks: list[int] = []

    def look() -> None:
        looks.append(1)
        gateway.lane.advance(event)

    gateway.on_look = look
    live_items = LiveItems(gateway, FakeItems(news.items[event.item_id]))
    assert await live_items.item(event.item_id) is event
    with pytest.raises(NotFound):
        await live_items.item("0" * 26)
    assert looks == [1], "nobody looks for an item that is not out"


@pytest.mark.parametrize("state", ["retracted", "expired"])
async def test_nobody_looks_for_an_item_that_has_ended(state: str) -> None:
    news, gateway = InMemoryNewsroom(), FakeGateway()
    ended = news.items[news.publish().item_id].model_copy(update={"state": state})
    looks: list[int] = []
    gateway.on_look = lambda: looks.append(1)
    with pytest.raises((Gone, NotFound)):
        await LiveItems(gateway, FakeItems(ended)).item(ended.id)
    assert looks == []
