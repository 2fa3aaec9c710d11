"""Counts and durations of requests."""

from __future__ import annotations

import pytest

from tests.support.metrics import samples
from tests.support.newsroom import TestNewsroom
from ticker.api.request_metrics import BUCKETS, RequestMetrics


async def test_requests_are_counted_by_route_method_and_status(newsroom: TestNewsroom) -> None:
    await newsroom.publish()
    await newsroom.http.get("/v1/items?limit=x")
    found = newsroom.metrics()
    name = "ticker_http_requests_total"
    assert found[name + '{method="POST",route="/v1/items",status="201"}'] == 1
    assert found[name + '{method="GET",route="/v1/items",status="400"}'] == 1


async def test_unknown_paths_make_no_new_series(newsroom: TestNewsroom) -> None:
    for n in range(50):
        await newsroom.http.get(f"/invented/{n}")
        await newsroom.http.request(f"M{n}", "/v1/items")
        await newsroom.http.get(f"/v1/items/{n}")
    found = [name for name in newsroom.metrics() if name.startswith("ticker_http_requests_total")]
    assert len(found) == 3


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.003, 99.0])
def test_a_duration_counts_in_its_bucket_and_all_above(seconds: float) -> None:
    metrics = RequestMetrics()
    metrics.count("/x", "GET", 200, seconds)
    found = samples(metrics)
    name = "ticker_http_request_duration_seconds"
    for bound in BUCKETS:
        assert found[f'{name}_bucket{{le="{bound}",route="/x"}}'] == (seconds <= bound)
    assert found[f'{name}_bucket{{le="+Inf",route="/x"}}'] == 1
    assert found[f'{name}_sum{{route="/x"}}'] == seconds
    assert found[f'{name}_count{{route="/x"}}'] == 1
