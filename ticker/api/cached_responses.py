"""Responses rendered from the lane: bytes rendered once and shared until the next item event."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from gzip import compress
from hashlib import blake2b

from starlette.requests import Request
from starlette.responses import Response

from ticker.api.headers import not_modified
from ticker.api.miss_budget import charge_miss
from ticker.api.routing import json_response
from ticker.domain.cursor import Cursor, StreamId
from ticker.stream.replay import Lane

RESPONSES_MAX = 1_024
BYTES_MAX = 16 * 1_048_576


def settled_cursor(lane: Lane) -> Cursor:
    """Return the position of the lane's newest item event, which heartbeats do not change."""
    last = lane.window.last
    return lane.timeline.cursor(lane.window.start) if last is None else last.cursor


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """A response body and its ETag. Equal bytes have the same ETag on every server."""

    body: bytes
    etag: str

    @classmethod
    def of(cls, body: bytes) -> CachedResponse:
        """Return the response with a copy of ``body``: orjson's has room for ten times as much."""
        kept = bytes(memoryview(body))
        return cls(kept, f'"{blake2b(kept, digest_size=9).hexdigest()}"')

    def respond(self, request: Request, cache: str) -> Response:
        """Return the JSON response, or 304 if the client has it; ``cache`` is its Cache-Control."""
        headers = {"etag": self.etag, "cache-control": cache}
        if not_modified(request, self.etag):
            return Response(status_code=304, headers=headers)
        return json_response(self.body, headers=headers)


class CachedResponses:
    """Cache of responses for the lane's newest state.

    It holds at most ``responses_max`` responses and ``bytes_max`` bytes; the least recently used
    are dropped first. The next item event clears it, so no retracted text stays in it.
    """

    def __init__(self, responses_max: int = RESPONSES_MAX, bytes_max: int = BYTES_MAX) -> None:
        self._answers_max = responses_max
        self._bytes_max = bytes_max
        self._responses: OrderedDict[Hashable, CachedResponse] = OrderedDict()
        self._size = 0
        self._lane: Lane | None = None
        self._settled = Cursor(0, StreamId(0, 0))

    def __len__(self) -> int:
        return len(self._responses)

    @property
    def size(self) -> int:
        """Return the total size of the cached bodies in bytes."""
        return self._size

    @property
    def settled(self) -> Cursor:
        """Return the position of the newest item event in the lane used last.

        It is as valid a cursor as the lane's own, and heartbeats do not change it.
        """
        return self._settled

    def get(self, lane: Lane, key: Hashable, make: Callable[[], bytes]) -> CachedResponse:
        """Return the response cached under ``key``, or render it with ``make`` and cache it.

        Lanes that show different editions have different responses.

        A miss is charged to the client of the request, which may have spent its budget: raises
        TooMany or Unavailable. An exception of ``make`` passes through, and nothing is cached.
        """
        key = lane.readable, key
        found = self.cached(lane.whole, key)
        if found is None:
            charge_miss()
            return self.keep(key, make())
        return found

    def packed(self, lane: Lane, key: Hashable, response: CachedResponse) -> CachedResponse:
        """Return ``response``, cached under ``key``, compressed with gzip: once for all clients."""
        key = lane.readable, (key, "gzip")
        found = self.cached(lane.whole, key)
        if found is None:
            etag = f'{response.etag[:-1]}-gzip"'
            found = self._keep(key, CachedResponse(compress(response.body, 6, mtime=0), etag))
        return found

    def cached(self, lane: Lane, key: Hashable) -> CachedResponse | None:
        """Return the response cached under ``key``, or None."""
        self.follow(lane)
        found = self._responses.get(key)
        if found is not None:
            self._responses.move_to_end(key)
        return found

    def follow(self, lane: Lane) -> Cursor:
        """Return ``settled`` of ``lane``. If it has a newer item event, clear the cache."""
        settled = settled_cursor(lane)
        if lane is not self._lane or settled != self._settled:
            self._responses.clear()
            self._size = 0
            self._lane = lane
            self._settled = settled
        return settled

    def keep(self, key: Hashable, body: bytes) -> CachedResponse:
        """Cache ``body``, made from the lane as it is, under ``key``; return the response."""
        return self._keep(key, CachedResponse.of(body))

    def _keep(self, key: Hashable, response: CachedResponse) -> CachedResponse:
        if len(response.body) > self._bytes_max:
            return response
        self._responses[key] = response
        self._size += len(response.body)
        while self._size > self._bytes_max or len(self._responses) > self._answers_max:
            _, oldest = self._responses.popitem(last=False)
            self._size -= len(oldest.body)
        return response
