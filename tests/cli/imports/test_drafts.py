"""Plain text from sources: markup, and text that only looks like markup."""

from __future__ import annotations

import pytest

from ticker.cli.imports.drafts import likely_plain, one_line, plain


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
