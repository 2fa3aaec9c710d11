"""The hub: the messages of each subscriber, the number of writes, the cost of a slow one."""

from __future__ import annotations

from tests.gateway.hub_harness import FakeSubscriber, HubHarness
from tests.support.in_memory import EPOCH, InMemoryNewsroom, at
from ticker.domain.cursor import Cursor
from ticker.domain.event import Noop
from ticker.stream.close_codes import CloseCode
from ticker.stream.replay import Lane


def kinds(subscriber: FakeSubscriber) -> list[str]:
    return [m.get("action", m["type"]) for m in subscriber.messages()]


def test_first_connection_gets_a_welcome_and_a_snapshot_in_one_write() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    first, second = news.publish("First"), news.publish("Second")
    harness.hub.advance([first, second])
    subscriber = harness.connect()
    assert subscriber.network.writes == 1
    welcome, snapshot = subscriber.messages()
    assert welcome == {
        "type": "welcome",
        "mode": "snapshot",
        "reset": False,
        "reason": None,
        "cursor": harness.cursor(),
        "heartbeat": 25,
    }
    assert [item["headline"] for item in snapshot["items"]] == ["Second", "First"]
    assert snapshot["cursor"] == harness.cursor()


def test_backlog_zero_goes_live_at_once() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    harness.hub.advance([news.publish()])
    subscriber = harness.connect("backlog=0")
    assert [m["mode"] for m in subscriber.messages()] == ["live"]
    harness.hub.advance([news.publish()])
    assert kinds(subscriber) == ["publish"]


def test_events_of_one_batch_are_one_write_and_encoded_once() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    subscribers = [harness.connect() for _ in range(50)]
    before = [subscriber.network.writes for subscriber in subscribers]
    harness.hub.advance([news.publish(f"Line {n}") for n in range(20)])
    assert [s.network.writes - b for s, b in zip(subscribers, before, strict=True)] == [1] * 50
    assert harness.hub.counters.encodes == 20
    assert all(kinds(subscriber)[2:] == ["publish"] * 20 for subscriber in subscribers)


def test_groups_that_see_the_same_event_share_the_frame() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    for section in ("politics", "economy", "sports"):
        harness.connect(f"edition=en&section={section}")
    harness.hub.advance([news.publish(sections=["politics", "economy"])])
    assert harness.hub.counters.encodes == 1
    assert harness.hub.counters.writes == 2


def test_a_filter_shows_only_what_matches() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    subscriber = harness.connect("section=sports&level=urgent")
    harness.hub.advance(
        [
            news.publish("No", sections=["sports"]),
            news.publish("Yes", sections=["sports"], level="flash"),
            news.publish("No", sections=["health"], level="flash"),
        ]
    )
    assert [m["item"]["headline"] for m in subscriber.messages()[2:]] == ["Yes"]


def test_an_update_that_leaves_the_filter_takes_the_item_off_that_screen() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    politics, economy = harness.connect("section=politics"), harness.connect("section=economy")
    item = news.publish(sections=["politics"])
    harness.hub.advance([item])
    harness.hub.advance([news.change(item.item_id, sections=["economy"])])
    *_, left = politics.messages()
    assert left["action"] == "expire"
    assert set(left["item"]) == {"id", "version", "status", "edition", "updated_at"}
    assert [m["action"] for m in economy.messages()[2:]] == ["update"]


def test_a_retraction_reaches_screens_that_saw_an_earlier_version() -> None:
    """The retraction removes the update that moved the item, so it must take over its effect."""
    harness, news = HubHarness(), InMemoryNewsroom()
    item = news.publish(sections=["politics"])
    harness.hub.advance([item])
    away = harness.cursor()
    harness.hub.advance([news.change(item.item_id, sections=["economy"])])
    harness.hub.advance([news.retract(item.item_id)])
    subscriber = harness.connect(f"section=politics&after={away}")
    assert kinds(subscriber) == ["welcome", "retract"]


def test_replay_gives_exactly_what_was_missed_in_order() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    harness.hub.advance([news.publish("Before")])
    away = harness.cursor()
    item = news.publish("Missed")
    harness.hub.advance([item, news.change(item.item_id, headline="Fixed", correction="A typo")])
    subscriber = harness.connect(f"after={away}")
    welcome, *missed = subscriber.messages()
    assert (welcome["mode"], welcome["cursor"], welcome["reset"]) == ("replay", away, False)
    assert [m["action"] for m in missed] == ["publish", "correct"]
    assert missed[-1]["cursor"] == harness.cursor()
    harness.hub.advance([news.publish("After")])
    assert kinds(subscriber) == ["publish"]


