"""Results and durations of jobs, and the metrics of worker processes."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
from arq import Retry
from arq.worker import Function, func

from tests.support.metrics import samples, scraped_socket
from tests.support.redis_servers import RedisServer
from tests.support.waiting import wait_until
from tests.support.worker_process import worker_process
from workers.job_metrics import JobMetrics


def measured(metrics: JobMetrics, job: Any) -> Function:
    [found] = metrics.measured([func(job, name="one")])
    return found


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (None, "done"),
        (Retry(), "again"),
        (asyncio.CancelledError(), "again"),
        (KeyError(), "failed"),
    ],
)
async def test_each_run_is_counted_by_its_result(error: BaseException | None, result: str) -> None:
    async def send(ctx: dict[Any, Any], what: str) -> str:
        if error is not None:
            raise error
        return what

    metrics = JobMetrics()
    job = measured(metrics, send)
    assert job.name == "one"
    if error is None:
        assert await job.coroutine({}, "x") == "x"
    else:
        with pytest.raises(type(error)):
            await job.coroutine({}, what="x")
    found = samples(metrics)
    assert found[f'ticker_jobs_total{{function="send",result="{result}"}}'] == 1
    assert found['ticker_job_duration_seconds_count{function="send"}'] == 1


@pytest.mark.processes
@pytest.mark.parametrize(
    ("role", "command", "shown"),
    [
        ("stream", (), 'ticker_relay_entries_total{kind="heartbeat"}'),
        ("delivery", (), 'ticker_task_failures{task="push fan-out"}'),
        (
            "stream",
            (sys.executable, "-m", "arq", "workers.settings.WorkerSettings"),
            'ticker_relay_entries_total{kind="heartbeat"}',
        ),
    ],
)
async def test_a_worker_exposes_its_metrics(
    valkey: RedisServer, tmp_path: Path, role: str, command: tuple[str, ...], shown: str
) -> None:
    path = tmp_path / "metrics.sock"
    with worker_process(valkey.url, tmp_path, role=role, command=command, metrics_socket=str(path)):
        await wait_until(path.exists)
        found = await wait_until(
            lambda: scraped_socket(path),
            lambda found: (
                shown in found
                and found.get(
                    'ticker_jobs_total{function="sweep",result="done"}', role == "delivery"
                )
            ),
        )
    assert [name for name in found if "ticker_build_info" in name and f'role="{role}"' in name]
    assert "ticker_event_loop_lag_seconds_count" in found
