"""What a poll gets, as bytes that are made once and shared.

Equal filters share bytes, and so do gateways: an answer depends on the filter, the limit, where the
reader stands and the newest item event, and on nothing else. A newsroom's heartbeats move the lane
but not the answers, so in quiet times a poll stays ``304`` and a CDN keeps its copy.
"""

from __future__ import annotations

from ticker.api.cached_answers import CachedAnswer, CachedAnswers
from ticker.domain.cursor import Cursor, StreamId
from ticker.domain.filter import Filter
from ticker.stream.replay import Lane, ResetReason
from ticker.stream.window import visible

ITEMS_DEFAULT, ITEMS_MAX = 20, 200
EVENTS_DEFAULT, EVENTS_MAX = 200, 1_000


class PollAnswers(CachedAnswers):
    """Makes answers to polls out of a lane and keeps those of its newest state."""

    def snapshot(
        self, lane: Lane, filter: Filter, limit: int, reset: ResetReason | None = None
    ) -> CachedAnswer:
        """Return the first ``limit`` items in the view; ``reset`` is why instead of a replay."""
        return self.answer(
            lane, (filter, limit, reset), lambda: self._snapshot(lane, filter, limit, reset)
        )

    def events(self, lane: Lane, filter: Filter, limit: int, after: StreamId) -> CachedAnswer:
        """Return the first ``limit`` events in the view after ``after``, which the window holds."""
        return self.answer(
            lane, (filter, limit, after), lambda: self._events(lane, filter, limit, after)
        )

    def _snapshot(self, lane: Lane, filter: Filter, limit: int, reset: ResetReason | None) -> bytes:
        items = b",".join(event.item for event in lane.current_items.select(filter, limit))
        told = b"false" if reset is None else b"true"
        reason = b"null" if reset is None else b'"%s"' % reset.encode()
        return b'{"cursor":"%s","mode":"snapshot","reset":%s,"reason":%s,"items":[%s]}' % (
            str(self.settled).encode(),
            told,
            reason,
            items,
        )

    def _events(self, lane: Lane, filter: Filter, limit: int, after: StreamId) -> bytes:
        messages: list[bytes] = []
        more = False
        # Never behind the reader, who may hold the position of a heartbeat.
        position = max(after, self.settled.id)
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
