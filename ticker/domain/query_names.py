"""Names of a query's parameters: which are ignored, and what a developer is told about them. Pure.

A reader's address travels through newsletters, social networks and scripts that add parameters of
their own. Those are ignored. An unknown name may also be a misspelt one, which would match too
much; so its reader is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ticker.domain.did_you_mean import guess

CURSOR_NAMES = frozenset({"last-event-id", "last_event_id", "lasteventid"})
"""Names in lower case. EventSource polyfills send the last event's id so when they reconnect."""
NOT_TOLD = frozenset(
    {
        *("_", "t", "ts", "cb", "cachebust", "cachebuster", "nocache", "no-cache", "rand", "rnd"),
        *("dclid", "fbclid", "gbraid", "gclid", "igshid", "mc_cid", "mc_eid", "msclkid", "wbraid"),
        "access_token",  # a reader's, which a newsroom without protected editions does not need
    }
)  # fmt: skip
"""Parameters that bypass caches or track clicks, and the token of a reader."""
TOLD_MAX = 3
"""Ignored parameters that a message names."""
NAME_MAX = 64
"""Characters of a name that a message repeats."""


def ignored_message(ignored: Iterable[str], known: Sequence[str]) -> str:
    """Return a sentence about the ignored parameters that may be misspelt; empty for none."""
    names = list(dict.fromkeys(name[:NAME_MAX] for name in ignored if _is_told(name)))[:TOLD_MAX]
    if not names:
        return ""
    listed = ", ".join(map(ascii, names))
    return f"ignored: unknown parameter {listed}{guess(names, known)}; known: {', '.join(known)}"


def _is_told(name: str) -> bool:
    plain = name.lower()
    return plain not in NOT_TOLD and not plain.startswith("utm_")
