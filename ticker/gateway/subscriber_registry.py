"""Registry of subscribers by state: the one place where a subscriber's state changes."""

from __future__ import annotations

from collections import defaultdict
from typing import assert_never

from ticker.gateway.audience_count import AudienceCount
from ticker.gateway.fanout_plan import PlanCache
from ticker.gateway.filter_index import FilterIndex
from ticker.gateway.query_parser import Subscription
from ticker.gateway.subscriber import Subscriber
from ticker.gateway.subscriber_state import (
    CatchingUp,
    Closed,
    Closing,
    Connecting,
    Live,
    Paused,
    State,
    Trailing,
    Waiting,
)


class SubscriberRegistry:
    """The subscribers that are not live, by state; the live ones are in their groups."""

    def __init__(self, index: FilterIndex, plans: PlanCache) -> None:
        self.behind: dict[Subscriber, None] = {}
        """Those that are catching up or paused."""
        self.trailing: dict[Subscriber, None] = {}
        """Those of crowded addresses that are writable, the one served longest ago first."""
        self.waiting: dict[Subscriber, None] = {}
        self.closing: dict[Subscriber, None] = {}
        self.members: dict[tuple[str, str], int] = defaultdict(int)
        """Subscribers by transport and edition."""
        self.audience = AudienceCount()
        self._index = index
        self._plans = plans

    def move(self, subscriber: Subscriber, state: State) -> None:
        """Change the subscriber's state, and with it everything that depends on the state."""
        old = subscriber.state
        if old is state:
            return
        subscriber.state = state
        match old:
            case Live():
                self._plans.clear()
                if subscriber.group is not None:
                    subscriber.group.discard_live(subscriber)
            case Trailing():
                self.trailing.pop(subscriber, None)
            case CatchingUp() | Paused():
                self.behind.pop(subscriber, None)
            case Waiting():
                self.waiting.pop(subscriber, None)
            case Closing():
                self.closing.pop(subscriber, None)
            case Connecting() | Closed():
                pass
            case _:
                assert_never(old)
        match state:
            case Live():
                assert subscriber.group is not None
                self._plans.clear()
                subscriber.group.add_live(subscriber)
            case Trailing():
                self.trailing[subscriber] = None
            case CatchingUp() | Paused():
                self.behind[subscriber] = None
            case Waiting():
                self.waiting[subscriber] = None
            case Closing():
                self.closing[subscriber] = None
                self._leave_group(subscriber)
            case Closed():
                self._leave_group(subscriber)
            case Connecting():
                pass
            case _:
                assert_never(state)

    def join_group(self, subscriber: Subscriber, subscription: Subscription) -> None:
        """Put ``subscriber``, which is not live, into the group of ``subscription``."""
        self._leave_group(subscriber)
        subscriber.group = self._index.join(subscription.wanted, subscriber.framing)
        self.members[subscriber.group.audience] += 1
        self.audience.add(subscriber.group.names, 1)
        subscriber.backlogs = subscription.backlogs

    def _leave_group(self, subscriber: Subscriber) -> None:
        group, subscriber.group = subscriber.group, None
        if group is not None:
            self.members[group.audience] -= 1
            self.audience.add(group.names, -1)
            self._index.leave(group)
