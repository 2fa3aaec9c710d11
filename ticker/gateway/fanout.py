"""Fan-out: write events to every live subscriber whose filter they match."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from ticker.domain.event import LaneEvent
from ticker.gateway.compression_chain import CompressionChain
from ticker.gateway.counters import Counters
from ticker.gateway.deflate import pays
from ticker.gateway.direct_socket import Recipients
from ticker.gateway.fanout_plan import PlanCache
from ticker.gateway.fanout_receipts import FanoutReceipts, Reach
from ticker.gateway.filter_index import FilterIndex
from ticker.gateway.framing import Chain, Framing, deflated_framing, event_stream_framing
from ticker.stream.sight import Sight, message_of, sight_of

CONTEXTS_MAX = 16
"""Compression contexts for which an event is compressed, 12 µs each. The readers with further ones
get it compressed for itself, and share one context from then on."""

_Seen: TypeAlias = tuple[tuple[int, Sight], ...]
"""What a group sees of the events of a batch, by their number."""
_Encoded: TypeAlias = tuple[bytes, int]
"""The bytes to write, and about how many compression has saved."""


class Fanout:
    """Encodes each event once per framing, and joins a batch into one write per subscriber."""

    def __init__(self, index: FilterIndex, counters: Counters, receipts: FanoutReceipts) -> None:
        self.plans = PlanCache(index)
        self._receipts = receipts
        self._index = index
        self._counters = counters

    def write(self, events: list[LaneEvent]) -> None:
        """Write ``events``, which are in lane order."""
        self._counters.events += len(events)
        if len(events) == 1:
            self._write_one(events[0])
        else:
            self._write_batch(events)

    def _write_one(self, event: LaneEvent) -> None:
        plans, began = self.plans.get(event), self._receipts.clock()
        delayed = 0
        for plan in plans:
            message = message_of(event, plan.sight)
            seen = [(event, message)]
            if plan.chains:
                delayed += self._write_chained(plan.chains, seen, {})
            else:
                delayed += self._write(self._encode(plan.framing, seen), plan.recipients)
        reached = [plan.reach for plan in plans]
        self._receipts.add(event, reached, began, self._receipts.clock(), delayed)
        self._receipts.added()

    def _write_batch(self, events: list[LaneEvent]) -> None:
        # Frames made for one group serve every other group that sees the same of these events.
        encoded: dict[tuple[Framing, _Seen], _Encoded] = {}
        chained: dict[_Seen, dict[bytes, _Encoded]] = {}
        reached: dict[_Seen, Reach] = {}
        began = self._receipts.clock()
        facets = (one for event in events for one in (event.facets, event.was))
        for group in self._index.candidates(*facets):
            recipients = group.recipients()
            if not recipients and not group.chain:
                continue
            seen = tuple(
                (number, sight)
                for number, event in enumerate(events)
                if (sight := sight_of(event, group.wanted)) is not None
            )
            if not seen:
                continue
            reach = reached.get(seen)
            if reach is None:
                reach = reached[seen] = Reach()
            reach.add(group.audience, len(recipients) if group.chain is None else len(group.chain))
            found = encoded.get((group.framing, seen))
            if found is None:
                messages = [
                    (events[number], message_of(events[number], sight)) for number, sight in seen
                ]
                if group.chain is not None:
                    shared = chained.setdefault(seen, {})
                    reach.delayed += self._write_chained([group.chain], messages, shared)
                    continue
                found = encoded[group.framing, seen] = self._encode(group.framing, messages)
            reach.delayed += self._write(found, recipients)
        seen_by: list[list[Reach]] = [[] for _ in events]
        for seen, reach in reached.items():
            for number, _ in seen:
                seen_by[number].append(reach)
        ended = self._receipts.clock()
        for event, parts in zip(events, seen_by, strict=True):
            self._receipts.add(event, parts, began, ended)
        self._receipts.added()

    def _write_chained(
        self,
        chains: Iterable[CompressionChain],
        seen: list[tuple[LaneEvent, bytes]],
        encoded: dict[bytes, _Encoded],
    ) -> int:
        """Write with references to what each part of the readers has got last.

        ``encoded`` keeps the bytes by that. Return how many connections did not take all of it.
        """
        delayed = 0
        last = next((message for _, message in reversed(seen) if pays(message)), b"")
        for chain in chains:
            for before, recipients in chain.follow(last):
                known = before if before in encoded or len(encoded) < CONTEXTS_MAX else b""
                found = encoded.get(known)
                if found is None:
                    found = encoded[known] = self._encode(Chain(known), seen)
                delayed += self._write(found, recipients)
        return delayed

    def _write(self, encoded: _Encoded, recipients: Recipients) -> int:
        data, saved = encoded
        self._counters.writes += len(recipients)
        self._counters.saved_bytes += saved * len(recipients)
        return recipients.write(data)

    def _encode(self, framing: Framing, seen: list[tuple[LaneEvent, bytes]]) -> _Encoded:
        self._counters.encodes += len(seen)
        if framing is event_stream_framing:
            data = b"".join(framing("item", one, str(event.cursor)) for event, one in seen)
        else:  # the cursor is in the message
            data = b"".join([framing("item", one, None) for _, one in seen])
        if framing is not deflated_framing and not isinstance(framing, Chain):
            return data, 0
        return data, max(0, sum(len(message) for _, message in seen) - len(data))
