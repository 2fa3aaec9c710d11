"""Several subscriptions: each event once for each of them, and a cursor that is never ahead."""

from __future__ import annotations

from typing import Any

import pytest

from tests.client.messages import cursor, error, event, gone, heartbeat, item, snapshot, welcome
from ticker.client.backoff import Backoff
from ticker.client.connection_state import Stop
from ticker.client.errors import FeedRefused, ProtocolError
from ticker.client.events import ItemEvent, Snapshot
from ticker.client.subscriptions_state import BURST, Events, SubscriptionsState

A, B, C = "section=a&backlog=20", "region=b&backlog=20", "tag=c&backlog=0"


def two(after: str | None = None) -> SubscriptionsState:
    state = SubscriptionsState(after, Backoff(draw=lambda: 1.0))
    state.subscribe("a", {"section": "a"}, 20)
    state.subscribe("b", {"region": "b"}, 20)
    return state


def sub(id: int, at: int, *names: str, **more: Any) -> dict[str, Any]:
    return {**snapshot(at, *(item(name) for name in names)), "sub": id, **more}


def concerning(message: dict[str, Any], *subs: int, left: tuple[int, ...] = ()) -> dict[str, Any]:
    return {**message, "subs": list(subs), **({"left": list(left)} if left else {})}


def started() -> SubscriptionsState:
    """Return the state after the first snapshots of two subscriptions, at 5."""
    state = two()
    assert state.connecting() == [("sub.1", A), ("sub.2", B)]
    state.receive(welcome("snapshot", 5, subs=[1, 2]))
    state.receive(sub(1, 5, "x"))
    state.receive(sub(2, 5))
    return state


def sent(state: SubscriptionsState, now: float = 0.0) -> list[Any]:
    found = []
    while isinstance(message := state.change(now), dict):
        found.append(message)
    return found


def told(events: Events | None) -> dict[str, Any]:
    """Return what each subscription is told: the ids of a snapshot, or the action."""
    return {
        name: [i.id for i in one.items] if isinstance(one, Snapshot) else one.action
        for name, one in (events or {}).items()
    }


def test_the_cursor_moves_after_the_last_snapshot() -> None:
    state = two()
    state.connecting()
    state.receive(welcome("snapshot", 5, subs=[1, 2]))
    assert told(state.receive(sub(1, 5, "x"))) == {"a": ["x"]}
    state.receive(heartbeat(6))
    assert state.cursor is None
    assert state.connecting() == [("sub.1", A), ("sub.2", B)]  # it was lost there
    state.receive(welcome("snapshot", 7, subs=[1, 2]))
    again = state.receive(sub(1, 7, "x", "y"))
    assert again is not None
    assert told(again) == {"a": ["x", "y"]}
    assert isinstance(again["a"], Snapshot)
    assert again["a"].reset
    assert told(state.receive(sub(2, 7, "z"))) == {"b": ["z"]}
    assert state.cursor == cursor(7)
    assert state.connecting() == [("sub.1", A), ("sub.2", B), ("after", cursor(7))]


def test_an_event_tells_each_subscription_once_what_it_means_there() -> None:
    state = started()
    both = state.receive(concerning(event(6), 1, 2))
    assert told(both) == {"a": "publish", "b": "publish"}
    moved = state.receive(concerning(event(7, item("item6", 2), "update"), 1, left=(2,)))
    assert moved is not None
    assert told(moved) == {"a": "update", "b": "expire"}
    left = moved["b"]
    assert isinstance(left, ItemEvent)
    assert (left.removal, left.item.version, left.item.headline) == (True, 2, "")
    assert state.receive(concerning(event(7), 1, 2)) is None  # a repeat
    assert state.receive(concerning(event(8, gone("x"), "retract"), 9)) is None
    assert state.cursor == cursor(8)


