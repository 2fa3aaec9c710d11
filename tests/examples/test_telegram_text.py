"""The text of a message: markup that is accepted, direction, and the limit."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.telegram_bridge.text import LIMIT, message, shorten, units
from tests.client.messages import item
from tests.examples.bot_api import plain
from ticker.client import Item

LRM, RLM, FSI, PDI = "\u200e", "\u200f", "\u2068", "\u2069"


def line(**more: Any) -> Item:
    return Item.read(item("a", **more))


def test_every_part_of_an_item() -> None:
    whole = line(
        level="urgent",
        headline="Bridge <shut> & ferries full",
        speaker="Mayor of Lower Town",
        summary='Until "further" notice.',
        source="Valley Wire",
        link="https://news.example/a?b=1&c=2",
        correction={"text": "The ferries run.", "at": "2026-11-23T19:33:24.123Z"},
    )
    assert message(whole) == (
        f"{LRM}❗ <b>{FSI}Mayor of Lower Town{PDI}: Bridge &lt;shut&gt; &amp; ferries full</b>\n\n"
        f'{LRM}Until "further" notice.\n\n'
        f"{LRM}<i>✎ The ferries run.</i>\n\n"
        f"{LRM}— {FSI}Valley Wire{PDI}\n\n"
        f'{LRM}<a href="https://news.example/a?b=1&amp;c=2">{FSI}news.example{PDI}</a>'
    )


def test_a_headline_alone() -> None:
    assert message(line(headline="Calm seas")) == f"{LRM}<b>Calm seas</b>"


def test_each_paragraph_of_a_mixed_text_has_the_items_direction() -> None:
    """An Arabic line that begins with a Latin name would be laid out from the left."""
    arabic = line(
        dir="rtl", headline="ACME توقف الإنتاج", summary="MX-5 آخر ما صنعته", source="Valley Wire"
    )
    paragraphs = plain(message(arabic)).split("\n\n")
    assert [one[0] for one in paragraphs] == [RLM] * 3
    assert paragraphs[2] == f"{RLM}— {FSI}Valley Wire{PDI}"


@pytest.mark.parametrize("letter", ["x", "<", "&", "ن", "🚆", "é", "words and "])
def test_whatever_its_parts_it_fits(letter: str) -> None:
    long = letter * 3_000
    shown = plain(
        message(
            line(
                level="flash",
                headline=long,
                summary=long,
                speaker=long,
                source=long,
                link="https://" + "a" * 2_000,
                correction={"text": long},
            )
        )
    )
    assert LIMIT // 2 < units(shown) <= LIMIT


def test_what_the_newsroom_allows_is_not_cut() -> None:
    whole = line(headline="h" * 280, summary="s" * 1_500, speaker="p" * 280, source="q" * 280)
    assert "…" not in message(whole)


@given(st.text(), st.integers(min_value=1, max_value=60))
def test_shortened_text_has_its_room_and_is_a_beginning(text: str, room: int) -> None:
    text = text.encode(errors="ignore").decode()
    short = shorten(text, room)
    assert units(short) <= room
    assert short == text or text.startswith(short.removesuffix("…"))


def test_words_and_accents_stay_whole() -> None:
    assert shorten("the long way home", 12) == "the long…"
    assert shorten("cafe\u0301s", 5) == "caf…"
    assert shorten("🚆🚆🚆", 4) == "🚆…"


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_accepted_and_shown_as_it_is(headline: str, summary: str) -> None:
    headline, summary = (one.encode(errors="ignore").decode() for one in (headline, summary))
    shown = plain(message(line(headline=headline, summary=summary)))
    assert shown.startswith(f"{LRM}{headline}")
    assert summary in shown
