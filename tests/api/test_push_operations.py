"""Provider states over HTTP, and their metrics."""

from __future__ import annotations

import pytest

from tests.support.metrics import samples
from tests.support.newsroom import TestNewsroom, check_problem
from tests.support.push_receipts import sent
from tests.support.waiting import wait_until
from ticker.api import push_operations_schemas
from ticker.api.metrics_poller import MAX_AGE, POLL_INTERVAL, MetricsPoller
from ticker.config import Settings
from ticker.domain.errors import Unavailable
from ticker.push.store.dry_runs import DryRunStore
from ticker.push.store.metrics import PushMetrics
from ticker.push.store.provider_state import ProviderStates, ProviderStop
from ticker.storage.connection import Redis
from ticker.storage.keys import Keys
from ticker.storage.scripts import command


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/push/status"),
        ("POST", "/v1/push/providers/fcm/resume"),
        ("DELETE", "/v1/push/providers/fcm/quarantine"),
    ],
)
async def test_a_key_is_needed(newsroom: TestNewsroom, method: str, path: str) -> None:
    item = (await newsroom.publish())["item"]["id"]
    check_problem(await newsroom.http.request(method, path.format(item=item)), 401, "unauthorised")


async def test_unknown_items_and_providers(newsroom: TestNewsroom) -> None:
    for method, path in (
        ("POST", "/v1/push/providers/pigeon/resume"),
        ("DELETE", "/v1/push/providers/pigeon/quarantine"),
    ):
        response = await newsroom.http.request(method, path, headers=newsroom.key)
        check_problem(response, 404, "not-found")


