"""Cache of fan-out plans: the recipients of an event, by the event's facets."""

from __future__ import annotations

from dataclasses import dataclass

from ticker.domain.event import LaneEvent
from ticker.gateway.direct_socket import Recipients
from ticker.gateway.filter_index import FacetKey, FilterIndex
from ticker.gateway.framing import Framing
from ticker.stream.window import visible

PLANS_MAX = 16
"""Plans kept at once; each lists all recipients of one kind of event."""


@dataclass(frozen=True, slots=True)
class FanoutPlan:
    """The recipients of one framing. ``shown``: they get the item, not its removal."""

    framing: Framing
    shown: bool
    recipients: Recipients


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
        merged: dict[tuple[Framing, bool], Recipients] = {}
        for group in self._index.candidates(event.facets, event.was):
            recipients = group.recipients()
            if recipients and (message := visible(event, group.filter)) is not None:
                key = (group.framing, message is event.message)
                merged.setdefault(key, Recipients()).extend(recipients)
        return [FanoutPlan(framing, shown, found) for (framing, shown), found in merged.items()]
