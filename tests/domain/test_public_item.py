"""Items in the lane with a field that cannot be read."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.in_memory import InMemoryNewsroom, at
from ticker.domain.event import LaneEvent, WireEvent, read_lane
from ticker.domain.item import PUBLIC_FIELDS, Item
from ticker.domain.public_item import is_usual, mend


def public(**fields: Any) -> dict[str, Any]:
    item: dict[str, Any] = orjson.loads(InMemoryNewsroom().publish().item)
    return item | fields


def test_a_link_and_media_that_cannot_be_read_are_left_out() -> None:
    good = {"href": "https://example.org/a.jpg", "type": "image/jpeg", "alt": None}
    item = public(link="https://[", media=[{"href": "https://["}, good, 7, {"href": 1}])
    assert mend(item) == ("link", "media")
    assert (item["link"], item["media"]) == (None, [good])
    assert mend(item) == ()


def test_fields_of_a_newer_version_stay() -> None:
    item = public(colour="red")
    assert mend(item) == ()
    assert item["colour"] == "red"


@pytest.mark.parametrize(
    "fields",
    [
        {"headline": 7},
        {"headline": None},
        {"level": "war"},
        {"sections": "politics"},
        {"published_at": "yesterday"},
        {"updated_at": "2026-01-01T00:00:00"},
        {"correction": {"text": "x", "at": "?"}},
        {"correction": "x"},
        {"expires_at": 7},
    ],
)
def test_what_an_item_cannot_be_shown_without_makes_its_entry_unreadable(
    fields: dict[str, Any],
) -> None:
    record = {b"e": orjson.dumps({"action": "publish", "item": public(**fields)})}
    with pytest.raises(ValueError, match=r"validation error|Invalid isoformat|offset"):
        read_lane(at(1), record, 1)


_VALUES = st.one_of(
    *(st.none(), st.booleans(), st.integers(-1, 3), st.floats(allow_nan=False)),
    *(st.sampled_from(["", "ltr", "flash", "war", "usable", "canceled", "confirmed", "x"]),),
    *(st.lists(st.one_of(st.text("ab"), st.none(), st.integers()), max_size=2),),
    st.fixed_dictionaries({"text": st.just("x"), "at": st.just("2026-01-01T00:00:00Z")}),
)


@given(st.dictionaries(st.sampled_from(sorted(PUBLIC_FIELDS - {"link", "media"})), _VALUES))
def test_an_item_that_is_usual_is_valid(fields: dict[str, Any]) -> None:
    item = public(**fields)
    if is_usual(item):
        Item.model_validate(item)


def test_what_editors_write_every_day_is_usual() -> None:
    lists = {"sections": ["politics"], "regions": ["gulf"], "tags": ["storm"], "story": "storm-1"}
    texts = {"summary": "More soon", "speaker": "Harbour master", "source": "Port"}
    times = {"expires_at": "2026-01-01T00:00:00.000Z", "pinned": True}
    assert is_usual(public(level="flash", dir="rtl", **lists, **texts, **times))
    assert not is_usual(public(correction={"text": "x", "at": "2026-01-01T00:00:00Z"}))


@pytest.mark.parametrize("name", sorted(PUBLIC_FIELDS - {"link", "media", "replaces"}))
def test_an_item_without_one_of_its_fields_is_not_usual(name: str) -> None:
    item = public()
    del item[name]
    nullable = {"summary", "speaker", "source", "story", "expires_at", "correction"}
    assert is_usual(item) == (name in nullable)


@pytest.mark.parametrize(
    "body",
    [7, [], {"action": "publish", "item": 7}, {"action": "publish", "item": []}, {}, None],
)
def test_records_of_the_wrong_shape_are_unreadable(body: object) -> None:
    record = {b"e": orjson.dumps(body)}
    with pytest.raises(ValueError, match="Error: "):
        read_lane(at(1), record, 1)
    with pytest.raises(ValueError, match="Error: "):
        WireEvent.read(record)


def test_a_lane_event_says_what_was_left_out() -> None:
    item = public(link="https://[")
    record = {b"e": orjson.dumps({"action": "publish", "item": item})}
    entry = read_lane(at(1), record, 1)
    assert isinstance(entry, LaneEvent)
    assert entry.mended == ("link",)
    assert b"https://[" not in entry.message


def test_a_stored_item_can_be_read_without_them() -> None:
    item = Item.model_validate(public(link="https://[", media=[{"href": "x"}]))
    assert (item.link, item.media) == (None, [])
