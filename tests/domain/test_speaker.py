"""A headline after its speaker."""

from __future__ import annotations

import pytest

from ticker.domain.speaker import with_speaker


@pytest.mark.parametrize(
    ("speaker", "headline", "text"),
    [
        (None, "The port is open", "The port is open"),
        ("", "The port is open", "The port is open"),
        ("Wakim", "The port is open", "Wakim: The port is open"),
        ("Wakim", "Wakim: The port is open", "Wakim: The port is open"),
        ("Wakim", "Wakim says the port is open", "Wakim says the port is open"),
        ("واكيم", "واكيم: الميناء مفتوح", "واكيم: الميناء مفتوح"),
    ],
)
def test_the_speaker_is_named_once(speaker: str | None, headline: str, text: str) -> None:
    assert with_speaker(speaker, headline) == text
