"""One answer for all children of a supervisor, whatever becomes of them."""

from __future__ import annotations

import os
import signal
import sys

from tests.support.metrics import scraped
from tests.support.waiting import wait_until
from ticker.runtime.child import ChildSpec
from ticker.runtime.supervisor import Supervisor
from ticker.telemetry.endpoint import Address
from ticker.telemetry.supervised import child_metrics

CHILD = """
import asyncio, os
from pathlib import Path
from ticker.telemetry.endpoint import Address, serve_metrics

async def answer():
    return b"# HELP a A.\\n# TYPE a gauge\\na %d\\n" % os.getpid()

async def main():
    async with serve_metrics(Address("", None, Path(os.environ["TICKER_METRICS_SOCKET"])), answer):
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_restarts_are_seen_and_a_stopped_child_is_down() -> None:
    async with child_metrics(Address("127.0.0.1", 0)) as (metrics, port):
        url = f"http://127.0.0.1:{port}/metrics"
        supervisor = Supervisor(lambda line: None, metrics=metrics)
        command = (sys.executable, "-c", CHILD)
        one = supervisor.start(ChildSpec("one", command, metrics=True))
        supervisor.start(ChildSpec("two", command, metrics=True))
        supervisor.start(ChildSpec("other", (sys.executable, "-c", "input()")))
        up = {'ticker_process_up{process="one"}': 1, 'ticker_process_up{process="two"}': 1}
        found = await wait_until(lambda: scraped(url), lambda found: up.items() <= found.items())
        assert found['a{process="one"}'] == one.pid
        assert not [name for name in found if "other" in name]
        pid = one.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        restarted = await wait_until(
            lambda: scraped(url),
            lambda found: (
                found['ticker_process_restarts_total{process="one"}'] == 1
                and found.get('a{process="one"}', pid) != pid
            ),
        )
        assert restarted['ticker_process_up{process="one"}'] == 1
        await one.stop(supervisor.force)
        found = await scraped(url)
        assert found['ticker_process_up{process="one"}'] == 0
        assert 'a{process="one"}' not in found
        supervisor.force.set()
        await supervisor.stop()
