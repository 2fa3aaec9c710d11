"""The stream role: relay, heartbeat, schedule, WebSub and wire desk, as tasks beside arq's jobs.

Nothing on the way to a live screen is an arq job: arq polls twice a second, and a crashed worker's
job waits for the end of its in-progress key. These tasks go on trying while Redis is away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from ticker.config import Settings
from ticker.media.records import MediaRecords
from ticker.publishing.audit_log import AuditLog
from ticker.publishing.index_check import IndexCheck
from ticker.publishing.schedule_index import ScheduleIndex
from ticker.publishing.service import ItemService
from ticker.storage.address import main_store
from ticker.storage.connection import connect
from ticker.storage.keys import Keys
from ticker.stream.lane_store import LaneStore
from ticker.stream.replicated_carry import ReplicatedCarry
from ticker.telemetry.families import Family
from ticker.wires.store import Wires
from workers.job_context import JobContext
from workers.redis_metrics import RedisMetrics
from workers.relay import Relay
from workers.scheduler import Schedule
from workers.supervised_task import SupervisedTask, task_metrics
from workers.websub import hubs
from workers.wires import WireDesk

STOP_EACH = 5.0
"""Seconds that a task gets to end once it is cancelled."""


class StreamTasks(JobContext):
    """One worker process's tasks and the connections they share. ``start`` once, ``stop`` once."""

    def __init__(self, settings: Settings) -> None:
        keys = Keys(settings.namespace)
        self._redis = connect(main_store(settings), wait=settings.durability_timeout)
        self._reader = connect(main_store(settings), blocking=True)
        self.lane = LaneStore(self._redis, keys, self._reader)
        self.items = ItemService(self._redis, keys, settings.taxonomy, settings)
        self._replicated = None
        if settings.durability == "replicated":
            self._replicated = ReplicatedCarry(
                self._redis, keys, settings.replicas, settings.durability_timeout
            )
        self.relay = Relay(self.lane, settings, self._replicated)
        self.schedule = Schedule(
            self.items,
            ScheduleIndex(self._redis, keys),
            IndexCheck(self._redis, keys),
            self.lane,
            AuditLog(self._redis, keys),
            settings,
            MediaRecords(
                *(self._redis, keys, settings.media_bytes_max, settings.media_unused_ttl * 1000)
            ),
        )
        self.hubs = hubs(settings, self.lane, self._redis, keys)
        self.wire_desk = WireDesk(Wires(self._redis, keys), self.items, settings)
        self._heartbeat_ms = max(1, int(settings.lane_heartbeat * 1000))
        self.redis_metrics = RedisMetrics(self._redis, keys)
        self.tasks = (
            SupervisedTask("relay", self.relay.step),
            SupervisedTask("heartbeat", self._send_heartbeat),
            SupervisedTask("schedule", self.schedule.step),
            SupervisedTask("redis metrics", self.redis_metrics.step),
            SupervisedTask("wire desk", self.wire_desk.step, self.wire_desk.lost),
            *(SupervisedTask(f"WebSub hub {hub.url}", hub.step, hub.lost) for hub in self.hubs),
        )
        self._running: list[asyncio.Task[None]] = []

    def metrics(self) -> Iterable[Family]:
        """Return what the relay carried, and the state of the tasks."""
        yield from self.relay.metrics()
        yield from self.redis_metrics.metrics()
        yield from self.wire_desk.metrics()
        yield from task_metrics(self.tasks)

    def start(self) -> None:
        """Start the tasks in the running loop. They connect by themselves, now or later."""
        if not self._running:
            self._running = [asyncio.create_task(task.run(), name=task.name) for task in self.tasks]

    async def stop(self) -> None:
        """Stop the tasks that make events first and the relay last; then close the connections.

        Another worker carries what is left on the wire, or this one after its restart.
        """
        for task in reversed(self._running):
            task.cancel()
            await asyncio.wait([task], timeout=STOP_EACH)
        self._running = []
        await self.wire_desk.aclose()
        for hub in self.hubs:
            await hub.aclose()
        if self._replicated is not None:
            await self._replicated.aclose()
        await self._redis.aclose()
        await self._reader.aclose()

    async def _send_heartbeat(self) -> float:
        sent, wait_ms = await self.lane.send_heartbeat(self._heartbeat_ms)
        if sent is not None:
            await self.relay.step()  # at once: events behind it on the wire wait for it
        return max(0.001, wait_ms / 1000)
