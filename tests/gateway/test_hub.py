"""The hub: who gets what, in how many writes, and what a slow reader costs."""

from __future__ import annotations

from tests.gateway.peer import Desk, Screen
from tests.support.in_memory import EPOCH, InMemoryNewsroom, at
from ticker.domain.cursor import Cursor
from ticker.domain.event import Noop
from ticker.stream.close_codes import CloseCode
from ticker.stream.replay import Lane


def kinds(screen: Screen) -> list[str]:
    return [m.get("action", m["type"]) for m in screen.messages()]


def test_first_connection_gets_a_welcome_and_a_snapshot_in_one_write() -> None:
    desk, news = Desk(), InMemoryNewsroom()
    first, second = news.publish("First"), news.publish("Second")
    desk.hub.advance([first, second])
    screen = desk.connect()
    assert screen.pipe.writes == 1
    welcome, snapshot = screen.messages()
    assert welcome == {
        "type": "welcome",
        "mode": "snapshot",
        "reset": False,
        "reason": None,
        "cursor": desk.cursor(),
        "heartbeat": 25,
    }
    assert [item["headline"] for item in snapshot["items"]] == ["Second", "First"]
    assert snapshot["cursor"] == desk.cursor()


def test_backlog_zero_goes_live_at_once() -> None:
    desk, news = Desk(), InMemoryNewsroom()
    desk.hub.advance([news.publish()])
    screen = desk.connect("backlog=0")
    assert [m["mode"] for m in screen.messages()] == ["live"]
    desk.hub.advance([news.publish()])
    assert kinds(screen) == ["publish"]


def test_events_of_one_batch_are_one_write_and_encoded_once() -> None:
    desk, news = Desk(), InMemoryNewsroom()
    screens = [desk.connect() for _ in range(50)]
    before = [screen.pipe.writes for screen in screens]
    desk.hub.advance([news.publish(f"Line {n}") for n in range(20)])
    assert [s.pipe.writes - b for s, b in zip(screens, before, strict=True)] == [1] * 50
    assert desk.hub.counters.encodes == 20
    assert all(kinds(screen)[2:] == ["publish"] * 20 for screen in screens)


def test_audiences_that_see_the_same_share_the_frame() -> None:
    desk, news = Desk(), InMemoryNewsroom()
    for section in ("politics", "economy", "sports"):
        desk.connect(f"edition=en&section={section}")
    desk.hub.advance([news.publish(sections=["politics", "economy"])])
    assert desk.hub.counters.encodes == 1
    assert desk.hub.counters.writes == 2


def test_a_filter_shows_only_what_matches() -> None:
    desk, news = Desk(), InMemoryNewsroom()
    screen = desk.connect("section=sports&level=urgent")
    desk.hub.advance(
        [
            news.publish("No", sections=["sports"]),
            news.publish("Yes", sections=["sports"], level="flash"),
            news.publish("No", sections=["health"], level="flash"),
        ]
    )
    assert [m["item"]["headline"] for m in screen.messages()[2:]] == ["Yes"]


def test_an_update_that_leaves_the_filter_takes_the_item_off_that_screen() -> None:
    desk, news = Desk(), InMemoryNewsroom()
    politics, economy = desk.connect("section=politics"), desk.connect("section=economy")
    item = news.publish(sections=["politics"])
    desk.hub.advance([item])
    desk.hub.advance([news.change(item.item_id, sections=["economy"])])
    *_, left = politics.messages()
    assert left["action"] == "expire"
    assert set(left["item"]) == {"id", "version", "status", "edition", "updated_at"}
    assert [m["action"] for m in economy.messages()[2:]] == ["update"]


def test_a_retraction_reaches_screens_that_saw_an_earlier_version() -> None:
    """The scrub takes away the update that moved the item, so the retraction must do its work."""
    desk, news = Desk(), InMemoryNewsroom()
    item = news.publish(sections=["politics"])
    desk.hub.advance([item])
    away = desk.cursor()
    desk.hub.advance([news.change(item.item_id, sections=["economy"])])
    desk.hub.advance([news.retract(item.item_id)])
    screen = desk.connect(f"section=politics&after={away}")
    assert kinds(screen) == ["welcome", "retract"]


