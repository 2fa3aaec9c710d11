"""Headlines that differ in a letter or a word."""

from __future__ import annotations

import pytest

from ticker.domain.similar_headlines import comparable, similar


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ferry runs aground off Port Almar", "Ferry runs aground off Port Almar"),
        ("Ferry runs aground off Port Almar", "FERRY RUNS AGROUND, off “Port Almar”!"),
        ("Ferry runs aground off Port Almar", "Ferry runs agruond off Port Almar"),
        ("Ferry runs aground off Port Almar", "Ferry runs aground of Port Almar"),
        ("Ferry runs aground off Port Almar", "Ferry ran aground off Port Almar"),
        ("Ferry runs aground off Port Almar", "The ferry runs aground off Port Almar"),
        ("Ferry runs aground off Port Almar", "Ferry runs aground off Port"),
        ("Ferry runs aground off Port Almar", "Ferry runs aground off new Port Almar"),
        ("Death toll rises to 20", "Death toll rises to 21"),
        ("México vota el domingo", "Mexico vota el domingo"),
        ("¿Sube el precio del pan?", "Baja el precio del pan"),
        ("إعادة فتح الميناء بعد العاصفة", "اعادة فتح الميناء بعد العاصفة"),
        ("إعادة فتح الميناء بعد العاصفة", "إعادة فتح المطار بعد العاصفة"),
        ("إعادة فتح المينـاء بَعد العاصفة", "إعادة فتح الميناء بعد العاصفة"),
        ("中央银行下调基准利率", "中央银行上调基准利率"),
        ("中央银行下调基准利率", "中央银行维持基准利率"),
        ("Центральный банк снизил ставку", "Центральный банк повысил ставку"),
        ("ธนาคารกลางลดอัตราดอกเบี้ย", "ธนาคารกลางขึ้นอัตราดอกเบี้ย"),
    ],
)
def test_a_letter_or_a_word(one: str, other: str) -> None:
    for first, second in ((one, other), (other, one)):
        assert similar(comparable(first), comparable(second))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ferry runs aground off Port Almar", "Train stops short of Port Almar"),
        ("Ferry runs aground off Port Almar", "Ferry sinks off Port Nivra after the storm"),
        ("Parliament dissolved", "Parliament resigns"),
        ("Rain", "Pain in Spain"),
        ("Goal", "Gold"),
        ("!", "?"),
        ("中央银行下调基准利率", "中央银行行长宣布辞职"),
        ("Markets open higher in Asia", "Markets open lower after oil shock"),
        ("إعادة فتح الميناء بعد العاصفة", "إغلاق المدارس بعد العاصفة"),
    ],
)
def test_other_news(one: str, other: str) -> None:
    if comparable(one) or comparable(other):
        assert not similar(comparable(one), comparable(other))
        assert not similar(comparable(other), comparable(one))
