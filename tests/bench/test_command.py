"""``ticker bench`` as a process: what it prints, how it ends, what it refuses to do."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any

import pytest

from tests.support.metrics import scraped
from tests.support.newsroom_process import NewsroomProcess
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.asyncio(loop_scope="module")]

PATIENCE = 30.0


async def start(newsroom: NewsroomProcess, *arguments: str, **env: str) -> Process:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("TICKER_")}
    inside = {"TICKER_URL": newsroom.url, "TICKER_KEY": newsroom.key, "COLUMNS": "120"}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ticker", "bench", *arguments),
        env=outside | inside | env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )


async def end(process: Process) -> tuple[int, str, str]:
    async with asyncio.timeout(PATIENCE):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def bench(newsroom: NewsroomProcess, *arguments: str, **env: str) -> tuple[int, str, str]:
    return await end(await start(newsroom, *arguments, **env))


QUICK = ("--clients", "20", "--seconds", "0.5", "--rate", "20")


async def test_a_run_for_a_program(newsroom: NewsroomProcess) -> None:
    code, out, err = await bench(
        newsroom, *QUICK, "--publish", "--yes", "--burst", "10", "--storm", "--json"
    )
    assert (code, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    assert found["ending"] == "complete"
    assert found["clean"] is True
    assert (found["lost"], found["doubled"], found["unseen"], found["resets"]) == (0, 0, 0, 0)
    assert found["steady"]["to_one"]["count"] == 20 * 10
    assert found["steady"]["to_last"]["count"] == 10
    assert found["burst"]["to_one"]["count"] == 20 * 10
    assert found["storm"]["back"] == 20
    assert found["delivered"] == 20 * (10 + 10 + found["storm"]["missed_each"])
    assert found["cleaning"]["left"] == 0
    figures = found["steady"]["to_last"]
    assert 0 < figures["p50_ms"] <= figures["p99_ms"] <= figures["max_ms"]


async def test_a_run_for_a_person_with_a_report(newsroom: NewsroomProcess, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    code, out, err = await bench(
        newsroom, *QUICK, "--publish", "-y", "--transport", "sse", "--plot", str(report)
    )
    assert (code, err) == (0, "")
    assert "20 readers over server-sent events" in out
    assert "Publish → last reader" in out
    assert "✓ 200 deliveries of 10 events: none lost, none doubled" in out
    html = report.read_text()
    assert html.startswith("<!doctype html>")
    assert html.count("<svg viewBox") >= 2
    assert "<script" not in html
    assert "none lost, none doubled" in html


async def test_without_publish_nothing_is_published(newsroom: NewsroomProcess) -> None:
    code, out, _ = await bench(newsroom, "--clients", "5", "--seconds", "0.1")
    assert code == 0
    assert "Nothing was published:" in out
    listed = await newsroom.http.get("/v1/items")
    assert listed.json()["items"] == []


async def test_a_wrong_edition(newsroom: NewsroomProcess) -> None:
    code, out, err = await bench(newsroom, "--clients", "2", "--edition", "english")
    assert (code, out) == (1, "")
    assert "known: ar, en, es" in err
    assert "Traceback" not in err


async def test_a_wrong_key(newsroom: NewsroomProcess) -> None:
    code, _, err = await bench(newsroom, "--publish", "--yes", TICKER_KEY="tk_wrong")
    assert code == 1
    assert "A valid key is required" in err


async def test_among_real_lines_it_says_what_the_override_is(newsroom: NewsroomProcess) -> None:
    real = await newsroom.publish("Power is back in the whole valley")
    code, _, err = await bench(newsroom, "--publish", "--yes")
    assert code == 1
    assert "Power is back in the whole valley" in err
    assert f"--on-air {newsroom.url.removeprefix('http://')}" in err
    await newsroom.act(real["item"]["id"], "retract", reason="Test")


async def test_ctrl_c_shows_what_was_measured_and_cleans_up(newsroom: NewsroomProcess) -> None:
    process = await start(
        newsroom, "--clients", "5", "--publish", "--yes", "--rate", "50", "--seconds", "300"
    )
    await wait_until(
        lambda: newsroom.http.get("/v1/items"),
        lambda found: len(found.json()["items"]) >= 5,
        seconds=PATIENCE,
    )
    process.send_signal(signal.SIGINT)
    code, out, err = await end(process)
    assert "Interrupted: these are the figures until then." in out
    assert "Publish → last reader" in out
    assert "none doubled" in out
    assert "retracted" in out
    assert "Traceback" not in err
    assert code == 0
    await wait_until(
        lambda: newsroom.http.get("/v1/items"),
        lambda found: not found.json()["items"],
        seconds=PATIENCE,
    )


@pytest.mark.faults
async def test_a_server_that_goes_away_is_unreachable(newsroom: NewsroomProcess) -> None:
    process = await start(newsroom, "--clients", "5", "--seconds", "300", "--json")
    try:
        await wait_until(
            lambda: scraped(newsroom.metrics_url),
            lambda found: _connected(found) == 5,
            seconds=PATIENCE,
        )
        newsroom.kill("serve")
        code, out, _ = await end(process)
    finally:
        newsroom.start("serve")
        await newsroom.ready()
    found = json.loads(out)
    assert code == 3
    assert found["ending"] == "server gone"
    assert sum(found["clients"]["dropped"].values()) == 5


def _connected(found: dict[str, float]) -> float:
    """Return the number of live connections of all processes."""
    return sum(found[sample] for sample in found if sample.startswith("ticker_connections{"))
