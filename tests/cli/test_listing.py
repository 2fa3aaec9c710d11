"""Choice among listed items: by state and by words."""

from __future__ import annotations

from tests.client.messages import item
from ticker.cli.listing import chosen, state_of, time_of, was_out
from ticker.client import Item

LIVE = Item.read(item("a", headline="Ferry runs aground", speaker="Harbour master"))
LATER = Item.read(
    item("b", headline="Polls close", state="scheduled", embargo_until="2027-01-01T18:00:00.000Z")
)
GONE = Item.read(item("c", headline="Ferry sinks", state="retracted", note="wrong FERRY"))
ALL = [LIVE, LATER, GONE]


def test_states_and_times() -> None:
    assert [state_of(one) for one in ALL] == ["live", "scheduled", "retracted"]
    assert time_of(LATER) == "2027-01-01T18:00:00.000Z"
    assert time_of(LIVE) == LIVE.published_at
    assert [was_out(one) for one in ALL] == [True, False, True]


def test_items_are_chosen_by_state_and_words() -> None:
    assert chosen(ALL, [], None) == ALL
    assert chosen(ALL, ["scheduled", "live"], None) == [LIVE, LATER]
    assert chosen(ALL, [], "ferry") == [LIVE, GONE]
    assert chosen(ALL, [], "HARBOUR \uff26erry") == [LIVE]
    assert chosen(ALL, ["retracted"], "polls") == []
