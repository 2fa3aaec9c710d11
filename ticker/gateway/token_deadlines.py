"""The tokens of open connections: a notice before one expires, and the end when it has.

A tick acts on a bounded number of connections, because the readers of one evening have tokens of
the same minute. Readers without a token are not in here and cost nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from itertools import count, islice

from ticker.gateway.subscriber import Subscriber
from ticker.gateway.subscriber_state import Closed, Closing, Paused
from ticker.reader_access.access import ReaderAccess
from ticker.reader_access.verdicts import Granted
from ticker.stream import frames
from ticker.stream.close_codes import CloseCode

NOTICE = 60.0
"""Seconds before its end at which a reader is told, or half of what is left, if that is less."""
SPREAD = 15.0
"""Seconds over which the notices of tokens with the same end are spread (jitter)."""
PER_TICK = 500
"""Connections that one tick writes to; the rest have their turn in the next ones."""


class TokenDeadlines:
    """The connections of this process that have a token."""

    def __init__(self, access: ReaderAccess) -> None:
        self._access = access
        self._watched: dict[Subscriber, Granted] = {}
        self._due: list[tuple[float, int, Subscriber, Granted, bool]] = []
        """A heap: when, a number that orders equal times, whose, and whether it is the end."""
        self._numbers = count()
        self._checked = access.generation
        self._check: Iterator[Subscriber] = iter(())
        self.expired = 0
        self.revoked = 0

    def __len__(self) -> int:
        return len(self._watched)

    def watch(self, subscriber: Subscriber, granted: Granted) -> None:
        """Let the rights of ``subscriber`` end with this token, in place of an earlier one."""
        self._watched[subscriber] = granted
        left = granted.expires - self._access.clock()
        notice = granted.expires - min(NOTICE + random.uniform(0, SPREAD), left / 2)
        heappush(self._due, (notice, next(self._numbers), subscriber, granted, False))
        heappush(self._due, (granted.expires, next(self._numbers), subscriber, granted, True))
        if len(self._due) > 4 * len(self._watched) + 64:
            # Most belong to tokens that were replaced, and to connections that are gone.
            self._due = [one for one in self._due if self._watched.get(one[2]) is one[3]]
            heapify(self._due)

    def forget(self, subscriber: Subscriber) -> None:
        """Forget a connection that is gone, or that has no token any more."""
        self._watched.pop(subscriber, None)

    def tick(self) -> None:
        """Act on what is due."""
        now = self._access.clock()
        for _ in range(PER_TICK):
            if not self._due or self._due[0][0] > now:
                break
            _, _, subscriber, granted, ends = heappop(self._due)
            if self._watched.get(subscriber) is not granted:
                continue
            if ends:
                self.expired += 1
                self._end(subscriber, "token_expired", "the reader token has expired")
            elif not isinstance(subscriber.state, Paused | Closing | Closed):
                left = max(0, round(granted.expires - now))
                subscriber.send("token_expiring", frames.token("token_expiring", left))
        self._check_keys()

    def _check_keys(self) -> None:
        """End the connections whose keys were revoked, after the keys have changed."""
        if self._checked != self._access.generation:
            self._checked = self._access.generation
            self._check = iter(tuple(self._watched))
        for subscriber in islice(self._check, PER_TICK):
            granted = self._watched.get(subscriber)
            if granted is not None and not self._access.verifier.in_force(granted):
                self.revoked += 1
                self._end(subscriber, "invalid_token", "the token's key was revoked")

    def _end(self, subscriber: Subscriber, name: str, message: str) -> None:
        del self._watched[subscriber]
        subscriber.refuse(CloseCode.UNAUTHORISED, name, message)
