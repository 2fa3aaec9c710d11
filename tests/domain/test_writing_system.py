"""A text in another script than its language's."""

from __future__ import annotations

import pytest

from ticker.domain.writing_system import misfit

ARABIC = "إعادة فتح الميناء بعد العاصفة"


@pytest.mark.parametrize(
    ("text", "language", "missing"),
    [
        ("Harbour reopens after storm", "ar", "Arabic"),
        ("Harbour reopens after storm", "fa", "Arabic"),
        (ARABIC, "en", "Latin"),
        (ARABIC, "es-419", "Latin"),
        ("Центральный банк снизил ставку", "en", "Latin"),
        ("Harbour reopens", "ru", "Cyrillic"),
        ("中央银行下调利率", "en", "Latin"),
        ("Harbour reopens", "zh-Hant", "Chinese"),
        ("Harbour reopens", "ja", "Japanese"),
        ("Harbour reopens", "sr-Cyrl", "Cyrillic"),
        ("Breaking: الميناء", "ar", None),
        (ARABIC, "ar", None),
        (f"{ARABIC}: 3–1 (2026)", "ar", None),
        ("شركة Microsoft تشتري OpenAI Ventures", "ar", None),
        ("NATO", "ar", None),
        ("Samsung Galaxy S26 Ultra مقابل iPhone 18 Pro Max", "ar", None),
        ("الناتو NATO يعلن الانسحاب من المنطقة", "en", "Latin"),
        ("Reuters: Центральный банк снизил ставку", "ar", "Arabic"),
        ("yaftah al-mina abwabahu", "ar", "Arabic"),
        ("بازگشایی بندر پس از توفان", "ar", None),
        ("O porto reabre após a tempestade", "es", None),
        ("𝐁𝐑𝐄𝐀𝐊𝐈𝐍𝐆 harbour reopens", "en", None),
        ("ＨＡＲＢＯＵＲ reopens", "es", None),
        ("スーパー・ボウル", "ja", None),
        ("人々が避難", "ja", None),
        ("3–1", "ar", None),
        ("1 000 000", "en", None),
        ("2–1 (90+3')", "ar", None),
        ("🔴 📈", "ar", None),
        ("Harbour reopens", "sr-Latn", None),
        ("Harbour reopens", "xx", None),
        ("Harbour reopens", "en-Zyyy", None),
        ("Qué será", "es", None),
        ("ΝΑΤΟ: Αθήνα", "el", None),
        ("東京で地震", "ja", None),
        ("中央银行下调利率", "zh", None),
        ("서울에서 지진", "ko", None),
        ("", "ar", None),
    ],
)
def test_scripts(text: str, language: str, missing: str | None) -> None:
    assert misfit(text, language) == missing