def test_one_that_begins_leaves_the_others_undisturbed_and_is_asked_for_until_it_is_there() -> None:
    state = started()
    state.subscribe("c", {"tag": "c", "exclude": {"section": "a"}}, 20)
    asked = {
        "type": "subscribe",
        "id": 3,
        "filter": {"tag": ["c"], "not": {"section": ["a"]}},
        "backlog": 20,
    }
    assert sent(state) == [asked]
    assert told(state.receive(concerning(event(6), 1))) == {"a": "publish"}
    state.receive(welcome("snapshot", 6, subs=[3]))
    # The connection is lost: in its address, it would begin without items.
    assert state.connecting() == [("sub.1", A), ("sub.2", B), ("after", cursor(6))]
    assert sent(state) == []
    state.receive(welcome("live", 6, subs=[1, 2]))
    assert sent(state, 10.0) == [asked]
    state.receive(welcome("snapshot", 8, subs=[3]))
    begun = state.receive(sub(3, 8, "q"))
    assert begun is not None
    assert told(begun) == {"c": ["q"]}
    assert isinstance(begun["c"], Snapshot)
    assert not begun["c"].reset
    assert state.cursor == cursor(8)
    assert told(state.receive(concerning(event(9), 2, 3))) == {"b": "publish", "c": "publish"}


def test_one_without_items_is_live_at_once() -> None:
    state = started()
    state.subscribe("c", {"tag": "c"}, 0)
    sent(state)
    state.receive(welcome("live", 6, subs=[3]))
    assert told(state.receive(concerning(event(7), 3))) == {"c": "publish"}
    assert state.connecting()[2] == ("sub.3", C)


def test_one_that_ends_is_heard_of_no_more_and_its_id_is_free_when_the_server_says_so() -> None:
    state = started()
    state.unsubscribe("a")
    state.unsubscribe("a")
    state.unsubscribe("never")
    state.subscribe("a", {"tag": "c"}, 20)
    ended, begun = sent(state)
    assert ended == {"type": "unsubscribe", "id": 1}
    assert begun["id"] == 3
    assert told(state.receive(concerning(event(6), 1, 2))) == {"b": "publish"}
    state.receive({"type": "unsubscribed", "subs": [1]})
    state.subscribe("d", {}, 20)
    assert sent(state, 5.0)[0]["id"] == 1
    assert state.names == ("b", "a", "d")


def test_one_that_ends_before_its_snapshot_does_not_hold_up_the_others() -> None:
    state = two()
    state.connecting()
    state.receive(welcome("snapshot", 5, subs=[1, 2]))
    state.receive(sub(1, 5, "x"))
    state.unsubscribe("b")
    assert state.receive(sub(2, 5, "z")) is None
    assert state.cursor == cursor(5)
    state.unsubscribe("a")
    assert state.ended


def test_one_that_ends_before_its_snapshot_leaves_its_position_to_one_without_items() -> None:
    state = SubscriptionsState(None, Backoff())
    state.subscribe("b", {"region": "b"}, 20)
    state.subscribe("c", {"tag": "c"}, 0)
    state.connecting()
    state.receive(welcome("snapshot", 5, subs=[1, 2]))
    state.unsubscribe("b")
    assert state.receive(sub(1, 5, "z")) is None
    # Without the position, the next connection would begin there without what was missed.
    assert state.connecting() == [("sub.1", C), ("after", cursor(5))]


def test_pages_belong_to_their_subscription() -> None:
    state = SubscriptionsState(None, Backoff())
    state.subscribe("a", {}, "all")
    state.subscribe("b", {"tag": "c"}, "all")
    state.connecting()
    state.receive(welcome("snapshot", 5, subs=[1, 2]))
    assert state.receive(sub(1, 5, "x", more=True)) is None
    assert told(state.receive({**sub(1, 5, "y"), "type": "page", "more": False})) == {
        "a": ["x", "y"]
    }
    with pytest.raises(ProtocolError, match="page without a snapshot"):
        state.receive({**sub(2, 5, "y"), "type": "page", "more": False})