def test_replay_gives_exactly_what_was_missed_in_order() -> None:
    desk, news = Desk(), InMemoryNewsroom()
    desk.hub.advance([news.publish("Before")])
    away = desk.cursor()
    item = news.publish("Missed")
    desk.hub.advance([item, news.change(item.item_id, headline="Fixed", correction="A typo")])
    screen = desk.connect(f"after={away}")
    welcome, *missed = screen.messages()
    assert (welcome["mode"], welcome["cursor"], welcome["reset"]) == ("replay", away, False)
    assert [m["action"] for m in missed] == ["publish", "correct"]
    assert missed[-1]["cursor"] == desk.cursor()
    desk.hub.advance([news.publish("After")])
    assert kinds(screen) == ["publish"]


def test_no_retracted_text_is_replayed() -> None:
    desk, news = Desk(), InMemoryNewsroom()
    away = desk.cursor()
    item = news.publish("Wrong words")
    desk.hub.advance([item, news.publish("Other"), news.retract(item.item_id)])
    screen = desk.connect(f"after={away}")
    assert b"Wrong words" not in screen.pipe.delivered
    assert kinds(screen) == ["welcome", "publish", "retract"]
    assert b"Wrong words" not in desk.connect().pipe.delivered


def test_a_cursor_that_moved_only_past_noops_is_up_to_date() -> None:
    desk = Desk()
    away = desk.cursor()
    desk.hub.advance([Noop(at(5))])
    assert [m["mode"] for m in desk.connect(f"after={desk.cursor()}").messages()] == ["live"]
    assert kinds(desk.connect(f"after={away}")) == ["welcome"]


def test_an_older_epoch_resets() -> None:
    desk, news = Desk(), InMemoryNewsroom()
    desk.hub.advance([news.publish()])
    old = Cursor(EPOCH - 1, at(1))
    welcome, snapshot = desk.connect(f"after={old}").messages()
    assert (welcome["mode"], welcome["reset"], welcome["reason"]) == ("snapshot", True, "epoch")
    assert len(snapshot["items"]) == 1


def test_a_cursor_older_than_the_window_resets() -> None:
    desk, news = Desk(capacity=10), InMemoryNewsroom()
    desk.hub.advance([news.publish()])
    away = desk.cursor()
    for _ in range(30):
        desk.hub.advance([news.publish()])
    assert desk.connect(f"after={away}").messages()[0]["reason"] == "expired"
    assert len(desk.hub.lane.window) <= 11


def test_a_cursor_ahead_waits_for_the_tail_and_gets_only_what_comes_after() -> None:
    desk, news = Desk(), InMemoryNewsroom()
    screen = desk.connect(f"after={Cursor(EPOCH, at(2))}")
    assert screen.messages() == []
    desk.hub.advance([news.publish("Seen elsewhere")])
    assert screen.messages() == []
    desk.hub.advance([news.publish("Seen elsewhere too"), news.publish("New")])
    desk.settle()
    welcome, item = screen.messages()
    assert (welcome["mode"], item["item"]["headline"]) == ("replay", "New")


def test_a_cursor_that_stays_ahead_resets_after_the_wait() -> None:
    desk = Desk(ahead_wait=2.0)
    screen = desk.connect(f"after={Cursor(EPOCH, at(99))}")
    desk.pass_time(1.75)
    assert screen.messages() == []
    desk.pass_time(0.5)
    assert [m.get("reason") for m in screen.messages()] == ["ahead", None]


def test_a_slow_reader_is_not_written_to_and_resumes_compacted() -> None:
    desk, news = Desk(), InMemoryNewsroom()
    slow, quick = desk.connect(high=2_000), desk.connect()
    kinds(slow), kinds(quick)
    slow.pipe.blocked = True
    item = news.publish("Version one")
    desk.hub.advance([item])
    for n in range(100):
        desk.hub.advance([news.change(item.item_id, headline=f"Version {n}")])
    assert len(slow.pipe.buffer) < 3_000, "a reader costs its buffer and nothing more"
    assert len(kinds(quick)) == 101
    writes = slow.pipe.writes
    slow.pipe.blocked = False
    slow.pipe.drain()
    desk.settle()
    assert slow.pipe.writes == writes + 1
    got = slow.messages()
    assert got[-1]["item"]["headline"] == "Version 99"
    cursors = [m["cursor"] for m in got]
    assert cursors == sorted(set(cursors))
    desk.hub.advance([news.publish("Live again")])
    assert kinds(slow) == ["publish"]


