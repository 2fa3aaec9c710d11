"""Lines of a card: what fits, what is left out, and what hostile text costs."""

from __future__ import annotations

import pytest

from ticker.site.cards.typesetting import (
    CHARACTERS_MAX,
    ELLIPSIS,
    Font,
    fit,
    font_for,
    line,
    naskh,
    printable,
    serif,
)

BOX = {"width": 1_000.0, "height": 300.0}
SIZES = (100, 80, 60, 40)


def lines_of(text: str, font: Font, rtl: bool = False) -> tuple[int, list[str]]:
    size, lines = fit(text, font, rtl, BOX["width"], BOX["height"], SIZES)
    assert all(one.width * size <= BOX["width"] for one in lines)
    assert len(lines) * size * font.line_height <= BOX["height"]
    return size, [one.text for one in lines]


@pytest.mark.parametrize(
    ("headline", "size"),
    [
        ("War ends", 100),
        ("Floods cut off Valencia’s southern districts as rivers burst their banks", 80),
        ("El Gobierno declara zona catastrófica los municipios de la costa", 80),
        ("فيضانات عارمة تجتاح مدينة درنة الليبية", 100),
        ("one of the longest headlines that anybody has written so far " * 4, 40),
    ],
)
def test_a_headline_has_the_largest_size_that_fits(headline: str, size: int) -> None:
    font = font_for(headline)
    found, lines = lines_of(headline, font, font is naskh())
    assert found == size
    assert " ".join(lines) == headline.strip()


def test_lines_have_about_the_same_width() -> None:
    _, lines = lines_of(
        "Parliament passes the budget after a night of talks in the capital", serif()
    )
    widths = [line(one, serif(), False).width for one in lines]
    assert min(widths) > 0.6 * max(widths)


@pytest.mark.parametrize("text", ["W" * 280, "W " * 140, "Wörterbuch-" * 25])
def test_what_does_not_fit_ends_with_an_ellipsis_or_is_broken(text: str) -> None:
    size, lines = lines_of(text, serif())
    assert size == SIZES[-1]
    assert lines[-1].endswith(ELLIPSIS) or "".join(lines) == text.replace(" ", "")


def test_arabic_letters_join() -> None:
    joined = line("سلام", naskh(), True).width
    apart = sum(line(letter, naskh(), True).width for letter in "سلام")
    assert joined < 0.9 * apart


def test_what_the_font_lacks_is_left_out() -> None:
    assert printable("Rain 🌧️ in \u202eValencia\u202c\n now", serif()) == "Rain in Valencia now"
    assert printable("日本で地震", serif()) == ""
    assert printable("💥💥", serif()) == ""


def test_combining_marks_are_few_on_each_letter_and_text_is_bounded() -> None:
    assert (
        printable("Z" + "\u0301" * 10_000, serif())
        == "Z\u0301\u0301\u0301".replace("Z\u0301", "Ź") + "\u0301"
    )
    assert len(printable("a b" * 10_000, serif())) <= CHARACTERS_MAX