def test_a_reset_gives_each_its_items_and_only_then_moves_the_cursor() -> None:
    state = SubscriptionsState(cursor(3), Backoff())
    state.subscribe("a", {"section": "a"}, 20)
    state.subscribe("c", {"tag": "c"}, 0)
    assert state.connecting() == [("sub.1", A), ("sub.2", C), ("after", cursor(3))]
    reset = {"reset": True, "reason": "epoch", "subs": [1, 2]}
    state.receive(welcome("snapshot", 1, epoch="e2", **reset))
    first = state.receive({**snapshot(1, epoch="e2"), "sub": 1})
    assert first is not None
    assert isinstance(first["a"], Snapshot)
    assert (first["a"].reset, first["a"].reason) == (True, "epoch")
    assert state.cursor == cursor(3)
    state.receive({**snapshot(1, epoch="e2"), "sub": 2})  # also for one without a backlog
    assert state.cursor == cursor(1, "e2")


def test_a_reset_that_breaks_off_begins_again_from_the_cursor_of_all() -> None:
    """One without items would miss what it gets neither as events nor in a snapshot."""
    state = SubscriptionsState(cursor(5), Backoff(draw=lambda: 1.0))
    state.subscribe("a", {"section": "a"}, 20)
    state.subscribe("c", {"tag": "c"}, 0)
    resumed = [("sub.1", A), ("sub.2", C), ("after", cursor(5))]
    assert state.connecting() == resumed
    for broken in (0, 1):
        state.receive(welcome("snapshot", 9, reset=True, reason="epoch", subs=[1, 2]))
        if broken:
            assert told(state.receive(sub(1, 9, "x"))) == {"a": ["x"]}
        assert state.connecting() == resumed
    state.receive(welcome("snapshot", 9, reset=True, reason="epoch", subs=[1, 2]))
    assert told(state.receive(sub(1, 9, "x"))) == {"a": ["x"]}
    assert told(state.receive(sub(2, 9, "y"))) == {"c": ["y"]}
    assert state.connecting() == [*resumed[:2], ("after", cursor(9))]


def test_only_the_refused_one_ends() -> None:
    state = started()
    state.subscribe("c", {"section": "cooking"}, 20)
    sent(state)
    state.receive({**error("bad_filter", "unknown section"), "sub": 3})
    decision = state.closed(4400)
    assert isinstance(decision, Stop)
    assert isinstance(decision.error, FeedRefused)
    assert decision.error.subscription == "c"
    assert "subscription 'c'" in str(decision.error)
    assert state.names == ("a", "b")
    assert state.connecting()[-1] == ("after", cursor(5))


def test_changes_are_paced() -> None:
    state = started()
    for number in range(14):
        state.subscribe(f"n{number}", {}, 20)
    assert len(sent(state, 100.0)) == BURST
    assert state.change(100.0) == 101.0
    assert len(sent(state, 101.0)) == 1
    assert len(sent(state, 200.0)) == 14 - BURST - 1


@pytest.mark.parametrize(
    ("names", "filter", "said"),
    [
        (16, {}, "at most 16"),
        (3, {"any": [{"tag": "x"}] * 8}, "at most 32"),
        (10, {"tag": "long" * 90}, "too long"),
    ],
    ids=["names", "alternatives", "length"],
)
def test_what_a_connection_has_no_room_for_is_refused_here(
    names: int, filter: Any, said: str
) -> None:
    state = SubscriptionsState(None, Backoff())
    for number in range(names):
        state.subscribe(f"n{number}", filter, 20)
    with pytest.raises(ValueError, match=said):
        state.subscribe("one more", filter, 20)
    with pytest.raises(ValueError, match="already"):
        state.subscribe("n0", {}, 20)
    assert len(state.names) == names


def test_a_snapshot_that_nobody_waits_for_is_an_error() -> None:
    state = started()
    with pytest.raises(ProtocolError, match="does not begin"):
        state.receive(sub(1, 9))
