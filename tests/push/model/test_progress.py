from __future__ import annotations

from ticker.push.model.progress import (
    NEVER,
    PendingRecipient,
    Progress,
    RecipientSet,
    recipients_before,
)

IDS = "abcdefghijklmnopqrstuvwxyz"


def who(reached: RecipientSet) -> str:
    return "".join(id for id in IDS if id in reached)


def alert(
    position: str = "d", ahead: str = "", left: tuple[PendingRecipient, ...] = ()
) -> Progress:
    progress = Progress(1)
    progress.mark(1)
    progress.position, progress.ahead = position, ahead
    progress.pending = list(left)
    return progress


def test_an_alert_that_sent_nothing_reached_no_device() -> None:
    assert who(recipients_before(None, 2)) == ""
    assert who(recipients_before(Progress(1), 2)) == ""
    assert recipients_before(None, 2).last == ""


def test_it_reached_finished_pages_and_the_page_in_flight() -> None:
    assert who(recipients_before(alert(), 2)) == "abcd"
    assert who(recipients_before(alert(ahead="f"), 2)) == "abcdef"
    assert recipients_before(alert(ahead="f"), 2).last == "f"


def test_it_did_not_reach_devices_that_were_never_asked() -> None:
    left = (PendingRecipient("b", 0, 0, False), PendingRecipient("c", 1, 0, True))
    assert who(recipients_before(alert(left=left), 2)) == "acd"


def test_with_an_older_version_until_it_took_the_newer_one_up() -> None:
    progress = alert(ahead="f")
    progress.mark(3)
    progress.position = progress.ahead = "z"
    assert who(recipients_before(progress, 2)) == "abcdef"
    assert who(recipients_before(progress, 3)) == "abcdef"
    assert who(recipients_before(progress, 4)) == IDS
    assert who(recipients_before(progress, 1)) == ""


def test_a_send_that_ended_early_reached_the_devices_before() -> None:
    progress = alert(ahead="f")
    progress.end()
    assert who(recipients_before(progress, 2)) == "abcdef"
    assert who(recipients_before(progress, NEVER)) == "abcdef"


def test_several_events_together() -> None:
    one = recipients_before(alert(left=(PendingRecipient("b", 0, 0, False),)), 2)
    other = recipients_before(alert(position="b"), 2)
    assert who(one | other) == "abcd"
    assert (one | other).last == "d"
    assert who(RecipientSet() | other) == "ab"
