"""When "this device is gone" is believed: properties over any sequence of pages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ticker.push.model.gone_watch import ANSWERS_MAX, CONFIRMED_MS, RECENT_MS, GoneRule, GoneWatch

RULE = GoneRule(0.2, 10)
PAGE = 1_000
NOW = 1_795_000_000_000

pages = st.lists(
    st.tuples(st.integers(1, PAGE), st.floats(0, 1)).map(lambda p: (p[0], int(p[0] * p[1]))),
    max_size=40,
)


def run(watch: GoneWatch, found: list[tuple[int, int]], now_ms: int = NOW) -> tuple[GoneWatch, int]:
    """Return the watch after pages of (answers, gone), and how many devices were deleted."""
    deleted = 0
    for answers, gone in found:
        watch, delete = watch.after(answers, gone, now_ms, RULE)
        deleted += gone if delete else 0
    return watch, deleted


@given(before=pages, sizes=st.lists(st.integers(1, PAGE), max_size=60))
def test_a_server_that_calls_all_gone_empties_no_list(
    before: list[tuple[int, int]], sizes: list[int]
) -> None:
    """However many answers were good before: only the last two thousand count."""
    watch, _ = run(GoneWatch(), before)
    _, deleted = run(watch, [(size, size) for size in sizes])
    assert deleted <= RULE.share * (ANSWERS_MAX + PAGE)


@given(found=pages)
def test_no_more_than_the_share_is_deleted_while_nothing_is_confirmed(
    found: list[tuple[int, int]],
) -> None:
    _, deleted = run(GoneWatch(), found)
    answers = sum(answers for answers, _ in found)
    assert deleted <= max(RULE.least - 1, 2 * RULE.share * answers)


@given(sizes=st.lists(st.integers(1, PAGE), min_size=1, max_size=60))
def test_a_usual_share_is_deleted_at_once(sizes: list[int]) -> None:
    found = [(size, int(size * RULE.share)) for size in sizes]
    watch, deleted = run(GoneWatch(), found)
    assert (watch.since_ms, deleted) == (None, sum(gone for _, gone in found))


@given(found=pages)
def test_it_recovers_with_good_answers(found: list[tuple[int, int]]) -> None:
    watch, _ = run(GoneWatch(), found)
    watch, _ = run(watch, [(PAGE, 0)] * 12)
    assert watch.since_ms is None
    assert watch.after(PAGE, 5, NOW, RULE)[1]


def test_suspicion_outlives_a_pause_until_answers_are_normal() -> None:
    watch, deleted = run(GoneWatch(), [(500, 500)])
    assert (deleted, watch.since_ms, watch.held) == (0, NOW, 500)
    later = NOW + 10 * RECENT_MS
    watch, deleted = run(watch, [(RULE.least - 1, 1)], later)
    assert (deleted, watch.since_ms, watch.held) == (0, NOW, 501), "too few to tell"
    watch, deleted = run(watch, [(100, 2)], later)
    assert (deleted, watch.since_ms, watch.held) == (2, None, 0)


def test_few_gone_devices_are_not_suspicious() -> None:
    assert run(GoneWatch(), [(RULE.least - 1, RULE.least - 1)])[1] == RULE.least - 1
    assert run(GoneWatch(), [(RULE.least, RULE.least)])[1] == 0


def test_a_confirmation_holds_for_a_day() -> None:
    watch, _ = run(GoneWatch(), [(500, 500)])
    watch, deleted = run(watch.confirm(NOW), [(500, 500)], NOW + CONFIRMED_MS - 1)
    assert (deleted, watch.since_ms) == (500, None)
    watch, deleted = run(watch, [(500, 500)], NOW + CONFIRMED_MS)
    assert (deleted, watch.since_ms) == (0, NOW + CONFIRMED_MS)


@given(found=pages)
def test_a_watch_survives_being_stored(found: list[tuple[int, int]]) -> None:
    watch, _ = run(GoneWatch(), found)
    assert GoneWatch.read(watch.record()) == watch