def test_no_retracted_text_is_replayed() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    away = harness.cursor()
    item = news.publish("Wrong words")
    harness.hub.advance([item, news.publish("Other"), news.retract(item.item_id)])
    subscriber = harness.connect(f"after={away}")
    assert b"Wrong words" not in subscriber.network.delivered
    assert kinds(subscriber) == ["welcome", "publish", "retract"]
    assert b"Wrong words" not in harness.connect().network.delivered


def test_a_cursor_that_moved_only_past_noops_is_up_to_date() -> None:
    harness = HubHarness()
    away = harness.cursor()
    harness.hub.advance([Noop(at(5))])
    assert [m["mode"] for m in harness.connect(f"after={harness.cursor()}").messages()] == ["live"]
    assert kinds(harness.connect(f"after={away}")) == ["welcome"]


def test_an_older_epoch_resets() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    harness.hub.advance([news.publish()])
    old = Cursor(EPOCH - 1, at(1))
    welcome, snapshot = harness.connect(f"after={old}").messages()
    assert (welcome["mode"], welcome["reset"], welcome["reason"]) == ("snapshot", True, "epoch")
    assert len(snapshot["items"]) == 1


def test_a_cursor_older_than_the_window_resets() -> None:
    harness, news = HubHarness(capacity=10), InMemoryNewsroom()
    harness.hub.advance([news.publish()])
    away = harness.cursor()
    for _ in range(30):
        harness.hub.advance([news.publish()])
    assert harness.connect(f"after={away}").messages()[0]["reason"] == "expired"
    assert len(harness.hub.lane.window) <= 11


def test_a_cursor_ahead_waits_for_the_tail_and_gets_only_what_comes_after() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    subscriber = harness.connect(f"after={Cursor(EPOCH, at(2))}")
    assert subscriber.messages() == []
    harness.hub.advance([news.publish("Seen elsewhere")])
    assert subscriber.messages() == []
    harness.hub.advance([news.publish("Seen elsewhere too"), news.publish("New")])
    harness.settle()
    welcome, item = subscriber.messages()
    assert (welcome["mode"], item["item"]["headline"]) == ("replay", "New")


def test_a_cursor_that_is_ahead_of_the_whole_lane_resets_after_the_wait() -> None:
    harness = HubHarness(ahead_wait=2.0)
    subscriber = harness.connect(f"after={Cursor(EPOCH, at(99))}")
    harness.pass_time(1.75)
    assert subscriber.messages() == []
    harness.say_end()
    harness.pass_time(0.5)
    assert [m.get("reason") for m in subscriber.messages()] == ["ahead", None]


def test_a_server_that_cannot_ask_where_the_lane_ends_sends_the_reader_elsewhere() -> None:
    """A snapshot of this server may have text that the reader has seen retracted."""
    harness = HubHarness(ahead_wait=2.0)
    harness.say_end()
    harness.pass_time(1.0)
    subscriber = harness.connect(f"after={Cursor(EPOCH, at(99))}")
    harness.pass_time(2.25)
    [goodbye] = subscriber.messages()
    assert (goodbye["type"], goodbye["reason"], goodbye["reconnect"]) == (
        "goodbye",
        "behind",
        True,
    )
    assert subscriber.closed == CloseCode.BEHIND


def test_a_server_that_has_not_read_up_to_the_end_of_the_lane_sends_the_reader_elsewhere() -> None:
    harness = HubHarness(ahead_wait=2.0)
    subscriber = harness.connect(f"after={Cursor(EPOCH, at(99))}")
    harness.hub.lane_end.say(Cursor(EPOCH, at(98)), harness.now)
    harness.pass_time(2.25)
    assert subscriber.closed == CloseCode.BEHIND


def test_a_slow_subscriber_is_not_written_to_and_resumes_compacted() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    slow, quick = harness.connect(high=2_000), harness.connect()
    kinds(slow), kinds(quick)
    slow.network.blocked = True
    item = news.publish("Version one")
    harness.hub.advance([item])
    for n in range(100):
        harness.hub.advance([news.change(item.item_id, headline=f"Version {n}")])
    assert len(slow.network.buffer) < 3_000, "a subscriber costs its buffer and nothing more"
    assert len(kinds(quick)) == 101
    writes = slow.network.writes
    slow.network.blocked = False
    slow.network.drain()
    harness.settle()
    assert slow.network.writes == writes + 1
    got = slow.messages()
    assert got[-1]["item"]["headline"] == "Version 99"
    cursors = [m["cursor"] for m in got]
    assert cursors == sorted(set(cursors))
    harness.hub.advance([news.publish("Live again")])
    assert kinds(slow) == ["publish"]


