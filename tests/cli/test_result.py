"""Output of a command for an item that is accepted and on no screen yet."""

from __future__ import annotations

import asyncio
import json

import pytest
from typer.testing import CliRunner

from tests.client.messages import cursor, item
from tests.support.http_server import Answer, answering
from ticker.cli.main import app
from ticker.cli.options import OK, PENDING
from ticker.cli.output import Output
from ticker.cli.result import report
from ticker.client import Editor

HOPS = {"worker": {"ok": False, "detail": "no heartbeat on the wire yet; is a worker running?"}}
RED = Answer(503, {"ready": False, "hops": HOPS, "silent": "worker"})


def committed(delivered: object) -> Answer:
    return Answer(
        201,
        {
            "item": item("a"),
            "wire_id": "1-1",
            "state": "live",
            "cursor": cursor(1),
            "durability": "fsync",
            "repeated": False,
            "delivered": delivered,
        },
    )


async def reported(delivered: object, as_json: bool = False) -> int:
    async with answering(committed(delivered), RED) as web, Editor(web.url) as client:
        result = await client.publish("Hello", "en")
        return await report(Output(as_json), client, result, "published")


@pytest.mark.parametrize("delivered", [True, None])
async def test_what_is_in_the_lane_is_published(
    delivered: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await reported(delivered) == OK
    assert "✓ a  published" in capsys.readouterr().out


async def test_what_waits_is_accepted_and_the_silent_hop_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert await reported("pending") == PENDING
    printed = capsys.readouterr().out
    assert "! a  accepted; not on screens yet" in printed
    assert "worker: no heartbeat on the wire yet" in printed
    assert "published" not in printed


async def test_json_has_both(capsys: pytest.CaptureFixture[str]) -> None:
    assert await reported("pending", as_json=True) == PENDING
    answer = json.loads(capsys.readouterr().out)
    assert answer["delivered"] == "pending"
    assert answer["silent"].startswith("worker: ")


@pytest.mark.parametrize("as_json", [False, True])
async def test_an_import_says_how_many_wait(as_json: bool) -> None:
    lines = [{"line": n, "status": 201, "id": "a", "delivered": "pending"} for n in (1, 2)]
    counts = {"results": lines, "published": 2, "repeated": 0, "refused": 0, "pending": 2}
    async with answering(Answer(200, counts), RED) as web:
        result = await asyncio.to_thread(
            CliRunner().invoke,
            app,
            ["import", "-", "-e", "en", *(["--json"] if as_json else [])],
            input='{"headline": "One"}\n{"headline": "Two"}\n',
            env={"TICKER_URL": web.url, "TICKER_KEY": "tk_x"},
        )
    assert result.exit_code == PENDING
    if as_json:
        answer = json.loads(result.stdout)
        assert (answer["pending"], answer["silent"].partition(":")[0]) == (2, "worker")
    else:
        assert "! 2 accepted; not on screens yet\n  worker: no heartbeat" in result.output


async def test_an_import_repeats_the_warnings() -> None:
    warning = {"code": "similar", "message": "similar to b", "item": None}
    lines = [{"line": 1, "status": 201, "id": "a", "delivered": True, "warnings": [warning]}]
    counts = {"results": lines, "published": 1, "repeated": 0, "refused": 0, "pending": 0}
    async with answering(Answer(200, counts)) as web:
        result = await asyncio.to_thread(
            CliRunner().invoke,
            app,
            ["import", "-", "-e", "en"],
            input='{"headline": "One"}\n',
            env={"TICKER_URL": web.url, "TICKER_KEY": "tk_x"},
        )
    assert result.exit_code == OK
    assert "Note: Entry 1 (line 1): One\n    similar to b\n" in result.output
