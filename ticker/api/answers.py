"""Bytes that are made once, out of a lane's newest state, and shared until it changes.

Polls and feeds keep theirs here. Equal questions share bytes, and so do gateways: an answer depends
on the question and the newest item event, and on nothing else. A newsroom's heartbeats move the
lane but not the answers, so in quiet times a reader's copy stays good and so does a CDN's.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from hashlib import blake2b

from ticker.core.cursor import Cursor, StreamId
from ticker.core.lane import Lane

ANSWERS_MAX = 1_024
BYTES_MAX = 16 * 1_048_576


@dataclass(frozen=True, slots=True)
class Answer:
    """A body and its ETag, which says the same on every gateway for the same bytes."""

    body: bytes
    etag: str


class Answers:
    """Keeps the answers of a lane's newest state.

    At most ``ANSWERS_MAX`` answers and ``BYTES_MAX`` bytes are kept, the least used go first. All
    go at the next item event: a retracted text is not kept here either (DESIGN invariant 5).
    """

    def __init__(self, answers_max: int = ANSWERS_MAX, bytes_max: int = BYTES_MAX) -> None:
        self._answers_max = answers_max
        self._bytes_max = bytes_max
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()
        self._size = 0
        self._lane: Lane | None = None
        self.settled = Cursor(0, StreamId(0, 0))
        """The position after which nothing has happened to an item."""

    def __len__(self) -> int:
        return len(self._answers)

    @property
    def size(self) -> int:
        """Return the bytes of all answers kept."""
        return self._size

    def answer(self, lane: Lane, wanted: Hashable, make: Callable[[], bytes]) -> Answer:
        """Return the answer to ``wanted``; ``make`` is called if it is not kept."""
        self._follow(lane)
        kept = self._answers.get(wanted)
        if kept is None:
            return self._keep(wanted, make())
        self._answers.move_to_end(wanted)
        return kept

    def _follow(self, lane: Lane) -> None:
        """Forget every answer once there is something newer to say.

        The position after which nothing has happened is as good a cursor as the lane's own, and
        does not change at every heartbeat.
        """
        last = lane.window.last
        settled = Cursor(lane.epoch, lane.window.start if last is None else last.id)
        if lane is not self._lane or settled != self.settled:
            self._answers.clear()
            self._size = 0
            self._lane = lane
            self.settled = settled

    def _keep(self, wanted: Hashable, body: bytes) -> Answer:
        answer = Answer(body, f'"{blake2b(body, digest_size=9).hexdigest()}"')
        if len(body) > self._bytes_max:
            return answer
        self._answers[wanted] = answer
        self._size += len(body)
        while self._size > self._bytes_max or len(self._answers) > self._answers_max:
            _, oldest = self._answers.popitem(last=False)
            self._size -= len(oldest.body)
        return answer
