"""Durations as text for people. Pure."""

from __future__ import annotations


def soon(seconds: float) -> str:
    """Return a short duration as text, such as "38 ms" or "3.2 s"."""
    return f"{round(seconds * 1000)} ms" if seconds < 1 else f"{seconds:.1f} s"


def duration(seconds: float) -> str:
    """Return a duration as text, such as "3.2 s" or "4 min 10 s"."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 100:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 100:
        return f"{hours} h {minutes} min"
    return f"{round(hours / 24):,} days"
