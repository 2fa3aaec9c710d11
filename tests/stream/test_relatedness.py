"""Relatedness in three languages: what shares a subject is related, what shares a place is not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.support.in_memory import InMemoryNewsroom
from ticker.domain.filter import Facets
from ticker.domain.headline_terms import significant_words
from ticker.stream.current_items import CurrentItems
from ticker.stream.related import related
from ticker.stream.relatedness import DAY_MS, RELATED_MIN, Relatedness, Subject

FRONT_PAGES = {
    "ar": (
        ("فيضانات عارمة تجتاح مدينة درنة الليبية", ["environment"], ["mena"]),
        ("ارتفاع حصيلة ضحايا الفيضان في درنة", ["miscellaneous"], ["mena"]),
        ("وزير الخارجية يصل إلى القاهرة", ["politics"], ["mena"]),
        ("رئيس الحكومة يقدم استقالته", ["politics"], ["mena"]),
        ("منتخب تونس يفوز على الجزائر", ["sports"], ["mena"]),
    ),
    "es": (
        ("Las inundaciones dejan incomunicada Valencia", ["environment"], ["europe"]),
        ("Valencia evacúa tres barrios por la inundación", ["miscellaneous"], ["europe"]),
        ("El presidente anuncia elecciones anticipadas", ["politics"], ["europe"]),
        ("La ministra dimite tras la moción", ["politics"], ["europe"]),
        ("El Betis gana al Sevilla", ["sports"], ["europe"]),
    ),
    "en": (
        ("Floods cut off coastal city of Derna", ["environment"], ["mena"]),
        ("Derna flood toll rises to 40", ["miscellaneous"], ["mena"]),
        ("Foreign minister arrives in Cairo", ["politics"], ["mena"]),
        ("Prime minister resigns after vote", ["politics"], ["mena"]),
        ("Tunisia beat Algeria in final", ["sports"], ["mena"]),
    ),
}


@pytest.mark.parametrize("edition", FRONT_PAGES)
def test_a_flood_is_related_to_the_flood_and_to_nothing_else(edition: str) -> None:
    # A flood offered two politicians: they shared its region.
    news, items = InMemoryNewsroom(), CurrentItems()
    events = [
        news.publish(headline, edition=edition, sections=sections, regions=regions)
        for headline, sections, regions in FRONT_PAGES[edition]
    ]
    for event in events:
        items.apply(event)
    assert related(items, events[0], 6) == [events[1]]
    assert related(items, events[1], 6) == [events[0]]
    for other in events[2:]:
        assert related(items, other, 6) == []


def subject(
    headline: str = "",
    *,
    tags: Sequence[str] = (),
    regions: Sequence[str] = (),
    speaker: str = "",
    at: int = 0,
) -> Subject:
    facets = Facets("en", tags=frozenset(tags), regions=frozenset(regions))
    return Subject(facets, significant_words(headline), speaker, at)


def test_a_rare_value_relates_and_a_common_one_does_not() -> None:
    one, other = subject(tags=["harbour"]), subject(tags=["harbour"])
    assert Relatedness([one, other]).score(one, other) == 1.0
    assert Relatedness([one, other] * 40).score(one, other) == 0


def test_a_speaker_relates_what_they_said() -> None:
    one, other = subject("Yes", speaker="Ana Roa"), subject("No", speaker="Ana Roa")
    relatedness = Relatedness([one, other])
    assert relatedness.score(one, other) > RELATED_MIN
    assert relatedness.score(subject("Yes"), subject("No")) == 0


def test_a_day_between_two_items_counts_against_them() -> None:
    one, near, far = (subject(tags=["harbour"], at=at) for at in (0, DAY_MS // 2, 3 * DAY_MS))
    relatedness = Relatedness([one, near, far])
    assert relatedness.score(one, near) > relatedness.score(one, far) > 0
