"""``scripts/fuzz --openapi``: schemathesis makes requests from our OpenAPI document.

They go to a newsroom of its own, with and without an editor's key. Every answer must be one that
the document names, with its schema, and no server error.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path

from tests.support.ticker_up import running

ROOT = Path(__file__).parents[2]
HOOKS = "tests.fuzz.openapi_hooks"
SEED = 18
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
)
STREAMS = "^/v1/(events|ws)$"
"""They do not end; the tests of the gateway have them."""


async def fuzz(seconds: int) -> int:
    """Run schemathesis for so many seconds; return its exit code, 2 without schemathesis."""
    places = f"{Path(sys.executable).parent}:"
    program = shutil.which("schemathesis", path=places) or shutil.which("schemathesis")
    if program is None:
        print("schemathesis is not installed; run pip install --group fuzz", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder) / "data") as up:
            key = (up.data / "key").read_text().strip()
            process = await asyncio.create_subprocess_exec(
                program,
                *("run", f"{up.url}/openapi.json", f"--seed={SEED}", f"--max-time={seconds}"),
                *(f"--checks={','.join(CHECKS)}", f"--exclude-path-regex={STREAMS}"),
                *(f"--header=Authorization:Bearer {key}", "--request-timeout=20"),
                *("--continue-on-failure", "--warnings=off"),
                cwd=folder,
                env={**os.environ, "SCHEMATHESIS_HOOKS": HOOKS, "PYTHONPATH": str(ROOT)},
            )
            code = await process.wait()
            await up.stop()
    return code


def main(seconds: int) -> int:
    """Do it outside of an event loop."""
    return asyncio.run(fuzz(seconds))
