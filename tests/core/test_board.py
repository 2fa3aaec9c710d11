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
STORIES = ("ferries", "tides", None)


@given(acts)
def test_order_is_pinned_then_newest(script: list[tuple[str, int]]) -> None:
    board, news = Board(), Newsroom()
    shown: dict[str, LaneEvent] = {}
    for act, number in script:
        alive = sorted(shown)
        if act == "publish" or not alive:
            event = news.publish(story=STORIES[number % 3])
        else:
            id = alive[number % len(alive)]
            if act == "change":
                event = news.change(id, headline=f"Words {number}", story=STORIES[number % 3])
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
    for story in ("ferries", "tides", "never"):
        walked = [e for e in shown.values() if e.facets is not None and story in e.facets.stories]
        assert board.story(story) == sorted(walked, key=lambda e: (e.published_ms, e.item_id))
    for event in shown.values():
        board.apply(news.retract(event.item_id))
    assert not any(vars(board).values())
