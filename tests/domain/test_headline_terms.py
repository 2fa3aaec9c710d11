"""Significant words: inflected forms are equal, and common words are left out."""

from __future__ import annotations

import pytest

from ticker.domain.headline_terms import WORDS_MAX, significant_words


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("Floods in Valencia: two bridges gone", "Valencia flood closes bridge", 3),
        ("Las inundaciones de Málaga", "Málaga pide ayuda tras la inundación", 2),
        ("Inundados tres barrios de Murcia", "Calle inundada en Murcia", 2),
        ("الفيضانات تجتاح درنة", "فيضان جديد في درنة", 2),
        ("انتخابات الرئاسة في تونس", "الانتخابات تبدأ بتونس", 1),
        ("زلزال يضرب أزمير", "الزلزال في إزمير", 2),
        # Nothing in common but what every second headline has.
        ("Minister says talks will go on", "President says more talks today", 0),
        ("El presidente anuncia un nuevo plan", "La ministra anuncia nuevas medidas", 0),
        ("رئيس الوزراء يعلن خطة جديدة", "الرئيس يعلن بعد ساعات", 0),
    ],
)
def test_shared_words(one: str, other: str, shared: int) -> None:
    assert len(significant_words(one) & significant_words(other)) == shared


def test_a_hostile_headline_costs_a_bounded_number_of_words() -> None:
    assert significant_words("") == significant_words("\u0301" * 280) == frozenset()
    assert len(significant_words(" ".join(f"word{n}" for n in range(9_000)))) <= WORDS_MAX
