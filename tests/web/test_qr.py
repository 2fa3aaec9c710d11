"""QR codes of the site, compared with those of another encoder (segno 1.6, the same mask)."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

QR = Path(__file__).parents[2] / "ticker" / "web" / "site" / "qr.js"
SCRIPT = """
const { qrCode } = await import(process.argv[1]);
const rows = (text) => qrCode(text).map((row) => row.map(Number).join("")).join("\\n");
console.log(JSON.stringify(JSON.parse(process.argv[2]).map(rows)));
"""
FULL = {
    "q" * 17: (1, "32d3db2550ee8655"),
    "5" * 106: (5, "2230eb4907097e07"),
    "é" * 135 + "+": (10, "9007d556272c327b"),
    "z" * 858: (20, "64077a42afed630b"),
}
"""Texts that fill their version, and the first digits of the SHA-256 of the rows."""


def codes(*texts: str) -> list[str]:
    command = ["node", "--input-type=module", "--eval", SCRIPT, QR.as_uri(), json.dumps(texts)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60, text=True)
    found: list[str] = json.loads(done.stdout)
    return found


def test_codes() -> None:
    found = codes(*FULL, "q" * 18)
    for rows, (version, digest) in zip(found[:-1], FULL.values(), strict=True):
        assert len(rows.splitlines()) == version * 4 + 17
        assert hashlib.sha256(rows.encode()).hexdigest().startswith(digest)
    assert len(found[-1].splitlines()) == 25, "one byte more takes the next version"
