"""A supervisor's lines and those of its processes."""

from __future__ import annotations

import io
import json

from ticker.telemetry.supervisor_lines import SupervisorLines


def test_for_people_each_line_has_its_process() -> None:
    stream = io.StringIO()
    lines = SupervisorLines("console", stream)
    lines.say("\nStopping…")
    lines.forward("serve", "a\x1b[2Jb")
    assert stream.getvalue() == "\nStopping…\n   serve | a\\x1b[2Jb\n"


def test_json_stays_json() -> None:
    stream = io.StringIO()
    lines = SupervisorLines("json", stream)
    lines.say("\nserve1 was killed by SIGKILL; restarting it in 0.1 s\n")
    lines.forward("serve1", '{"message":"ready"}')
    lines.forward("serve1", "Traceback (most recent call last):")
    own, child, foreign = map(json.loads, stream.getvalue().splitlines())
    assert (own["process"], own["level"]) == ("supervisor", "info")
    assert own["message"] == "serve1 was killed by SIGKILL; restarting it in 0.1 s"
    assert child == {"message": "ready"}
    assert (foreign["process"], foreign["level"]) == ("serve1", "error")