def test_a_long_replay_comes_in_slices_and_events_go_out_in_between() -> None:
    harness, news = HubHarness(capacity=5_000), InMemoryNewsroom()
    away = harness.cursor()
    harness.hub.advance([news.publish(f"{n} {'x' * 200}") for n in range(1_000)])
    subscriber = FakeSubscriber(harness.hub)
    harness.hub.join(subscriber, harness.query_parser.from_query(f"after={away}"))
    assert len(harness.later) == 1
    assert 0 < len(subscriber.messages()) < 500
    harness.hub.advance([news.publish("While it replays")])
    harness.settle()
    missed = subscriber.messages()
    assert missed[-1]["item"]["headline"] == "While it replays"
    assert len({m["cursor"] for m in missed}) == len(missed)


def test_a_subscriber_that_stays_paused_is_told_to_reconnect() -> None:
    harness, news = HubHarness(lag_limit=30.0), InMemoryNewsroom()
    slow = harness.connect(high=100)
    slow.network.blocked = True
    harness.hub.advance([news.publish()])
    harness.pass_time(29)
    assert slow.closed is None
    harness.pass_time(2)
    assert slow.closed is CloseCode.LAGGING
    assert slow.closed.come_back
    assert not slow.network.aborted
    harness.pass_time(3.5)
    assert slow.network.aborted, "a peer that never reads cannot keep its connection"
    assert harness.hub.connections == 0
    assert harness.hub.behind == 0


def test_a_slow_subscriber_whose_position_has_left_the_window_is_reset() -> None:
    harness, news = HubHarness(capacity=10), InMemoryNewsroom()
    slow = harness.connect(high=100)
    slow.network.blocked = True
    for _ in range(40):
        harness.hub.advance([news.publish()])
    slow.network.blocked = False
    slow.network.drain()
    harness.settle()
    reasons = [m["reason"] for m in slow.messages() if m["type"] == "welcome"]
    assert reasons == [None, "expired"]


def test_a_new_epoch_resets_the_live_in_place_and_the_paused_when_they_drain() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    quick, slow = harness.connect(), harness.connect(high=100)
    slow.network.blocked = True
    harness.hub.advance([news.publish()])
    harness.hub.replace(Lane(100, EPOCH + 1, at(50)), "epoch")
    assert [m.get("reason") for m in quick.messages() if m["type"] == "welcome"] == [None, "epoch"]
    slow.network.blocked = False
    slow.network.drain()
    harness.settle()
    assert [m["reason"] for m in slow.messages() if m["type"] == "welcome"] == [None, "epoch"]
    assert quick.closed is None


def test_each_subscriber_gets_one_heartbeat_per_interval() -> None:
    harness = HubHarness(heartbeat=5)
    subscribers = [harness.connect() for _ in range(33)]
    for subscriber in subscribers:
        subscriber.messages()
    harness.pass_time(10)
    assert [kinds(subscriber) for subscriber in subscribers] == [["heartbeat"] * 2] * 33


def test_a_filter_changes_in_place() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    subscriber = harness.connect("edition=en")
    harness.hub.advance([news.publish("Hola", edition="es")])
    kinds(subscriber)
    harness.hub.join(subscriber, harness.query_parser.from_query("edition=es"))
    _, snapshot = subscriber.messages()
    assert [item["headline"] for item in snapshot["items"]] == ["Hola"]
    harness.hub.advance([news.publish("English"), news.publish("Otra", edition="es")])
    assert [m["item"]["headline"] for m in subscriber.messages()] == ["Otra"]
    assert harness.hub.connections == 1


def test_lost_connections_leave_nothing_behind() -> None:
    harness = HubHarness()
    subscribers = [harness.connect(f"section={s}") for s in ("sports", "health", "sports")]
    subscribers.append(harness.connect(f"after={Cursor(EPOCH, at(9))}"))
    for subscriber in subscribers:
        subscriber.connection_lost(None)
    hub = harness.hub
    assert (hub.connections, hub.groups, hub.behind, hub.waiting) == (0, 0, 0, 0)


def test_a_storm_of_resumes_makes_each_replay_once() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    away = harness.cursor()
    harness.hub.advance([news.publish(f"Line {n}") for n in range(20)])
    subscribers = [harness.connect(f"after={away}") for _ in range(500)]
    assert {subscriber.network.writes for subscriber in subscribers} == {1}
    assert len({subscriber.network.delivered for subscriber in subscribers}) == 1
    assert len(kinds(subscribers[0])) == 21
