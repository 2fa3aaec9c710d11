"""What a poll gets, as bytes that are made once and shared.

Equal filters share bytes, and so do gateways: an answer depends on the filter, the limit, where the
reader stands and the newest item event, and on nothing else. A newsroom's heartbeats move the lane
but not the answers, so in quiet times a poll stays ``304`` and a CDN keeps its copy.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeAlias

from ticker.core.cursor import Cursor, StreamId
from ticker.core.filter import Filter
from ticker.core.lane import Lane, ResetReason
from ticker.core.window import visible

ITEMS_DEFAULT, ITEMS_MAX = 20, 200
EVENTS_DEFAULT, EVENTS_MAX = 200, 1_000

ANSWERS_MAX = 1_024
BYTES_MAX = 16 * 1_048_576

_Wanted: TypeAlias = tuple[Filter, int, StreamId | str | None]


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON body and its ETag, which says the same on every gateway for the same bytes."""

    body: bytes
    etag: str


class Poll:
    """Makes answers out of a lane and keeps those of its newest state.

    At most ``ANSWERS_MAX`` answers and ``BYTES_MAX`` bytes are kept, the least used go first. All
    go at the next item event: a retracted text is not kept here either (DESIGN invariant 5).
    """

    def __init__(self, answers_max: int = ANSWERS_MAX, bytes_max: int = BYTES_MAX) -> None:
        self._answers_max = answers_max
        self._bytes_max = bytes_max
        self._answers: OrderedDict[_Wanted, Answer] = OrderedDict()
        self._size = 0
        self._lane: Lane | None = None
        self._settled = Cursor(0, StreamId(0, 0))

    def __len__(self) -> int:
        return len(self._answers)

    @property
    def size(self) -> int:
        """Return the bytes of all answers kept."""
        return self._size

    def snapshot(
        self, lane: Lane, filter: Filter, limit: int, reset: ResetReason | None = None
    ) -> Answer:
        """Return the first ``limit`` items in the view; ``reset`` is why instead of a replay."""
        self._follow(lane)
        wanted = (filter, limit, reset)
        return self._kept(wanted) or self._keep(wanted, self._snapshot(lane, filter, limit, reset))

    def events(self, lane: Lane, filter: Filter, limit: int, after: StreamId) -> Answer:
        """Return the first ``limit`` events in the view after ``after``, which the window holds."""
        self._follow(lane)
        wanted = (filter, limit, after)
        return self._kept(wanted) or self._keep(wanted, self._events(lane, filter, limit, after))

    def _snapshot(self, lane: Lane, filter: Filter, limit: int, reset: ResetReason | None) -> bytes:
        items = b",".join(event.item for event in lane.board.select(filter, limit))
        told = b"false" if reset is None else b"true"
        reason = b"null" if reset is None else b'"%s"' % reset.encode()
        return b'{"cursor":"%s","mode":"snapshot","reset":%s,"reason":%s,"items":[%s]}' % (
            str(self._settled).encode(),
            told,
            reason,
            items,
        )

    def _events(self, lane: Lane, filter: Filter, limit: int, after: StreamId) -> bytes:
        messages: list[bytes] = []
        more = False
        # Never behind the reader, who may hold the position of a heartbeat.
        position = max(after, self._settled.id)
        last = after
        for event in lane.window.after(after):
            message = visible(event, filter)
            if message is None:
                continue
            if len(messages) == limit:
                more, position = True, last
                break
            messages.append(message)
            last = event.id
        return (
            b'{"cursor":"%s","mode":"%s","reset":false,"reason":null,"more":%s,"events":[%s]}'
            % (
                str(Cursor(lane.epoch, position)).encode(),
                b"replay" if messages else b"live",
                b"true" if more else b"false",
                b",".join(messages),
            )
        )

    def _follow(self, lane: Lane) -> None:
        """Forget every answer once there is something newer to say.

        The position after which nothing has happened is as good a cursor as the lane's own, and
        does not change at every heartbeat.
        """
        last = lane.window.last
        settled = Cursor(lane.epoch, lane.window.start if last is None else last.id)
        if lane is not self._lane or settled != self._settled:
            self._answers.clear()
            self._size = 0
            self._lane = lane
            self._settled = settled

    def _kept(self, wanted: _Wanted) -> Answer | None:
        answer = self._answers.get(wanted)
        if answer is not None:
            self._answers.move_to_end(wanted)
        return answer

    def _keep(self, wanted: _Wanted, body: bytes) -> Answer:
        answer = Answer(body, f'"{blake2b(body, digest_size=9).hexdigest()}"')
        if len(body) > self._bytes_max:
            return answer
        self._answers[wanted] = answer
        self._size += len(body)
        while self._size > self._bytes_max or len(self._answers) > self._answers_max:
            _, oldest = self._answers.popitem(last=False)
            self._size -= len(oldest.body)
        return answer
