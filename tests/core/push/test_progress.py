from __future__ import annotations

from ticker.core.push.progress import (
    Everybody,
    Left,
    Nobody,
    NotYet,
    Progress,
    UpTo,
    combined,
    reached_before,
)


def alert(*, position: str = "m", done: bool = False, left: tuple[str, ...] = ()) -> Progress:
    progress = Progress(1)
    progress.mark(1)
    progress.position = position
    progress.left = [Left(id, 1, 0) for id in left]
    progress.done = done
    return progress


def test_an_alert_that_never_began_reached_nobody() -> None:
    assert reached_before(None, 2) == Nobody()
    assert reached_before(Progress(1), 2) == Nobody()


def test_one_that_is_under_way_has_to_take_up_the_change_first() -> None:
    progress = alert()
    assert reached_before(progress, 2) == NotYet()
    progress.mark(2)
    progress.position = "z"
    assert reached_before(progress, 2) == UpTo("m")
    assert reached_before(progress, 3) == NotYet()


def test_one_that_began_with_the_change_reached_nobody_with_less() -> None:
    progress = Progress(1)
    progress.mark(2)
    progress.position = "z"
    assert reached_before(progress, 2) == Nobody()


def test_one_that_is_done_reached_all_but_those_it_gave_up() -> None:
    assert reached_before(alert(done=True, left=("b",)), 2) == Everybody(frozenset("b"))


def test_one_that_ended_early_reached_those_before() -> None:
    progress = alert(left=("b",))
    progress.end_here()
    progress.done = True
    assert reached_before(progress, 2) == UpTo("m", frozenset("b"))
    assert reached_before(progress, 9) == UpTo("m", frozenset("b"))


def test_several_alerts_together() -> None:
    nobody, some, more = Nobody(), UpTo("c"), UpTo("m")
    assert combined([]) == Nobody()
    assert combined([nobody, nobody]) == Nobody()
    assert combined([nobody, some, more]) == more
    assert combined([some, NotYet()]) == NotYet()
    assert combined([some, Everybody(frozenset("ab")), Everybody(frozenset("b"))]) == Everybody(
        frozenset("b")
    )
