"""The JavaScript client where a transport is missing: Node.js has no EventSource."""

from __future__ import annotations

import subprocess

import pytest

from tests.web.test_package import NODE_22, ROOT

pytestmark = pytest.mark.browser  # needs Node.js

SCRIPT = """
Math.random = () => 0; // without waits
const { eventSource, Ticker } = await import(process.argv[1]);
const last = () => {
  console.log(typeof EventSource, ticker.status.error);
  queueMicrotask(() => ticker.stop());
  return { close() {}, send: null };
};
const ticker = new Ticker({ url: "http://127.0.0.1:9/", transports: [eventSource, last] });
ticker.start();
"""


def test_the_next_transport_is_tried() -> None:
    client = (ROOT / "ticker" / "web" / "dist" / "client.js").as_uri()
    command = (str(NODE_22), "--input-type=module", "--eval", SCRIPT, client)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "undefined ReferenceError: EventSource is not defined\n"
