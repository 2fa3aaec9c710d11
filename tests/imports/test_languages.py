"""Language tags from what feeds write."""

from __future__ import annotations

import pytest

from ticker.imports.languages import language_tag


@pytest.mark.parametrize(
    ("value", "tag"),
    [
        ("en", "en"),
        ("EN_us", "en-US"),
        ("ar-eg", "ar-EG"),
        ("zh_hant_TW", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("ar_EG.UTF-8", "ar-EG"),
        ("en-us, fr", "en-US"),
        ("English (US)", "en"),
        ("Español", "es"),
        ("العربية", "ar"),
        ("ara", "ar"),
        ("eng-GB", "en-GB"),
        ("iw", "he"),
        ("cz-CZ", "cs-CZ"),
        ("qq", None),
        ("fil", "fil"),
        ("x!", None),
        ("und", None),
        ("", None),
        ("e" * 100, None),
        (None, None),
        (7, None),
    ],
)
def test_language_tags(value: object, tag: str | None) -> None:
    assert language_tag(value) == tag
