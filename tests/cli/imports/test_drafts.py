"""Plain text from sources: markup, and text that only looks like markup."""

from __future__ import annotations

import pytest

from ticker.cli.imports.drafts import TAGS_MAX, likely_plain, one_line, plain, tag_list, web_link


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<p>Both <b>reopen</b></p>", "Both reopen"),
        ("Harbour &amp; coast", "Harbour & coast"),
        ("It&#8217;s open", "It’s open"),
        ("It&#x2019;s open", "It’s open"),
        ("3 < 4 & 5 > 4", "3 < 4 & 5 > 4"),
        ("AT&T <b>", "AT&T <b>"),
        (" two\n lines ", "two lines"),
        (None, ""),
    ],
)
def test_markup_goes_where_it_is_markup(text: object, said: str) -> None:
    assert likely_plain(text) == said


def test_text_that_is_called_text_stays() -> None:
    assert one_line("<b>x</b>\n &amp; ") == "<b>x</b> &amp;"
    assert plain("<b>x</b>\n &amp; ") == "x &"
    assert one_line(7) == ""


def test_hostile_markup_takes_linear_time_and_fails_nothing() -> None:
    # Each took a quadratic time, or more digits than Python converts.
    assert plain("<" * 200_000) == "<" * 200_000
    assert plain("<a " * 60_000).startswith("<a <a")
    assert plain("&#" + "9" * 10_000 + ";x") == "x"
    assert plain("&#x" + "f" * 10_000 + ";x") == "x"
    assert likely_plain("&#" + "9" * 10_000 + ";x") == "x"
    assert len(tag_list([f"tag {n}" for n in range(100_000)])) == TAGS_MAX


@pytest.mark.parametrize(
    ("value", "link"),
    [
        (" https://example.org/a b ", "https://example.org/a%20b"),
        ("https://example.org/خبر", "https://example.org/خبر"),
        ("https://[", None),
        ("javascript:alert(1)", None),
        ("https://example.org/" + "x" * 3_000, None),
        (7, None),
        (None, None),
    ],
)
def test_links_that_an_item_may_have(value: object, link: str | None) -> None:
    assert web_link(value) == link
