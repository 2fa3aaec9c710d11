"""httpx without its own command line, whose libraries (click, pygments, rich) are half its import.

httpx does without it where these libraries are not installed.
"""

from __future__ import annotations

import sys

sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # an import of it then fails

import httpx  # noqa: E402

__all__ = ["httpx"]
