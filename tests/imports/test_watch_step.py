"""Decisions of a watch: only what is new or has changed, and nothing that it could not read."""

from __future__ import annotations

import pytest

from ticker.imports import watch_step
from ticker.imports.drafts import Draft, Entry, ParsedInput, Rejection
from ticker.imports.payload import Download
from ticker.imports.watch_step import OLDER_MAX, SEEN_MAX, SLOWEST, UNCHANGED_MAX, WatchState

NOW = 1_795_860_000.0
ANSWER = Download(b"", None, None, '"v1"', "Sat, 28 Nov 2026 09:00:00 GMT")


def parsed(*drafts: Draft, rejected: bool = False) -> ParsedInput:
    entries = [Entry(number, None, draft) for number, draft in enumerate(drafts, 1)]
    return ParsedInput("feed", entries, [Rejection(9, None, "", "torn")] if rejected else [])


def line(key: str, **fields: object) -> Draft:
    return {"key": key, "headline": "Trams run again"} | fields


def test_only_what_is_new_or_has_changed_is_sent() -> None:
    first = watch_step.look(WatchState(), ANSWER, parsed(line("a"), line("b")), NOW)
    assert watch_step.keys_of(first.lines) == ["a", "b"]
    other = parsed(line("b", published_at="now"), line("a", headline="No trams"), line("c"))
    second = watch_step.look(first.state, ANSWER, other, NOW)
    assert watch_step.keys_of(second.lines) == ["a", "c"]
    assert watch_step.look(second.state, ANSWER, other, NOW).lines == []


def test_what_was_read_whole_is_not_asked_for_again() -> None:
    state = watch_step.look(WatchState(), ANSWER, parsed(line("a")), NOW).state
    assert watch_step.conditions(state) == {
        "If-None-Match": '"v1"',
        "If-Modified-Since": "Sat, 28 Nov 2026 09:00:00 GMT",
    }
    torn = watch_step.look(WatchState(), ANSWER, parsed(line("a"), rejected=True), NOW).state
    assert watch_step.conditions(torn) == {}
    assert "a" in torn.seen


def test_what_the_newsroom_could_not_take_is_sent_again() -> None:
    found = watch_step.look(WatchState(), ANSWER, parsed(line("a"), line("b")), NOW)
    state = watch_step.without(found.state, ["b"])
    assert watch_step.conditions(state) == {}
    again = watch_step.look(state, ANSWER, parsed(line("a"), line("b")), NOW)
    assert watch_step.keys_of(again.lines) == ["b"]


def test_an_older_copy_is_ignored_but_not_for_ever() -> None:
    state = watch_step.look(WatchState(), ANSWER, parsed(line("a")), NOW).state
    copy = ANSWER._replace(last_modified="Sat, 28 Nov 2026 08:59:59 GMT")
    assert watch_step.older(state, ANSWER) is None
    assert watch_step.older(state, ANSWER._replace(last_modified="soon")) is None
    assert watch_step.older(WatchState(), copy) is None
    ignored = 0
    while (after := watch_step.older(state, copy)) is not None:
        state, ignored = after, ignored + 1
    assert ignored == OLDER_MAX


def test_a_date_of_the_future_is_not_believed() -> None:
    future = ANSWER._replace(last_modified="Sun, 28 Nov 2027 09:00:00 GMT")
    state = watch_step.look(WatchState(), future, parsed(line("a")), NOW).state
    assert watch_step.conditions(state) == {"If-None-Match": '"v1"'}


def test_a_server_that_always_says_unchanged_is_asked_for_everything_at_times() -> None:
    state = watch_step.look(WatchState(), ANSWER, parsed(line("a")), NOW).state
    for _ in range(UNCHANGED_MAX):
        assert watch_step.conditions(state)
        state = watch_step.unchanged(state)
    assert watch_step.conditions(state) == {}
    state = watch_step.look(state, ANSWER, parsed(line("a")), NOW).state
    assert watch_step.conditions(state)


def test_what_is_remembered_is_bounded_and_keeps_the_newest() -> None:
    state = WatchState(seen={f"old-{n}": "x" for n in range(SEEN_MAX)})
    state = watch_step.look(state, ANSWER, parsed(line("new")), NOW).state
    assert len(state.seen) == SEEN_MAX
    assert "new" in state.seen
    assert "old-0" not in state.seen


def test_pauses_grow_and_are_bounded() -> None:
    state = WatchState()
    assert watch_step.pause(state, 60.0, 500.0, 0.9) == 60.0
    waits = []
    for _ in range(12):
        state = watch_step.failed(state)
        waits.append(watch_step.pause(state, 60.0, None, 1.0))
    assert waits[:4] == [60.0, 120.0, 240.0, 480.0]
    assert max(waits) == SLOWEST
    assert watch_step.pause(state, 60.0, None, 0.0) == SLOWEST / 2
    assert watch_step.pause(state, 60.0, 3_000.0, 0.0) == 3_000.0
    assert watch_step.pause(watch_step.unchanged(state), 60.0, None, 0.5) == 60.0


def test_the_state_comes_back_from_its_file() -> None:
    state = watch_step.look(WatchState(), ANSWER, parsed(line("a")), NOW).state
    assert WatchState.read(state.encoded()) == state


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"seen":7,"etag":null,"last_modified":1}'])
def test_a_broken_state_is_an_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        WatchState.read(data)
