"""The JavaScript client where a transport is missing: Node.js has no EventSource."""

from __future__ import annotations

import subprocess

import pytest

from tests.web.test_package import NODE_22, ROOT

pytestmark = pytest.mark.browser  # needs Node.js

SCRIPT = """
const { eventSource, Ticker } = await import(process.argv[1]);
globalThis.fetch = async (url) => {
  console.log(typeof EventSource, `${url.pathname}${url.search}`);
  return Response.json({ cursor: "c-1", mode: "snapshot", reset: false, reason: null, items: [] });
};
const ticker = new Ticker({ url: "http://127.0.0.1:9/", transports: [eventSource] });
ticker.addEventListener("status", () => {
  console.log(ticker.status.phase);
  if (ticker.state.cursor) ticker.stop();
});
ticker.start();
"""


def test_it_polls_at_once() -> None:
    client = (ROOT / "ticker" / "web" / "dist" / "client.js").as_uri()
    command = (str(NODE_22), "--input-type=module", "--eval", SCRIPT, client)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
    phases = ["connecting", "undefined /v1/items?limit=20", "live", "idle"]
    assert done.stdout.splitlines() == phases
