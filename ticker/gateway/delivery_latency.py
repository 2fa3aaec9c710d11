"""Latency of an item on its way to the last live socket, in three stages that add up.

The stages of one event are observed together, at one process, when its fan-out has ended: the sums
of the three equal the sum of the whole. The first two compare clocks of different machines (the API
process, Redis, this process), to the millisecond; a negative difference counts as 0.
"""

from __future__ import annotations

from collections.abc import Iterable

from ticker.domain.event import Record
from ticker.domain.request_context import carried_ms, context_of
from ticker.telemetry.families import Family, Histogram, histogram


class DeliveryLatency:
    """Histograms of the stages and of the whole."""

    def __init__(self) -> None:
        self.publish_to_lane = Histogram()
        self.lane_to_hub = Histogram()
        self.hub_to_socket = Histogram()
        self.delivery = Histogram()

    def observe(self, records: Iterable[Record], received_ms: float, seconds: float) -> None:
        """Observe lane entries that this process read at ``received_ms`` (ms since 1970).

        ``seconds`` is the time from then to the last write. Entries without a request context, such
        as heartbeats, are left out.
        """
        for record in records:
            context, carried = context_of(record), carried_ms(record)
            if context is not None and carried is not None:
                to_lane = max(0, carried - context.received_ms) / 1000
                to_hub = max(0.0, received_ms - carried) / 1000
                self.publish_to_lane.observe(to_lane)
                self.lane_to_hub.observe(to_hub)
                self.hub_to_socket.observe(seconds)
                self.delivery.observe(to_lane + to_hub + seconds)

    def metrics(self) -> Iterable[Family]:
        """Return the histograms."""
        yield histogram(
            "publish_to_lane_seconds",
            "Seconds from the editor's request, or from when the item was due, to the lane.",
            self.publish_to_lane,
        )
        yield histogram(
            "lane_to_hub_seconds",
            "Seconds from the lane to this process.",
            self.lane_to_hub,
        )
        yield histogram(
            "hub_to_socket_seconds",
            "Seconds from this process' receipt to the last write of the fan-out.",
            self.hub_to_socket,
        )
        yield histogram(
            "delivery_seconds",
            "Seconds from the editor's request to the last live socket: the sum of the stages.",
            self.delivery,
        )
