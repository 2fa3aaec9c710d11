"""The resume state machine: each event once and in order, or a reset."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.client.messages import (
    cursor,
    error,
    event,
    goodbye,
    heartbeat,
    item,
    snapshot,
    welcome,
)
from ticker.client.backoff import LONGEST_ORDER, Backoff
from ticker.client.connection_state import MAX_PROTOCOL_ERRORS, Retry, Stop
from ticker.client.errors import FeedRefused, ProtocolError
from ticker.client.events import ItemEvent, Snapshot
from ticker.client.resume import ResumeState


def resume(after: str | None = None) -> ResumeState:
    return ResumeState((), after, backlog=20, backoff=Backoff(draw=lambda: 1.0))


def started(at: int = 5) -> ResumeState:
    """Return a feed that has had its first snapshot, at ``at``."""
    state = resume()
    state.connecting()
    state.receive(welcome("snapshot", at))
    assert isinstance(state.receive(snapshot(at)), Snapshot)
    return state


def test_a_new_feed_asks_for_a_backlog_and_a_resumed_one_for_what_is_after_its_cursor() -> None:
    state = resume()
    assert state.connecting() == [("backlog", "20")]
    state.receive(welcome("snapshot", 5))
    state.receive(snapshot(5, item("a")))
    assert state.connecting() == [("after", cursor(5)), ("backlog", "20")]


def test_the_first_snapshot_is_no_reset() -> None:
    state = resume()
    state.connecting()
    assert state.receive(welcome("snapshot", 5)) is None
    got = state.receive(snapshot(5, item("a"), item("b")))
    assert isinstance(got, Snapshot)
    assert [one.id for one in got.items] == ["a", "b"]
    assert (got.cursor, got.reset, got.reason) == (cursor(5), False, None)


def test_a_snapshot_in_pages_is_one_snapshot_and_moves_the_cursor_at_its_end() -> None:
    state = ResumeState((), cursor(3), backlog="all", backoff=Backoff(draw=lambda: 1.0))
    pages = [{**snapshot(5, item(name)), "type": "page", "more": name != "c"} for name in "bc"]
    for cut in (True, False):
        assert state.connecting() == [("after", cursor(3)), ("backlog", "all")]
        state.receive(welcome("snapshot", 5, reset=True, reason="expired"))
        assert state.receive({**snapshot(5, item("a")), "more": True}) is None
        assert state.receive(pages[0]) is None
        assert state.cursor == cursor(3)
        if cut:
            continue
        got = state.receive(pages[1])
        assert isinstance(got, Snapshot)
        assert ([one.id for one in got.items], got.reason) == (["a", "b", "c"], "expired")
        assert state.cursor == cursor(5)


def test_a_reset_between_two_pages_begins_a_new_snapshot() -> None:
    state = resume()
    state.connecting()
    state.receive(welcome("snapshot", 5))
    assert state.receive({**snapshot(5, item("a")), "more": True}) is None
    state.receive(welcome("snapshot", 9, reset=True, reason="expired"))
    got = state.receive(snapshot(9, item("b")))
    assert isinstance(got, Snapshot)
    assert ([one.id for one in got.items], got.reset, got.reason) == (["b"], True, "expired")
    assert isinstance(state.receive(event(10)), ItemEvent)


def test_a_page_needs_a_snapshot_before_it() -> None:
    state = resume()
    state.connecting()
    state.receive(welcome("snapshot", 5))
    with pytest.raises(ProtocolError):
        state.receive({**snapshot(5), "type": "page", "more": False})


def test_a_connection_cut_before_the_snapshot_leaves_the_cursor_where_it_was() -> None:
    state = resume(cursor(3))
    state.connecting()
    state.receive(welcome("snapshot", 9, reset=True, reason="expired"))
    state.closed(1006)
    assert state.connecting()[0] == ("after", cursor(3))


def test_events_come_once() -> None:
    state = started(5)
    first = state.receive(event(6))
    assert isinstance(first, ItemEvent)
    assert first.cursor == cursor(6) == state.cursor
    assert state.receive(event(6)) is None
    assert state.receive(event(4)) is None
    assert isinstance(state.receive(event(7)), ItemEvent)


def test_a_replay_does_not_move_the_cursor_past_events_that_are_still_to_come() -> None:
    """A welcome in mode replay names the end of the replay. A client that stored it and lost the
    connection in the middle would never see the rest."""
    state = resume(cursor(3))
    state.connecting()
    state.receive(welcome("replay", 9))
    assert state.cursor == cursor(3)
    assert isinstance(state.receive(event(4)), ItemEvent)
    assert state.connecting()[0] == ("after", cursor(4))


def test_live_and_heartbeats_move_the_cursor_of_a_filtered_reader() -> None:
    state = resume(cursor(3))
    state.connecting()
    state.receive(welcome("live", 7))
    assert state.cursor == cursor(7)
    state.receive(heartbeat(12))
    assert state.cursor == cursor(12)
    state.receive(heartbeat(9))
    assert state.cursor == cursor(12)


def test_a_reset_is_announced_with_its_reason_and_starts_a_new_epoch() -> None:
    state = started(5)
    state.connecting()
    state.receive(welcome("snapshot", 2, epoch="e2", reset=True, reason="epoch"))
    got = state.receive(snapshot(2, item("z"), epoch="e2"))
    assert isinstance(got, Snapshot)
    assert (got.reset, got.reason, got.cursor) == (True, "epoch", cursor(2, "e2"))
    assert isinstance(state.receive(event(3, epoch="e2")), ItemEvent)


def test_a_snapshot_for_a_reader_with_a_position_is_a_reset_without_an_announcement() -> None:
    state = started(5)
    state.connecting()
    state.receive(welcome("snapshot", 8))
    got = state.receive(snapshot(8))
    assert isinstance(got, Snapshot)
    assert got.reset


@pytest.mark.parametrize(
    "message",
    [
        event(9, epoch="e0"),
        heartbeat(9, epoch="e0"),
        snapshot(9),
        {"type": "item", "cursor": 7, "action": "publish", "item": item("a")},
        {"type": "item", "cursor": cursor(9), "action": "publish", "item": {"id": "a"}},
        {"type": "item", "cursor": cursor(9), "action": "publish", "item": "text"},
        {"type": "item"},
        {"no": "type"},
        welcome("sideways", 9),
    ],
)
def test_a_message_that_breaks_the_protocol_is_not_given_out(message: dict[str, Any]) -> None:
    state = started(5)
    with pytest.raises(ProtocolError):
        state.receive(message)
    assert state.cursor == cursor(5)


@pytest.mark.parametrize("message", [event(1), snapshot(1)])
def test_nothing_comes_before_the_welcome(message: dict[str, Any]) -> None:
    state = resume()
    state.connecting()
    with pytest.raises(ProtocolError):
        state.receive(message)


def test_no_event_before_the_announced_snapshot() -> None:
    state = resume()
    state.connecting()
    state.receive(welcome("snapshot", 5))
    with pytest.raises(ProtocolError):
        state.receive(event(6))


def test_cursors_of_a_newer_format_are_opaque() -> None:
    state = resume()
    state.connecting()
    state.receive(welcome("snapshot", 0, cursor="v2:a"))
    state.receive({"type": "snapshot", "cursor": "v2:a", "items": []})
    first, second = ({**event(1), "cursor": name} for name in ("v2:b", "v2:c"))
    assert state.receive(first) is not None
    assert state.receive(first) is None
    assert state.receive(second) is not None
    assert state.connecting()[0] == ("after", "v2:c")


def test_unknown_types_are_for_a_newer_client() -> None:
    assert started().receive({"type": "weather", "sky": "blue"}) is None


@pytest.mark.parametrize("code", [None, 1000, 1001, 1006, 1011, 1012, 4000, 4001, 4004, 4099])
def test_closes_after_which_the_client_reconnects(code: int | None) -> None:
    verdict = started().closed(code)
    assert isinstance(verdict, Retry)
    assert verdict.failures == 1


@pytest.mark.parametrize("code", [4400, 4401, 4403, 4413, 4429, 4499])
def test_closes_after_which_it_does_not(code: int) -> None:
    state = started()
    state.receive(error("bad_filter", "unknown edition 'xx'; known: ar, en, es"))
    verdict = state.closed(code, "bad_filter")
    assert isinstance(verdict, Stop)
    stopped = verdict.error
    assert isinstance(stopped, FeedRefused)
    assert (stopped.close_code, stopped.code) == (code, "bad_filter")
    assert "known: ar, en, es" in stopped.detail


def test_a_goodbye_orders_the_wait_before_the_next_attempt_only() -> None:
    state = started()
    state.receive(goodbye(1_500))
    first = state.closed(1012)
    assert isinstance(first, Retry)
    assert first.delay == 1.5
    state.connecting()
    second = state.closed(None, "connection refused")
    assert isinstance(second, Retry)
    assert second.delay == 1.0  # the second ceiling, with the whole draw
    assert second.reason == "connection refused"


def test_a_goodbye_says_how_often_to_try_while_the_server_is_replaced() -> None:
    state = started()
    state.receive({**goodbye(100), "retry_ms": 700})
    first = state.closed(1012)
    assert isinstance(first, Retry)
    assert first.delay == 0.1
    for _ in range(6):
        state.connecting()
        again = state.closed(None, "connection refused")
        assert isinstance(again, Retry)
        assert again.delay == 0.7


def test_a_goodbye_cannot_send_a_client_away_for_ever() -> None:
    state = started()
    state.receive(goodbye(10**12))
    verdict = state.closed(1012)
    assert isinstance(verdict, Retry)
    assert verdict.delay == LONGEST_ORDER


@pytest.mark.parametrize(("lived", "outcome"), [(4.9, (8, 30.0)), (5.0, (1, 0.5))])
def test_a_connection_that_lasted_resets_the_backoff(
    lived: float, outcome: tuple[int, float]
) -> None:
    now = 0.0
    state = ResumeState((), None, backlog=20, backoff=Backoff(draw=lambda: 1.0, now=lambda: now))
    for _ in range(7):
        state.connecting()
        state.closed(None)
    state.connecting()
    state.receive(welcome("live", 1))
    now += lived
    verdict = state.closed(None)
    assert isinstance(verdict, Retry)
    assert (verdict.failures, verdict.delay) == outcome


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_refused_upgrade_that_may_change(status: int) -> None:
    verdict = resume().refused(status, "busy", 2.0)
    assert isinstance(verdict, Retry)
    assert verdict.delay == 2.0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 426])
def test_a_refused_upgrade_that_will_not(status: int) -> None:
    verdict = resume().refused(status, "no")
    assert isinstance(verdict, Stop)
    assert isinstance(verdict.error, FeedRefused)
    assert verdict.error.close_code == status


@pytest.mark.parametrize("status", [301, 401, 403, 404, 426, 503])
def test_a_reader_that_was_welcome_reconnects_after_any_status(status: int) -> None:
    """A proxy answers 404 while it has no way to the server, for example during a deploy."""
    state = started()
    assert isinstance(state.closed(None), Retry)
    state.connecting()
    assert isinstance(state.refused(status, "no route"), Retry)


def test_protocol_errors_end_the_feed_after_a_bounded_number_of_connections() -> None:
    """A welcome resets the backoff, so a message that can never be read would otherwise come back
    twice a second for ever."""
    state = started()
    verdicts = []
    for _ in range(MAX_PROTOCOL_ERRORS):
        state.connecting()
        state.receive(welcome("live", 5))
        with pytest.raises(ProtocolError) as caught:
            state.receive({"type": "item"})
        verdicts.append(state.protocol_error(caught.value))
    assert [type(verdict) for verdict in verdicts] == [Retry] * (MAX_PROTOCOL_ERRORS - 1) + [Stop]


def test_progress_resets_the_count_of_protocol_errors() -> None:
    state = started()
    oops = ProtocolError("x")
    for seq in range(6, 6 + 2 * MAX_PROTOCOL_ERRORS):
        assert isinstance(state.protocol_error(oops), Retry)
        assert state.receive(event(seq)) is not None


def test_the_silence_limit_follows_the_heartbeat() -> None:
    state = resume()
    state.connecting()
    assert state.silence_limit == 55
    state.receive(welcome("live", 1, heartbeat=3))
    assert state.silence_limit == 11


@given(
    st.integers(1, 30),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=12),
)
def test_random_cuts_repeats_and_restarts_lose_and_double_nothing(
    last: int, connections: list[tuple[int, int]]
) -> None:
    """A server that resumes honestly but repeats at will, over connections cut anywhere.

    Each connection repeats some events from before the cursor and is cut some events later; the
    last one is left to finish.
    """
    state = resume(cursor(0))
    seen: list[str] = []
    for repeated, further in [*connections, (0, last)]:
        assert state.cursor is not None
        position = int(state.cursor.rpartition("-")[2])
        state.connecting()
        state.receive(welcome("replay", last))
        for seq in range(max(0, position - repeated) + 1, min(last, position + further) + 1):
            got = state.receive(event(seq))
            if got is not None:
                seen.append(got.cursor)
        assert isinstance(state.closed(None), Retry)
    assert seen == [cursor(seq) for seq in range(1, last + 1)]
