"""Answers rendered from the lane: bytes rendered once and shared until the next item event."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from hashlib import blake2b

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.headers import not_modified
from ticker.api.resource import answer
from ticker.domain.cursor import Cursor, StreamId
from ticker.stream.replay import Lane

ANSWERS_MAX = 1_024
BYTES_MAX = 16 * 1_048_576


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """A JSON body and its ETag, which says the same on every gateway for the same bytes."""

    body: bytes
    etag: str

    def respond(self, request: Request, cache: str) -> Response:
        """Return it as a response, or 304 to who has it; ``cache`` is its Cache-Control."""
        headers = {"etag": self.etag, "cache-control": cache}
        if not_modified(request, self.etag):
            return Response(status_code=304, headers=headers)
        return answer(self.body, headers=headers)


class CachedAnswers:
    """Keeps the answers of a lane's newest state, under whatever they depend on besides it.

    At most ``answers_max`` answers and ``bytes_max`` bytes are kept, the least used go first. All
    go at the next item event: a retracted text is not kept here either (DESIGN invariant 5).
    """

    def __init__(self, answers_max: int = ANSWERS_MAX, bytes_max: int = BYTES_MAX) -> None:
        self._answers_max = answers_max
        self._bytes_max = bytes_max
        self._answers: OrderedDict[Hashable, CachedAnswer] = OrderedDict()
        self._size = 0
        self._lane: Lane | None = None
        self._settled = Cursor(0, StreamId(0, 0))

    def __len__(self) -> int:
        return len(self._answers)

    @property
    def size(self) -> int:
        """Return the bytes of all answers kept."""
        return self._size

    @property
    def settled(self) -> Cursor:
        """Return the position after which nothing has happened in the lane asked last.

        It is as good a cursor as the lane's own, and does not change at every heartbeat.
        """
        return self._settled

    def answer(self, lane: Lane, wanted: Hashable, make: Callable[[], bytes]) -> CachedAnswer:
        """Return the answer kept under ``wanted``, or the one that ``make`` makes.

        What ``make`` raises passes through, and nothing is kept.
        """
        self._follow(lane)
        found = self._answers.get(wanted)
        if found is None:
            return self._keep(wanted, make())
        self._answers.move_to_end(wanted)
        return found

    def _follow(self, lane: Lane) -> None:
        """Forget every answer once there is something newer to say."""
        last = lane.window.last
        settled = Cursor(lane.epoch, lane.window.start if last is None else last.id)
        if lane is not self._lane or settled != self._settled:
            self._answers.clear()
            self._size = 0
            self._lane = lane
            self._settled = settled

    def _keep(self, wanted: Hashable, body: bytes) -> CachedAnswer:
        answer = CachedAnswer(body, f'"{blake2b(body, digest_size=9).hexdigest()}"')
        if len(body) > self._bytes_max:
            return answer
        self._answers[wanted] = answer
        self._size += len(body)
        while self._size > self._bytes_max or len(self._answers) > self._answers_max:
            _, oldest = self._answers.popitem(last=False)
            self._size -= len(oldest.body)
        return answer
