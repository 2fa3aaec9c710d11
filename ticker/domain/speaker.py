"""A headline after its speaker. Pure."""

from __future__ import annotations


def with_speaker(speaker: str | None, headline: str) -> str:
    """Return ``headline`` after its speaker, unless it begins with the speaker's name."""
    return headline if not speaker or headline.startswith(speaker) else f"{speaker}: {headline}"
