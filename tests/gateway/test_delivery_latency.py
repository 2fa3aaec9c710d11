"""The stages of a delivery add up, and only real events count."""

from __future__ import annotations

import pytest

from tests.gateway.test_tail import everything
from tests.support.metrics import samples
from tests.support.waiting import wait_until
from ticker.config import Settings
from ticker.domain.draft import Draft
from ticker.domain.request_context import RequestContext
from ticker.gateway.delivery_latency import DeliveryLatency
from ticker.gateway.gateway import Gateway
from ticker.publishing.service import ItemService
from ticker.stream.lane_store import LaneStore
from ticker.telemetry.context import request_context


def entry(received_ms: int, carried: int) -> dict[bytes, bytes]:
    context = RequestContext(received_ms, "x")
    return {b"e": b"{}", b"o": context.encode(), b"c": b"%d" % carried}


def test_the_sums_of_the_stages_are_the_sum_of_the_whole() -> None:
    latency = DeliveryLatency()
    latency.observe([entry(1_000, 1_004), entry(1_002, 1_004)], 1_005.5, 0.003)
    latency.observe([entry(2_000, 2_300)], 2_299.0, 0.25)
    stages = (latency.publish_to_lane, latency.lane_to_hub, latency.hub_to_socket)
    assert latency.publish_to_lane.sum == pytest.approx(0.306)
    assert latency.lane_to_hub.sum == pytest.approx(0.003), "a clock that is behind counts as 0"
    assert sum(stage.sum for stage in stages) == pytest.approx(latency.delivery.sum)
    assert {stage.count for stage in (*stages, latency.delivery)} == {3}


def test_heartbeats_and_entries_of_unknown_origin_do_not_count() -> None:
    latency = DeliveryLatency()
    latency.observe([{b"h": b"1"}, {b"e": b"{}"}, {b"e": b"{}", b"o": b"x", b"c": b"1"}], 9.0, 1.0)
    assert latency.delivery.count == 0


async def test_an_item_is_measured_from_its_request_on(
    live: LaneStore, items: ItemService, settings: Settings
) -> None:
    gateway = Gateway(settings, live)
    async with gateway.run():
        await wait_until(lambda: gateway.ready)
        with request_context(RequestContext(1, "unseen")):
            await items.publish(Draft(headline="No reader", edition="en"), by="ana")
        await wait_until(lambda: len(gateway.lane.window) == 1)
        assert samples(gateway.tail)["ticker_delivery_seconds_count"] == 0
        everything(gateway)
        before = RequestContext(1, "old")  # a request since 1970
        with request_context(before):
            await items.publish(Draft(headline="Late", edition="en"), by="ana")
        await wait_until(lambda: samples(gateway.tail)["ticker_delivery_seconds_count"])
    found = samples(gateway.tail)
    assert found["ticker_publish_to_lane_seconds_sum"] > 1e9
    assert found["ticker_lane_to_hub_seconds_sum"] < 60
    assert found['ticker_hub_to_socket_seconds_bucket{le="30.0"}'] == 1
