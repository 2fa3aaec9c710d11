"""httpx without its command line and HTTP/2 still does everything else, and HTTP/2 when asked."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
from ticker.cli.http_library import httpx
import ticker.client.editor
print(*sorted({"click", "hpack", "pygments", "rich"} & set(sys.modules)))
httpx.AsyncClient(http2=True)
print("h2" in sys.modules)
"""


def test_what_is_hidden_at_the_import_can_be_imported_later() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["", "True"]
