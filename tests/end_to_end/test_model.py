"""The whole path against a model: every event arrives once and in order, retracted text is gone.

Real Valkey, real store, relays, tails and hubs; the network and the clock belong to the test. A
random script publishes, corrects, retracts, pins and expires; commits carry their own events, or
leave them to relays, which carry a few at a time and race each other; the lane is trimmed; servers
restart and lag; the store restarts, and a replica that lacks the newest events is promoted;
readers, some of them trailing, block, vanish, move to another server and come back with old cursors
or none. Every delivered byte is checked as it is written, and at the end every screen must show
what the newsroom shows, and the live receipts of all servers count what they have written.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Collection, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.end_to_end.readers import BACKLOG, Process, Reading
from tests.gateway.hub_harness import FakeSubscriber
from tests.support.drafts import publish_all
from tests.support.in_memory import TAXONOMY
from tests.support.lane import relayed
from tests.support.redis_servers import RedisServer
from ticker.config import Settings
from ticker.domain.cursor import ZERO, Cursor, StreamId
from ticker.domain.draft import Change, Draft
from ticker.domain.event import LaneEvent, WireEvent, read_lane
from ticker.domain.filter import Facets, Filter
from ticker.domain.item import Item
from ticker.domain.live_receipt import LiveReceipt, total
from ticker.gateway.crowd import Crowd
from ticker.gateway.query_parser import QueryParser, Subscription
from ticker.publishing.service import ItemService
from ticker.storage.connection import Redis, connect
from ticker.storage.keys import Keys
from ticker.stream.close_codes import CloseCode
from ticker.stream.lane_store import LaneStore
from ticker.stream.window import visible
from workers.relay import Relay

T = TypeVar("T")
EVENTS = re.compile(r'"type":"item","cursor":"([^"]+)"')

QUERIES = (
    "",
    "edition=en",
    "edition=ar",
    "section=politics",
    "section=economy,sports",
    "edition=en&section=politics",
    "level=urgent",
    "story=ferries",
    "story=ferries,tides&edition=en",
)
EDITIONS = st.sampled_from(["en", "ar"])
SECTIONS = st.lists(st.sampled_from(["politics", "economy", "sports"]), max_size=2, unique=True)
STORIES = st.sampled_from([None, "ferries", "tides"])
LEVELS = st.sampled_from(["ticker", "urgent", "flash"])
NUMBER = st.integers(0, 1_000)
WINDOW = 12
LEAST = {
    "written at once": 1_000,
    "written later": 100,
    "events": 1_000,
    "pauses": 5,
    "replay": 50,
    "reset": 50,
    "promotions": 50,
}
"""What happens at least in all scripts together. Pauses come some at a time, in few of them."""
EXAMPLES = settings().max_examples * 5 // 2
"""Scripts that are played: 250."""


@dataclass(frozen=True)
class Replica:
    """The store at some moment, and what the model knew then."""

    dumps: dict[bytes, bytes]
    truth: dict[str, Item]
    retracted: dict[str, StreamId]
    embargoed: dict[str, bytes]


class NewsroomMachine(RuleBasedStateMachine):
    """The script. ``server`` is set by the test that runs it."""

    server: RedisServer
    happened: ClassVar[Counter[str]] = Counter()

    published = Bundle("published")
    scheduled = Bundle("scheduled")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.chosen = Settings(
            redis_url=self.server.url,
            namespace="model",
            replay_window=WINDOW,
            lane_events_max=WINDOW,
            durability="local",
            duplicate_window=0,
        )
        self.redis: Redis = connect(self.server.url, blocking=True)
        self.run(self.empty())
        keys = Keys("model")
        self.inline = ItemService(self.redis, keys, TAXONOMY, self.chosen)
        self.relayed = relayed(self.redis, self.chosen, TAXONOMY)
        self.items = self.inline
        self.live = LaneStore(self.redis, keys)
        self.relays = [Relay(self.live, self.chosen), Relay(self.live, self.chosen)]
        self.subscriptions = QueryParser(TAXONOMY)
        self.truth: dict[str, Item] = {}
        self.texts: dict[str, list[bytes]] = {}
        self.retracted: dict[str, StreamId] = {}
        self.embargoed: dict[str, bytes] = {}
        self.readings: list[Reading] = []
        self.count = 0
        self.keys = keys
        self.servers = 0
        self.replica: Replica | None = None

    async def empty(self) -> None:
        await self.redis.flushall()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(coroutine)

    @initialize()
    def open(self) -> None:
        self.processes = [Process(self.live, self.chosen) for _ in range(2)]
        for process in self.processes:
            self.run(process.tail.start())
        for number, query in enumerate((*QUERIES[:4], *QUERIES[-2:])):
            self.arrive(query, number % 2)

    def text(self) -> str:
        self.count += 1
        return f"line-{self.count}-end"

    def remember(self, item: Item) -> None:
        self.truth[item.id] = item
        self.texts.setdefault(item.id, []).append(item.headline.encode())

    def is_live(self, id: str) -> bool:
        """Tell whether the item is live, and was not lost with a primary."""
        return id in self.truth and self.truth[id].state == "live"

    # Editors.

    @rule(target=published, edition=EDITIONS, sections=SECTIONS, level=LEVELS, story=STORIES)
    def publish(self, edition: str, sections: list[str], level: Any, story: str | None) -> Any:
        draft = Draft(
            headline=self.text(), edition=edition, sections=sections, level=level, story=story
        )
        done = self.run(self.items.publish(draft, by="editor"))
        self.remember(done.item)
        return done.item.id

    @rule(target=published, edition=EDITIONS, count=st.integers(2, 7))
    def publish_many(self, edition: str, count: int) -> Any:
        drafts = [Draft(headline=self.text(), edition=edition) for _ in range(count)]
        made = self.run(publish_all(self.items, drafts))
        for item in made:
            self.remember(item)
        return multiple(*(item.id for item in made))

    @rule(target=scheduled, edition=EDITIONS)
    def schedule(self, edition: str) -> str:
        text = self.text()
        draft = Draft.model_validate(
            {"headline": text, "edition": edition, "at": "2099-01-01T00:00:00Z", "force": True}
        )
        done = self.run(self.items.publish(draft, by="editor"))
        self.embargoed[done.item.id] = text.encode()
        return done.item.id

    @rule(target=published, id=consumes(scheduled))
    def release(self, id: str) -> Any:
        if id not in self.embargoed:
            return multiple()
        done = self.run(self.items.release(id, by="editor"))
        del self.embargoed[id]
        self.remember(done.item)
        return id

    @rule(id=published, sections=SECTIONS)
    def update(self, id: str, sections: list[str]) -> None:
        if self.is_live(id):
            change = Change(headline=self.text(), sections=sections)
            self.remember(self.run(self.items.change(id, change, by="editor")).item)

    @rule(id=published, story=STORIES)
    def move_to_another_story(self, id: str, story: str | None) -> None:
        if self.is_live(id):
            change = Change(headline=self.text(), story=story)
            self.remember(self.run(self.items.change(id, change, by="editor")).item)

    @rule(id=published)
    def correct(self, id: str) -> None:
        if self.is_live(id):
            change = Change(headline=self.text(), correction="It was another one.")
            self.remember(self.run(self.items.change(id, change, by="editor")).item)

    @rule(id=published, pinned=st.booleans())
    def pin(self, id: str, pinned: bool) -> None:
        if self.is_live(id):
            self.truth[id] = self.run(self.items.pin(id, pinned, by="editor")).item

    @rule(id=published)
    def retract(self, id: str) -> None:
        if id not in self.truth:
            return
        done = self.run(self.items.retract(id, "wrong", by="editor"))
        self.truth[id] = done.item
        if done.wire_id is not None:
            self.retracted.setdefault(id, done.wire_id)

    @rule(id=published)
    def expire(self, id: str) -> None:
        if self.is_live(id):
            self.truth[id] = self.run(self.items.expire(id, by="schedule")).item

    @rule()
    def beat(self) -> None:
        self.run(self.live.send_heartbeat(1))

    # The relays.

    @rule(which=st.integers(0, 1))
    def relay(self, which: int) -> None:
        self.run(self.relays[which].drain())

    @rule(which=st.integers(0, 1), count=st.integers(1, 3))
    def relay_carries_a_few(self, which: int, count: int) -> None:
        self.run(self.relays[which].carry(count))

    @rule()
    def commits_leave_their_events_to_the_relays(self) -> None:
        self.items = self.relayed

    @rule()
    def commits_carry_their_events(self) -> None:
        self.items = self.inline

    @rule(which=st.sampled_from([(0, 1), (0,), (1,)]))
    def everything_moves(self, which: tuple[int, ...]) -> None:
        """Carry and tail everything: random scripts alone seldom let events arrive."""
        self.run(self.relays[0].drain())
        for number in which:
            self.tail(number)

    @rule()
    def trim(self) -> None:
        self.run(self.live.trim(self.chosen.lane_events_max, 1_000_000))

    # The servers.

    @rule(which=st.integers(0, 1))
    def tail(self, which: int) -> None:
        process = self.processes[which]
        self.run(process.tail.step(0))
        process.settle()

    @rule(which=st.integers(0, 1))
    def verify(self, which: int) -> None:
        process = self.processes[which]
        self.run(process.tail.verify())
        process.settle()

    @rule(which=st.integers(0, 1))
    def restart(self, which: int) -> None:
        old = self.processes[which]
        for reading in self.readings:
            if reading.process is old:
                self.disconnect(reading)
        self.retire(old)
        self.processes[which] = Process(self.live, self.chosen)
        self.run(self.processes[which].tail.start())

    @rule(which=st.integers(0, 1), seconds=st.sampled_from([0.25, 1.0, 3.0, 30.0]))
    def pass_time(self, which: int, seconds: float) -> None:
        self.processes[which].pass_time(seconds)
        self.sent_elsewhere()

    def sent_elsewhere(self) -> None:
        """Cut the readers that a server could not answer and closed."""
        for reading in self.readings:
            if reading.subscriber is not None and reading.subscriber.closing:
                assert reading.subscriber.closed == CloseCode.BEHIND
                self.disconnect(reading)

    # The store.

    @rule()
    def restart_of_the_store(self) -> None:
        """It loses nothing. It has another replication id, which only the carry compares."""
        self.run(self.another_server())

    async def another_server(self) -> None:
        self.servers += 1
        keys = self.keys
        await self.redis.hset(keys.epochs, "server", f"{self.servers:x}")  # type: ignore[misc]

    @rule()
    def replicate(self) -> None:
        """A replica has everything up to here."""
        self.replica = self.run(self.saved())

    async def saved(self) -> Replica:
        names = await self.redis.keys("*")
        dumping = self.redis.pipeline(transaction=False)
        for name in names:
            dumping.dump(name)
        return Replica(
            dict(zip(names, await dumping.execute(), strict=True)),
            dict(self.truth),
            dict(self.retracted),
            dict(self.embargoed),
        )

    @precondition(lambda self: self.replica is not None)
    @rule()
    def promote(self) -> None:
        """The primary is gone, and with it what the replica lacks. Readers have seen some of it."""
        assert self.replica is not None
        self.run(self.promoted(self.replica))
        self.truth = dict(self.replica.truth)
        self.retracted = dict(self.replica.retracted)
        # What the lost primary had released is public: a process shows it until it learns of the
        # new epoch.
        self.embargoed = {
            id: text for id, text in self.replica.embargoed.items() if id not in self.texts
        }
        self.happened["promotions"] += 1

    async def promoted(self, replica: Replica) -> None:
        top = (await self.live.open())[2]
        restoring = self.redis.pipeline(transaction=False)
        restoring.flushall()
        for name, value in replica.dumps.items():
            restoring.restore(name, 0, value)
        await restoring.execute()
        await self.another_server()
        # Ids are times: the lost branch is some milliseconds old when the new one begins.
        while await self.now_ms() <= top.ms:
            pass

    async def now_ms(self) -> int:
        seconds, micros = await self.redis.time()
        return int(seconds) * 1000 + int(micros) // 1000

    # The readers.

    @rule(query=st.sampled_from(QUERIES), which=st.integers(0, 1))
    def arrive(self, query: str, which: int) -> None:
        wanted = self.subscriptions.from_query(query).wanted
        assert isinstance(wanted, Filter)
        reading = Reading(wanted, query)
        self.readings.append(reading)
        self.connect(reading, which)

    @rule(number=NUMBER, which=st.integers(0, 1))
    def reconnect(self, number: int, which: int) -> None:
        reading = self.readings[number % len(self.readings)]
        self.disconnect(reading)
        self.connect(reading, which)

    @rule(number=NUMBER)
    def vanish(self, number: int) -> None:
        self.disconnect(self.readings[number % len(self.readings)])

    @rule(number=NUMBER, which=st.integers(0, 1))
    def start_afresh(self, number: int, which: int) -> None:
        reading = self.readings[number % len(self.readings)]
        self.disconnect(reading)
        reading.cursor, reading.board = None, {}
        self.connect(reading, which)

    @rule(number=NUMBER)
    def network_blocks(self, number: int) -> None:
        reading = self.readings[number % len(self.readings)]
        if reading.subscriber is not None:
            reading.subscriber.network.blocked = True

    @rule(number=NUMBER)
    def network_flows(self, number: int) -> None:
        self.flow(self.readings[number % len(self.readings)])

    def connect(self, reading: Reading, which: int) -> None:
        process = self.processes[which]
        subscriber = FakeSubscriber(process.hub, high=600)
        if self.readings.index(reading) % 3 == 2:
            subscriber.crowd = Crowd.FOR_ALL
        self.watch(subscriber, process)
        reading.subscriber, reading.process = subscriber, process
        process.hub.join(subscriber, Subscription(reading.filter, reading.cursor, (BACKLOG,)))
        process.settle()

    def disconnect(self, reading: Reading) -> None:
        """Cut the connection and lose the bytes that the network has not delivered."""
        if reading.subscriber is None or reading.process is None:
            return
        reading.take_in()
        reading.compacted = reading.compacted or reading.subscriber.compacted
        if not reading.subscriber.closing:
            reading.subscriber.connection_lost(None)
        reading.process.settle()
        reading.subscriber = reading.process = None

    def flow(self, reading: Reading) -> None:
        if reading.subscriber is not None and reading.process is not None:
            reading.subscriber.network.blocked = False
            reading.subscriber.network.drain()
            reading.process.settle()
            reading.take_in()
            reading.compacted = reading.compacted or reading.subscriber.compacted

    def watch(self, subscriber: FakeSubscriber, process: Process) -> None:
        """Check every byte at the moment at which it is written."""
        write = subscriber.network.write

        def checked(data: bytes) -> None:
            for id, at in self.retracted.items():
                if at <= process.hub.lane.position:
                    for text in self.texts[id]:
                        assert text not in data, "retracted text was sent after its retraction"
            for text in self.embargoed.values():
                assert text not in data, "embargoed text was sent"
            process.written.update(
                Cursor.parse(at).id for at in EVENTS.findall(data.decode("latin-1"))
            )
            write(data)

        subscriber.network.write = checked  # type: ignore[method-assign]

    # What must hold.

    @invariant()
    def screens_are_in_order(self) -> None:
        for reading in self.readings:
            reading.take_in()
            if reading.subscriber is not None:
                reading.compacted = reading.compacted or reading.subscriber.compacted

    def teardown(self) -> None:
        try:
            if hasattr(self, "processes"):
                self.finish()
                self.retire(*self.processes)
        finally:
            self.run(self.redis.aclose())
            self.loop.close()

    def retire(self, *processes: Process) -> None:
        """Add up the counters of these processes."""
        for process in processes:
            counters = process.hub.counters
            self.happened.update(events=counters.events, pauses=counters.pauses)
            for (outcome, _), count in counters.welcomes.items():
                self.happened[outcome] += count
        self.check_receipts(processes)

    def check_receipts(self, processes: Collection[Process]) -> None:
        """Compare the live receipts of these processes with what they have written."""
        found: dict[tuple[str, str], list[LiveReceipt]] = {}
        for process in processes:
            for item, action, receipt in process.hub.receipts.take(10_000, later=True):
                written = process.written[receipt.event]
                assert count_of(receipt) == written, f"not {written}: {action} of {item}: {receipt}"
                found.setdefault((item, action), []).append(receipt)
                self.happened["written at once"] += receipt.screens
                self.happened["written later"] += receipt.later
        for of_action, receipts in found.items():
            whole = total(receipts)
            assert whole is not None
            kept = [(process, process.hub.receipts.event_of(*of_action)) for process in processes]
            if any(event is not None and event > whole.event for _, event in kept):
                continue  # of an event that a failover has lost: the older one is not counted there
            # Where it has lost this one, and the one before was carried again, that is counted.
            written = sum(
                process.written[whole.event]
                for process, event in kept
                if event is None or event == whole.event
            )
            assert count_of(whole) == written, f"not {written}: {of_action}: {whole} of {receipts}"

    def finish(self) -> None:
        """Carry and deliver everything, then compare every screen with the newsroom."""
        self.run(self.relays[0].drain())
        for process in self.processes:
            self.run(process.tail.verify())
            self.run(process.tail.step(0))
            process.settle()
            process.pass_time(3)
        self.sent_elsewhere()
        for reading in self.readings:
            self.flow(reading)
            if reading.subscriber is None:
                self.connect(reading, 0)
                self.processes[0].pass_time(3)
            self.flow(reading)
        lane = self.lane()
        for reading in self.readings:
            self.compare(reading, lane)

    def lane(self) -> list[LaneEvent]:
        """Return every event that ever was due in the lane, read from the wire."""
        wire = self.run(self.live.read_wire(ZERO, 0, 100_000))
        events = []
        for id, record in wire:
            if b"e" in record:
                event = read_lane(id, WireEvent.read(record).lane_record(), 0)
                assert isinstance(event, LaneEvent)
                events.append(event)
        return events

    def compare(self, reading: Reading, lane: list[LaneEvent]) -> None:
        expected = {
            id: item.version
            for id, item in self.truth.items()
            if item.state == "live" and reading.filter.matches(Facets.of(item))
        }
        assert reading.board == expected, f"the screen of {reading.query!r} differs"
        assert reading.since is not None
        owed = [
            event
            for event in lane
            if event.id > reading.since.id and visible(event, reading.filter) is not None
        ]
        ids = [event.id for event in owed]
        assert set(reading.seen) <= set(ids), "something came that was not asked for"
        seen = set(reading.seen)
        for event in owed:
            if event.id in seen:
                continue
            later = [e for e in lane if e.item_id == event.item_id and e.id > event.id]
            gone = any(e.action == "retract" for e in later)
            passed_over = reading.compacted and any(e.id in seen for e in later)
            assert gone or passed_over, f"missed {event.action} of {event.item_id}"


def count_of(receipt: LiveReceipt) -> int:
    """Return how often an event was written, at once and later."""
    return receipt.screens + receipt.delayed + receipt.later


@pytest.fixture(scope="module")
def valkey() -> Iterator[RedisServer]:
    server = RedisServer("valkey", append=False)
    server.start()
    yield server
    server.stop()


@pytest.mark.long
def test_every_event_arrives_once_and_in_order(valkey: RedisServer) -> None:
    NewsroomMachine.server = valkey
    run_state_machine_as_test(
        NewsroomMachine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=100,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    happened = NewsroomMachine.happened
    print(dict(happened))
    if EXAMPLES >= 250:  # fewer may well be tame
        for name, least in LEAST.items():
            assert happened[name] >= least, f"the script is too tame: {name} {happened[name]}"
