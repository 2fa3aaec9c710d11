"""Let Python look for garbage as often as usual in a process that runs for long."""

from __future__ import annotations

import gc

USUAL = (700, 10, 10)
"""Python's own numbers."""


def look_as_usual() -> None:
    """Look for garbage as often as Python does by itself.

    ``ticker.__main__`` has set another number, with which each look would take milliseconds.
    """
    gc.set_threshold(*USUAL)
