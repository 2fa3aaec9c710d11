"""Simulate readers that lose their server together and come back with the clients' backoff.

A fluid model: it counts readers by attempt and by the slot of time in which the attempt is due.
Every draw of the backoff is its expected value, so a run has no randomness. It simulates what
PROTOCOL.md §7 asks of clients: full jitter, a ceiling that doubles from ``first`` to ``last``
seconds, and the delay that a server asks for (``Retry-After``) instead where it gives one.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import ceil, log2

SLOT = 0.05
"""Seconds of one slot."""
BY_KERNEL = 0.02
"""``Servers.refusal`` where a full accept queue refuses: some microseconds for a packet, against
the 400 of a TLS handshake."""
LONGEST = 1_800.0
"""Seconds after which a simulation ends, whoever is still away."""


@dataclass(frozen=True, slots=True)
class Client:
    """Seconds of a client's backoff; the defaults are those of the JavaScript client."""

    first: float = 1.0
    last: float = 30.0

    @property
    def steps(self) -> int:
        """Failures after which the ceiling no longer grows."""
        return 1 + max(0, ceil(log2(self.last / self.first)))

    def ceiling(self, failures: int) -> float:
        """Return the longest delay after ``failures`` failures in a row, at least one."""
        return min(self.last, self.first * 2.0 ** min(failures - 1, 32))


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers that take the readers in."""

    resumes_per_s: float
    """Connections that they complete in a second, all together."""
    queue_s: float = 5.0
    """Seconds of work that may wait; a connection beyond that is refused at once."""
    refusal: float = 0.8
    """Work of a refused connection as a share of a completed one. Behind TLS nearly the whole: the
    handshake comes first. Where the kernel drops it, about ``BY_KERNEL``."""
    up_after: float = 0.0
    """Seconds until they accept connections at all; attempts before that fail at once."""
    retry_after: tuple[float, float] | None = None
    """Seconds, from and to, in which a refused client is asked to come back, drawn evenly."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a wave. Times are seconds after the loss; None: not within ``LONGEST``."""

    half: float | None
    most: float | None
    """99 of 100 readers are back."""
    all: float | None
    """All but one reader in a million are back."""
    peak: float
    """The largest number of attempts in a second."""
    attempts: float
    """Attempts for each reader, on average."""


def simulate(readers: int, servers: Servers, client: Client | None = None) -> Outcome:
    """Return how ``readers`` come back who all lose their connection at second 0."""
    client = client or Client()
    due = _Due(client.steps)
    due.spread(float(readers), 1, 0, (0.0, client.ceiling(1)))
    queue = returned = attempts = 0.0
    marks: dict[float, float] = {}
    per_second: deque[float] = deque(maxlen=round(1 / SLOT))
    peak = 0.0
    for slot in range(round(LONGEST / SLOT)):
        at = slot * SLOT
        up = at >= servers.up_after
        arrived = refused = 0.0
        for failures, count in due.take(slot):
            arrived += count
            room = max(0.0, servers.resumes_per_s * servers.queue_s - queue) if up else 0.0
            accepted = min(count, room)
            queue += accepted
            if count > accepted:
                refused += count - accepted
                delays = (0.0, client.ceiling(failures + 1))
                if up and servers.retry_after is not None:
                    delays = servers.retry_after
                due.spread(count - accepted, failures + 1, slot + 1, delays)
        attempts += arrived
        per_second.append(arrived)
        peak = max(peak, sum(per_second))
        if up:
            work = servers.resumes_per_s * SLOT - refused * servers.refusal
            served = min(queue, max(0.0, work))
            queue -= served
            returned += served
        for share in (0.5, 0.99, 1 - 1e-6):
            if share not in marks and returned >= readers * share:
                marks[share] = at + SLOT
        if len(marks) == 3:
            break
    half, most, all_ = (marks.get(share) for share in (0.5, 0.99, 1 - 1e-6))
    return Outcome(half, most, all_, peak, attempts / readers)


class _Due:
    """Readers by the slot of their next attempt and by their failures so far.

    Each spread is an even rate over some slots, so it is kept as two changes of a rate.
    """

    def __init__(self, failures_most: int) -> None:
        """``failures_most`` failures count like any larger number."""
        self._most = failures_most
        self._rates: dict[int, float] = {}
        self._changes: dict[int, list[tuple[int, float]]] = {}

    def spread(self, count: float, failures: int, slot: int, delays: tuple[float, float]) -> None:
        """Let ``count`` readers try again, evenly between ``delays[0]`` and ``delays[1]``."""
        failures = min(failures, self._most)
        start = slot + round(delays[0] / SLOT)
        slots = max(1, round((delays[1] - delays[0]) / SLOT))
        self._changes.setdefault(start, []).append((failures, count / slots))
        self._changes.setdefault(start + slots, []).append((failures, -count / slots))

    def take(self, slot: int) -> list[tuple[int, float]]:
        """Return the readers due in ``slot``, as pairs of failures and count. Slots in order."""
        for failures, change in self._changes.pop(slot, ()):
            self._rates[failures] = max(0.0, self._rates.get(failures, 0.0) + change)
        return sorted(self._rates.items())
