"""docs/guide/webhooks.md: its code verifies what is sent, its figures are the code's."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from ticker.api.webhooks_schemas import OVERLAP_MAX, Rotating
from ticker.cli.webhooks import PORT
from ticker.domain.event import ACTIONS
from ticker.webhooks.endpoints import ENDPOINTS_MAX, FAILED_KEEP, SECRETS_MAX
from ticker.webhooks.retry_policy import (
    FAILING_MAX,
    NEIGHBOUR_GAP,
    REFUSED_SCHEDULE,
    RETRY_AFTER_MAX,
    SCHEDULE,
)
from ticker.webhooks.signature import TOLERANCE, headers, new_secret
from workers.webhooks.dispatcher import LEASE_MS, SLICE
from workers.webhooks.sender import ANSWER_MAX, TIMEOUT

TEXT = (Path(__file__).parents[2] / "docs" / "guide" / "webhooks.md").read_text()
PROSE = " ".join(TEXT.split())
SECRET = new_secret(bytes(range(64)), asymmetric=True)
BODY = '{"type":"item.publish","data":{"headline":"Fähre · العبّارة"}}'.encode()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def messages() -> list[tuple[bool, dict[str, str], bytes]]:
    """Return what a receiver may get, and whether it is to believe it."""
    now = int(time.time())
    good = headers([new_secret(bytes(64), asymmetric=True), SECRET], "evt_5-0", now, BODY)
    other = headers([new_secret(bytes(64), asymmetric=True)], "evt_5-0", now, BODY)
    return [
        (True, good, BODY),
        (False, good, BODY + b" "),
        (False, good | {"webhook-id": "evt_6-0"}, BODY),
        (False, good | {"webhook-signature": ""}, BODY),
        (False, other, BODY),
        (False, headers([SECRET], "evt_5-0", now - TOLERANCE - 60, BODY), BODY),
        (False, headers([SECRET], "evt_5-0", now + TOLERANCE + 60, BODY), BODY),
    ]


def test_the_lines_of_python_verify() -> None:
    [code] = blocks("python")
    names: dict[str, Any] = {}
    exec(code, names)
    for believed, given, body in messages():
        assert names["verify"](SECRET.secret, given, body) is believed


@pytest.mark.processes
@pytest.mark.parametrize(("block", "name", "key"), [(0, "verify", 0), (1, "verifyPublic", 1)])
def test_the_lines_for_node_verify(tmp_path: Path, block: int, name: str, key: int) -> None:
    (tmp_path / "verify.mjs").write_text(blocks("js")[block])
    (tmp_path / "main.mjs").write_text(
        f'import {{ {name} as verify }} from "./verify.mjs";\n'
        'import { readFileSync } from "node:fs";\n'
        "const { key, messages } = JSON.parse(readFileSync(0));\n"
        "const told = messages.map(([headers, body]) => verify(key, headers, Buffer.from(body)));\n"
        "console.log(JSON.stringify(told));\n"
    )
    found = messages()
    given = {
        "key": (SECRET.secret, SECRET.public)[key],
        "messages": [[head, body.decode()] for _, head, body in found],
    }
    done = subprocess.run(
        ["node", str(tmp_path / "main.mjs")],
        input=json.dumps(given).encode(),
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == [believed for believed, _, _ in found]


def test_every_action_is_named() -> None:
    assert {f"item.{action}" for action in ACTIONS} <= set(re.findall(r"`(item\.\w+)`", TEXT))


def test_its_figures_are_the_codes() -> None:
    seconds, minutes, hours = SCHEDULE[:15], SCHEDULE[15:18], SCHEDULE[18:]
    assert f"are {', '.join(map(str, seconds[:-1]))} and {seconds[-1]} seconds" in PROSE
    assert (minutes, hours) == (
        tuple(n * 60 for n in (10, 20, 30)),
        tuple(n * 3_600 for n in (1, 2, 4, 8, 12, 24)),
    )
    assert "10, 20 and 30 minutes, 1, 2, 4, 8, 12 and 24 hours, then 24 hours each" in PROSE
    assert f"within the last {NEIGHBOUR_GAP} seconds" in PROSE
    assert f"at most {ENDPOINTS_MAX} endpoints" in PROSE
    assert f"the whole request has {TIMEOUT:.0f} seconds" in PROSE
    assert f"{ANSWER_MAX:,} bytes" in PROSE
    assert (TOLERANCE, SECRETS_MAX, RETRY_AFTER_MAX) == (300, 4, 86_400)
    assert f"{Rotating().overlap // 3_600} hours of overlap" in PROSE
    assert f"at most {OVERLAP_MAX // 86_400} days" in PROSE
    assert f"tried {len(REFUSED_SCHEDULE) + 1} times" in PROSE
    assert f"for {FAILING_MAX // 86_400} days" in PROSE
    assert f"last {FAILED_KEEP} events" in PROSE
    assert f"port {PORT}" in PROSE
    assert f"for {SLICE:.0f} seconds at a time" in PROSE
    assert f"about {LEASE_MS // 1000} seconds" in PROSE
