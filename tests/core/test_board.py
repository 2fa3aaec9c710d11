"""The board against the simplest thing that could be right."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.core.factory import Newsroom
from ticker.core.board import Board
from ticker.core.event import LaneEvent
from ticker.core.filter import EVERYTHING

acts = st.lists(
    st.tuples(st.sampled_from(["publish", "change", "pin", "unpin", "retract"]), st.integers(0, 9)),
    max_size=60,
)


@given(acts)
def test_order_is_pinned_then_newest(script: list[tuple[str, int]]) -> None:
    board, news = Board(), Newsroom()
    shown: dict[str, LaneEvent] = {}
    for act, number in script:
        alive = sorted(shown)
        if act == "publish" or not alive:
            event = news.publish()
        else:
            id = alive[number % len(alive)]
            if act == "change":
                event = news.change(id, headline=f"Words {number}")
            elif act == "retract":
                event = news.retract(id)
            elif news.items[id].pinned == (act == "pin"):
                continue
            else:
                event = news.pin(id, act == "pin")
        board.apply(event)
        if event.facets is None:
            del shown[event.item_id]
        else:
            shown[event.item_id] = event
    expected = sorted(
        shown.values(), key=lambda e: (e.pinned, e.published_ms, e.item_id), reverse=True
    )
    assert board.select(EVERYTHING, 1_000) == expected
    assert board.select(EVERYTHING, 3) == expected[:3]
    assert len(board) == len(shown)
