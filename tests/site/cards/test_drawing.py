"""Cards in three scripts: their size, their bytes, and the side on which they begin."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.png import read_png
from ticker.site.cards.drawing import HEIGHT, MARGIN, WIDTH, Card, draw

BYTES_MAX = 150_000
CARDS = {
    "en": Card("Floods cut off Valencia’s southern districts", "Breaking", "Ticker", breaking=True),
    "es": Card("El Gobierno declara zona catastrófica", "Medio ambiente", "Ticker"),
    "ar": Card("فيضانات عارمة تجتاح مدينة درنة", "عاجل", "قناة", rtl=True, breaking=True),
}


@pytest.mark.parametrize("edition", CARDS)
def test_a_card_begins_on_the_side_of_its_edition(edition: str) -> None:
    card = CARDS[edition]
    png = draw(card)
    picture = read_png(png)
    assert (picture.width, picture.height) == (WIDTH, HEIGHT)
    assert len(png) <= BYTES_MAX
    near, far = (
        ((WIDTH - 4 * MARGIN, WIDTH), (0, MARGIN))
        if card.rtl
        else ((0, 4 * MARGIN), (WIDTH - MARGIN, WIDTH))
    )
    for top, bottom in ((56, 132), (148, 300), (518, 590)):
        assert picture.drawn(near[0], top, near[1], bottom)
        assert not picture.drawn(far[0], top, far[1], bottom)


@pytest.mark.parametrize(
    "headline",
    ["Z" + "\u0301" * 10_000, "W" * 280, "💥" * 280, "\u202e\u2066\u200f" * 90, "", "中" * 280],
)
def test_a_hostile_headline_has_a_card(headline: str) -> None:
    png = draw(replace(CARDS["en"], headline=headline, kicker=headline, brand=headline))
    assert len(png) <= BYTES_MAX
    read_png(png)


def test_the_newsrooms_name_takes_the_place_of_a_headline_that_cannot_be_printed() -> None:
    card = Card("日本で地震", "", "Ticker")
    assert draw(card) == draw(replace(card, headline="Ticker"))
