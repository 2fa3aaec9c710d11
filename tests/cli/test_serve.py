"""``ticker serve --workers N``: several processes, one port, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import httpx
import pytest

from tests.cli.conftest import Newsroom
from tests.support.metrics import parse
from tests.support.ports import free_port
from tests.support.waiting import wait_until_sync
from ticker.runtime.data_directory import read_run

pytestmark = pytest.mark.processes


def children(pid: int) -> list[int]:
    done = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in done.stdout.split()]


def test_several_servers_share_a_port_and_end_together(newsroom: Newsroom) -> None:
    port = free_port()
    run = read_run(newsroom.data)
    assert run is not None
    metrics_port = free_port()
    environment = os.environ | {
        "TICKER_REDIS_URL": run["redis_url"],
        "TICKER_DRAIN_TIME": "0",
        "TICKER_METRICS_PORT": str(metrics_port),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "ticker", "serve", "--port", str(port), "--workers", "2"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until_sync(lambda: ready(port), seconds=60)
        first = children(process.pid)  # in the order of their start: the web process, two gateways
        assert len(first) == 3
        os.kill(first[1], signal.SIGKILL)
        wait_until_sync(lambda: len(set(children(process.pid)) - set(first)) == 1)
        wait_until_sync(lambda: ready(port), seconds=60)  # the new one may still be loading
        found = wait_until_sync(lambda: metrics(metrics_port), seconds=60)
        assert found['ticker_ready{process="gateway1"}'] == 1
        assert found['ticker_ready{process="gateway2"}'] == 1
        name = "ticker_process_restarts_total"
        restarts = [found[f'{name}{{process="gateway{n}"}}'] for n in (1, 2)]
        assert sorted(restarts) == [0, 1]
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert not any(alive(pid) for pid in first)


def ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=30).is_success
    except httpx.TransportError:
        return False


def metrics(port: int) -> dict[str, float]:
    """Return the samples of web process and gateways, none until all have loaded the lane."""
    found = parse(httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text)
    ready = sum(value for sample, value in found.items() if sample.startswith("ticker_ready{"))
    return found if ready == 3 else {}


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_port_that_is_taken_is_a_usage_error(newsroom: Newsroom) -> None:
    port = newsroom.url.rpartition(":")[2]
    for workers in ("1", "2"):
        result = newsroom.ticker("serve", "--port", port, "--workers", workers)
        assert result.code == 2
        assert "in use" in result.err