async def test_providers_from_nothing_to_a_stop_and_back(
    newsroom: TestNewsroom, redis: Redis, keys: Keys
) -> None:
    response = await newsroom.http.get("/v1/push/status", headers=newsroom.key)
    status = push_operations_schemas.PushStatus.model_validate_json(response.content)
    assert [state.provider for state in status.providers] == ["webpush", "fcm", "apns"]
    assert not any(state.configured or state.stopped or state.dry_run for state in status.providers)
    assert (status.jobs, status.oldest_job) == (0, None)
    assert [state.used for state in status.providers] == [0, 0, 0]
    await command(redis, "HSET", keys.push_bytes, "apns", Settings().push_bytes_max // 4)

    seconds, _ = await command(redis, "TIME")
    runs = DryRunStore(redis, keys)
    await runs.worker_seen(["fcm"], int(seconds) * 1000)
    await runs.failed("fcm", int(seconds) * 1000, "the file is gone")
    await ProviderStates(redis, keys).stop("fcm", ProviderStop("the key is revoked", 60_000, "one"))
    await command(redis, "ZADD", keys.push_jobs("fcm"), 1, "ticker:push:1000-0:fcm/en/*/urgent/0")
    response = await newsroom.http.get("/v1/push/status", headers=newsroom.key)
    status = push_operations_schemas.PushStatus.model_validate_json(response.content)
    fcm = status.providers[1]
    assert [state.used for state in status.providers] == [0, 0, 0.25], "the memory, not the number"
    assert (fcm.configured, fcm.silent) == (True, False)
    assert fcm.stopped == push_operations_schemas.ProviderStopShown(
        reason="the key is revoked", since="1970-01-01T00:01:00.000Z"
    )
    assert fcm.dry_run is not None
    assert (fcm.dry_run.at, fcm.dry_run.late) == (None, False)
    assert fcm.dry_run.error == "the file is gone"
    assert status.jobs == 1
    assert status.oldest_job is not None

    response = await newsroom.http.post("/v1/push/providers/fcm/resume", headers=newsroom.key)
    state = push_operations_schemas.ProviderShown.model_validate_json(response.content)
    assert (response.status_code, state.stopped) == (200, None)
    assert await ProviderStates(redis, keys).stopped("fcm") is None

    await command(redis, "HSET", keys.push_quarantine("fcm"), "a", "1")
    response = await newsroom.http.delete("/v1/push/providers/fcm/quarantine", headers=newsroom.key)
    cleared = push_operations_schemas.ClearedQuarantine.model_validate_json(response.content)
    assert (cleared.provider, cleared.deleted) == ("fcm", 1)


async def test_the_scrape_answers_out_of_memory(
    newsroom: TestNewsroom, redis: Redis, keys: Keys
) -> None:
    found = newsroom.metrics()
    assert found["ticker_push_metrics_age_seconds"] == -1
    assert not any("ticker_push_provider_stopped" in sample for sample in found)
    item = (await newsroom.publish(push={}, level="urgent"))["item"]["id"]
    [(event, _)] = await newsroom.wire()
    await sent(redis, keys, item, event)
    await command(redis, "HSET", keys.webhook_totals, "delivered", 3)
    await ProviderStates(redis, keys).stop(
        "apns", ProviderStop("the key is revoked", 60_000, "one")
    )
    await command(redis, "HSET", keys.push_bytes, "fcm", 1_234)
    assert await newsroom.metrics_poller.refresh()
    newsroom.now += 2
    found = newsroom.metrics()
    for sample, value in {
        'ticker_push_notifications_total{outcome="accepted",provider="fcm"}': 2,
        'ticker_push_notifications_total{outcome="too_late",provider="webpush"}': 0,
        'ticker_webhook_deliveries_total{outcome="delivered"}': 3,
        'ticker_push_provider_stopped{provider="apns"}': 1,
        'ticker_push_provider_stopped{provider="fcm"}': 0,
        'ticker_push_last_alert_duration_seconds{provider="fcm"}': 3.1,
        'ticker_push_subscription_bytes{provider="fcm"}': 1_234,
        'ticker_push_subscription_bytes{provider="webpush"}': 0,
        "ticker_push_metrics_age_seconds": 2,
        "ticker_push_jobs": 0,
    }.items():
        assert found[sample] == value, sample
    assert not any("dry_run_age" in sample for sample in found), "nothing is set up"


async def test_a_dry_run_grows_old_between_two_questions(
    newsroom: TestNewsroom, redis: Redis, keys: Keys
) -> None:
    seconds, _ = await command(redis, "TIME")
    runs = DryRunStore(redis, keys)
    await runs.worker_seen(["fcm"], int(seconds) * 1000)
    await runs.succeeded("fcm", (int(seconds) - 600) * 1000)
    await newsroom.metrics_poller.refresh()
    newsroom.now += 30
    age = newsroom.metrics()['ticker_push_dry_run_age_seconds{provider="fcm"}']
    assert 630 <= age < 690


async def test_old_figures_are_not_given_for_new(newsroom: TestNewsroom) -> None:
    await newsroom.metrics_poller.refresh()
    newsroom.now += MAX_AGE - 1
    assert "ticker_push_jobs" in samples(newsroom.metrics_poller)
    newsroom.now += 1
    assert samples(newsroom.metrics_poller) == {
        "ticker_push_metrics_age_seconds": MAX_AGE,
        "ticker_push_subscriptions_max": Settings().push_subscriptions_max,
        "ticker_push_subscription_bytes_max": Settings().push_bytes_max,
    }


class Away:
    async def metrics(self) -> PushMetrics:
        raise Unavailable("away")


async def test_no_store_and_a_bug_end_nothing(caplog: pytest.LogCaptureFixture) -> None:
    away = MetricsPoller(Away(), 1, 2)
    for _ in range(3):
        assert not await away.refresh()
    assert len(caplog.records) == 1, "said once"

    class Broken:
        asked = 0

        async def metrics(self) -> PushMetrics:
            self.asked += 1
            if self.asked == 1:
                raise KeyError("a bug")
            raise Unavailable("away")

    broken = MetricsPoller(Broken(), 1, 2)
    assert not await broken.refresh()
    assert not await broken.refresh()
    assert samples(broken) == {
        "ticker_push_metrics_age_seconds": -1.0,
        "ticker_push_subscriptions_max": 1,
        "ticker_push_subscription_bytes_max": 2,
    }


async def test_it_asks_as_long_as_it_runs(newsroom: TestNewsroom) -> None:
    async with newsroom.metrics_poller.run():
        await wait_until(lambda: newsroom.metrics()["ticker_push_metrics_age_seconds"] >= 0)
    assert POLL_INTERVAL >= 5
