"""Cache of fan-out plans: the recipients of an event, by the event's facets."""

from __future__ import annotations

from dataclasses import dataclass, field

from ticker.domain.event import LaneEvent
from ticker.gateway.compression_chain import CompressionChain
from ticker.gateway.direct_socket import Recipients
from ticker.gateway.fanout_receipts import Reach
from ticker.gateway.filter_index import FacetKey, FilterIndex
from ticker.gateway.framing import Framing
from ticker.stream.sight import Sight, sight_of

PLANS_MAX = 16
"""Plans kept at once; each lists all recipients of one kind of event."""


@dataclass(frozen=True, slots=True)
class FanoutPlan:
    """The recipients of one framing with the same sight of the event."""

    framing: Framing
    sight: Sight
    recipients: Recipients
    chains: list[CompressionChain] = field(default_factory=list)
    """Recipients that share compression contexts, instead of ``recipients``."""
    reach: Reach = field(default_factory=Reach)
    """How many recipients there are: counted once for all events of the plan."""


class PlanCache:
    """Plans by facets. Call ``clear`` whenever a subscriber becomes live or stops being live."""

    def __init__(self, index: FilterIndex) -> None:
        self._index = index
        self._plans: dict[tuple[FacetKey, FacetKey], list[FanoutPlan]] = {}

    def __len__(self) -> int:
        return len(self._plans)

    def clear(self) -> None:
        """Forget all plans."""
        self._plans.clear()

    def get(self, event: LaneEvent) -> list[FanoutPlan]:
        """Return the plans for an event with these facets."""
        key = (self._index.key(event.facets), self._index.key(event.was))
        plans = self._plans.get(key)
        if plans is None:
            plans = self._make(event)
            if len(self._plans) >= PLANS_MAX:
                self._plans.clear()
            self._plans[key] = plans
        return plans

    def _make(self, event: LaneEvent) -> list[FanoutPlan]:
        merged: dict[tuple[Framing, Sight], FanoutPlan] = {}
        for group in self._index.candidates(event.facets, event.was):
            recipients = group.recipients()
            if (recipients or group.chain) and (sight := sight_of(event, group.wanted)) is not None:
                key = (group.framing, sight)
                plan = merged.get(key)
                if plan is None:
                    plan = merged[key] = FanoutPlan(group.framing, sight, Recipients())
                number = len(recipients)
                if group.chain is None:
                    plan.recipients.extend(recipients)
                else:
                    plan.chains.append(group.chain)
                    number = len(group.chain)
                plan.reach.add(group.audience, number)
        return list(merged.values())