def test_a_long_replay_comes_in_slices_and_others_are_served_between() -> None:
    desk, news = Desk(capacity=5_000), InMemoryNewsroom()
    away = desk.cursor()
    desk.hub.advance([news.publish(f"{n} {'x' * 200}") for n in range(1_000)])
    screen = Screen(desk.hub)
    desk.hub.join(screen, desk.reader.from_query(f"after={away}"))
    assert len(desk.later) == 1
    assert 0 < len(screen.messages()) < 500
    desk.hub.advance([news.publish("While it replays")])
    desk.settle()
    missed = screen.messages()
    assert missed[-1]["item"]["headline"] == "While it replays"
    assert len({m["cursor"] for m in missed}) == len(missed)


def test_a_reader_that_stays_paused_is_told_to_come_back() -> None:
    desk, news = Desk(lag_limit=30.0), InMemoryNewsroom()
    slow = desk.connect(high=100)
    slow.pipe.blocked = True
    desk.hub.advance([news.publish()])
    desk.pass_time(29)
    assert slow.closed is None
    desk.pass_time(2)
    assert slow.closed is CloseCode.LAGGING
    assert slow.closed.come_back
    assert not slow.pipe.aborted
    desk.pass_time(3.5)
    assert slow.pipe.aborted, "a peer that never reads cannot keep its connection"
    assert desk.hub.connections == 0
    assert desk.hub.metrics()["behind"] == 0


def test_a_slow_reader_whose_place_has_left_the_window_is_reset() -> None:
    desk, news = Desk(capacity=10), InMemoryNewsroom()
    slow = desk.connect(high=100)
    slow.pipe.blocked = True
    for _ in range(40):
        desk.hub.advance([news.publish()])
    slow.pipe.blocked = False
    slow.pipe.drain()
    desk.settle()
    reasons = [m["reason"] for m in slow.messages() if m["type"] == "welcome"]
    assert reasons == [None, "expired"]


def test_another_epoch_resets_everybody_in_place_and_the_paused_when_they_drain() -> None:
    desk, news = Desk(), InMemoryNewsroom()
    quick, slow = desk.connect(), desk.connect(high=100)
    slow.pipe.blocked = True
    desk.hub.advance([news.publish()])
    desk.hub.replace(Lane(100, EPOCH + 1, at(50)), "epoch")
    assert [m.get("reason") for m in quick.messages() if m["type"] == "welcome"] == [None, "epoch"]
    slow.pipe.blocked = False
    slow.pipe.drain()
    desk.settle()
    assert [m["reason"] for m in slow.messages() if m["type"] == "welcome"] == [None, "epoch"]
    assert quick.closed is None


def test_every_reader_gets_one_heartbeat_per_interval_from_the_wheel() -> None:
    desk = Desk(heartbeat=5)
    screens = [desk.connect() for _ in range(33)]
    for screen in screens:
        screen.messages()
    desk.pass_time(10)
    assert [kinds(screen) for screen in screens] == [["heartbeat"] * 2] * 33


def test_a_filter_changes_in_place() -> None:
    desk, news = Desk(), InMemoryNewsroom()
    screen = desk.connect("edition=en")
    desk.hub.advance([news.publish("Hola", edition="es")])
    kinds(screen)
    desk.hub.join(screen, desk.reader.from_query("edition=es"))
    _, snapshot = screen.messages()
    assert [item["headline"] for item in snapshot["items"]] == ["Hola"]
    desk.hub.advance([news.publish("English"), news.publish("Otra", edition="es")])
    assert [m["item"]["headline"] for m in screen.messages()] == ["Otra"]
    assert desk.hub.connections == 1


def test_who_leaves_leaves_nothing() -> None:
    desk = Desk()
    screens = [desk.connect(f"section={s}") for s in ("sports", "health", "sports")]
    screens.append(desk.connect(f"after={Cursor(EPOCH, at(9))}"))
    for screen in screens:
        screen.connection_lost(None)
    sizes = desk.hub.metrics()
    assert [sizes[n] for n in ("connections", "audiences", "behind", "waiting")] == [0, 0, 0, 0]


def test_a_storm_of_resumes_makes_each_replay_once() -> None:
    desk, news = Desk(), InMemoryNewsroom()
    away = desk.cursor()
    desk.hub.advance([news.publish(f"Line {n}") for n in range(20)])
    screens = [desk.connect(f"after={away}") for _ in range(500)]
    assert {screen.pipe.writes for screen in screens} == {1}
    assert len({screen.pipe.delivered for screen in screens}) == 1
    assert len(kinds(screens[0])) == 21
