"""httpx for the commands, without the parts that no command uses.

httpx imports its own command line (click, rich, pygments) and HTTP/2, which would take a fifth of
the time of a short command. Without these modules it offers everything else.
"""

from __future__ import annotations

import sys
from types import ModuleType

UNUSED = ("httpx._main", "h2")


def _hide() -> list[str]:
    """Let an import of the unused modules raise ImportError; return those that are hidden."""
    modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]
    hidden = [name for name in UNUSED if name not in modules]
    modules.update(dict.fromkeys(hidden))
    return hidden


def _show(hidden: list[str]) -> None:
    for name in hidden:
        del sys.modules[name]


_hidden = _hide()
try:
    import httpcore  # noqa: F401 - httpx imports it with its first connection
    import httpx
finally:
    _show(_hidden)

__all__ = ["httpx"]
