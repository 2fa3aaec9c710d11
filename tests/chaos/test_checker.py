"""The verdict on a run: every kind of breach is found, and nothing else is one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.chaos.checker import Verdict, check
from tests.chaos.records import Act, Injected, Kind, LaneEntry, ReaderLog, Seen, Shown
from ticker.domain.cursor import Cursor, StreamId


def at(ms: int, epoch: int = 1) -> Cursor:
    return Cursor(epoch, StreamId(ms, 0))


def act(kind: Kind, item: str, acknowledged: float | None = 1.0, *answers: str) -> Act:
    text = f"Line about {item}"
    return Act(kind, f"key-{kind}-{item}", text, 0.5, item, acknowledged, 1, set(answers or {item}))


def lane(*events: tuple[int, str, str, int]) -> list[LaneEntry]:
    return [LaneEntry(at(ms), item, action, version) for ms, action, item, version in events]


def snapshot(ms: int, *items: str, reset: bool = False) -> Seen:
    shown = tuple(Shown(item, 1, f"Line about {item}") for item in items)
    return Seen(0.0, at(ms), shown, "snapshot", reset)


def event(ms: int, action: str, item: str, version: int = 1) -> Seen:
    text = "" if action in ("retract", "expire") else f"Line about {item}"
    return Seen(0.0, at(ms), (Shown(item, version, text),), action)


def verdict(
    acts: Sequence[Act],
    entries: Sequence[LaneEntry],
    *seen: Seen,
    faults: Sequence[Injected] = (),
) -> Verdict:
    return check(acts, entries, [ReaderLog("reader", "ws", list(seen))], faults)


def breached(found: Verdict) -> set[str]:
    return {text.partition(":")[0] for text in found.breaches}


TWO = lane((10, "publish", "a", 1), (20, "publish", "b", 1))
BOTH = [act("publish", "a"), act("publish", "b")]


def test_a_run_without_a_fault_keeps_every_promise() -> None:
    found = verdict(BOTH, TWO, snapshot(5), event(10, "publish", "a"), event(20, "publish", "b"))
    assert found.kept
    assert (found.published, found.acknowledged, found.events) == (2, 2, 2)


def test_an_acknowledged_item_that_is_not_in_the_lane_is_lost() -> None:
    found = verdict([*BOTH, act("publish", "c")], TWO, snapshot(20, "a", "b"))
    assert (found.lost, breached(found)) == (1, {"lost"})


def test_an_item_that_nobody_acknowledged_may_be_missing() -> None:
    assert verdict([*BOTH, act("publish", "c", None)], TWO, snapshot(20, "a", "b")).kept


def test_what_a_restore_deleted_is_excused_and_what_came_after_is_not() -> None:
    fault = Injected("restore an old file", 2.0, 3.0, wipes=True, recovered=4.0)
    before, after = act("publish", "c", 2.5), act("publish", "d", 3.5)
    assert verdict([*BOTH, before], TWO, snapshot(20, "a", "b"), faults=[fault]).kept
    assert verdict([*BOTH, after], TWO, snapshot(20, "a", "b"), faults=[fault]).lost == 1


def test_a_retraction_that_is_not_in_the_lane_is_lost() -> None:
    assert verdict([*BOTH, act("retract", "a")], TWO, snapshot(20, "a", "b")).lost == 1


def test_one_request_that_became_two_items_is_found() -> None:
    twice = act("publish", "a", 1.0, "a", "b")
    assert breached(verdict([twice], TWO, snapshot(20, "a", "b"))) == {"doubled_items"}


def test_an_event_that_a_reader_did_not_get_is_missed() -> None:
    found = verdict(BOTH, TWO, snapshot(5), event(20, "publish", "b"))
    assert (found.missed, breached(found)) == (1, {"missed"})


def test_what_came_before_the_first_snapshot_is_not_missed() -> None:
    assert verdict(BOTH, TWO, snapshot(10, "a"), event(20, "publish", "b")).kept


def test_a_reset_tells_of_what_it_covers() -> None:
    found = verdict(
        BOTH, TWO, snapshot(5), snapshot(15, "a", reset=True), event(20, "publish", "b")
    )
    assert found.kept
    assert found.resets == {"ws": 1}


def test_a_reset_does_not_cover_what_comes_after_it() -> None:
    assert verdict(BOTH, TWO, snapshot(5), snapshot(15, "a", reset=True)).missed == 1


def test_the_last_version_of_an_item_stands_for_the_earlier_ones() -> None:
    entries = lane((10, "publish", "a", 1), (20, "correct", "a", 2), (30, "correct", "a", 3))
    assert verdict(BOTH[:1], entries, snapshot(5), event(30, "correct", "a", 3)).kept


def test_an_event_that_comes_twice_is_doubled() -> None:
    seen = [event(10, "publish", "a"), event(20, "publish", "b")]
    again = event(21, "publish", "b")
    assert breached(verdict(BOTH, TWO, snapshot(5), *seen, again)) == {"doubled"}


def test_an_event_may_come_again_after_a_reset() -> None:
    found = verdict(
        BOTH,
        TWO,
        *(snapshot(5), event(10, "publish", "a"), event(20, "publish", "b")),
        *(snapshot(9, reset=True), event(10, "publish", "a"), event(20, "publish", "b")),
    )
    assert found.kept


def test_a_position_that_goes_back_is_out_of_order() -> None:
    found = verdict(BOTH, TWO, snapshot(5), event(20, "publish", "b"), event(10, "publish", "a"))
    assert breached(found) == {"out_of_order"}


@pytest.mark.parametrize("last", [event(40, "correct", "a", 3), snapshot(40, "a", reset=True)])
def test_a_text_after_its_retraction_is_found(last: Seen) -> None:
    entries = lane((20, "retract", "a", 2))
    acts = [act("publish", "a"), act("retract", "a")]
    found = verdict(acts, entries, snapshot(10, "a"), event(20, "retract", "a", 2), last)
    assert found.withdrawn_shown == 1


def test_a_text_that_a_restored_file_brings_back_is_excused() -> None:
    acts = [act("publish", "a"), act("retract", "a", 2.0)]
    fault = Injected("restore an old file", 3.0, 4.0, wipes=True, recovered=5.0)
    entries = lane((10, "publish", "a", 1))
    again = Seen(4.5, at(30), (Shown("a", 1, "Line about a"),), "snapshot", True)
    seen = (snapshot(10, "a"), event(20, "retract", "a", 2), again)
    assert verdict(acts, entries, *seen, faults=[fault]).kept
    assert verdict(acts, entries, *seen).withdrawn_shown == 1


def test_an_item_that_stays_though_the_lane_removed_it_is_a_ghost() -> None:
    entries = lane((10, "publish", "a", 1), (20, "expire", "a", 2))
    found = verdict(BOTH[:1], entries, snapshot(25, "a"))
    assert breached(found) == {"ghosts"}


def test_an_item_that_the_lane_never_had_is_a_ghost() -> None:
    assert verdict(BOTH, TWO, snapshot(20, "a", "b", "c")).ghosts == 1


def test_a_fault_without_recovery_breaks_the_promise() -> None:
    found = verdict(BOTH, TWO, snapshot(20, "a", "b"), faults=[Injected("kill store", 1.0, 2.0)])
    assert not found.kept


def test_a_reader_that_never_saw_anything_is_no_success() -> None:
    assert breached(verdict(BOTH, TWO)) == {"missed"}


LOSING = Injected("kill primary", 2.0, 9.0, may_lose=True, recovered=10.0)


def test_what_a_failover_loses_is_counted_apart_if_it_was_acknowledged_in_its_time() -> None:
    during, before = act("publish", "c", 1.5), act("publish", "d", 0.9)
    seen = snapshot(20, "a", "b")
    found = verdict([*BOTH, during], TWO, seen, faults=[LOSING])
    assert found.kept
    assert (found.lost, found.lost_by_failover) == (0, 1)
    found = verdict([*BOTH, before], TWO, seen, faults=[LOSING])
    assert (found.lost, found.lost_by_failover) == (1, 0)


def test_a_failover_that_promises_everything_loses_nothing() -> None:
    kept = Injected("kill primary", 2.0, 9.0, recovered=10.0)
    assert verdict([*BOTH, act("publish", "c", 3.0)], TWO, snapshot(20), faults=[kept]).lost == 1


def test_a_retraction_that_a_failover_lost_excuses_its_text() -> None:
    acts = [act("publish", "a"), act("retract", "a", 3.0)]
    entries = lane((10, "publish", "a", 1))
    again = Seen(4.5, at(12), (Shown("a", 1, "Line about a"),), "snapshot", True)
    seen = (snapshot(5), event(10, "publish", "a"), event(15, "retract", "a", 2), again)
    found = verdict(acts, entries, *seen, faults=[LOSING])
    assert found.kept
    assert found.lost_by_failover == 1
    assert not verdict(acts, entries, *seen).kept


def test_a_reset_to_another_branch_covers_what_came_after_the_fork_only() -> None:
    entries = lane((10, "publish", "a", 1), (20, "publish", "b", 1), (25, "publish", "c", 1))
    branch = (event(30, "publish", "gone"), snapshot(25, "a", "b", "c", reset=True))
    both = (snapshot(5), event(10, "publish", "a"), event(20, "publish", "b"))
    assert verdict([], entries, *both, *branch).kept
    gap = (snapshot(5), event(20, "publish", "b"))
    assert verdict([], entries, *gap, *branch).missed == 1


def test_what_only_the_losing_branch_had_must_not_stay() -> None:
    found = verdict([], TWO, snapshot(20, "a", "b"), event(30, "publish", "gone"))
    assert found.ghosts == 1


def test_editors_must_be_told_and_servers_stay_ready() -> None:
    full = Injected("disk full", 1.0, 2.0, must_answer="store-disk-full", recovered=3.0)
    seen = snapshot(20, "a", "b")
    assert breached(verdict(BOTH, TWO, seen, faults=[full])) == {"not told"}
    full.refusals["store-disk-full"] = 3
    assert verdict(BOTH, TWO, seen, faults=[full]).kept
    full.red.append("web-1: no heartbeat")
    assert breached(verdict(BOTH, TWO, seen, faults=[full])) == {"not ready"}


def test_an_item_whose_retraction_a_failover_lost_comes_with_the_reset() -> None:
    """The reader was away when ``a`` was published; only the losing branch has the retraction."""
    seen = (snapshot(5), event(20, "publish", "b"), event(30, "retract", "a", 2))
    assert verdict(BOTH, TWO, *seen, snapshot(25, "a", "b", reset=True)).kept
    assert verdict(BOTH, TWO, *seen, snapshot(25, "b", reset=True)).missed == 1
    [first, second] = TWO
    retracted = [first, second, LaneEntry(at(30), "a", "retract", 2)]
    assert verdict(BOTH, retracted, *seen).kept, "the retraction stands for both"
