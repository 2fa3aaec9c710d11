"""Plain text from sources: markup, and text that only looks like markup."""

from __future__ import annotations

import pytest

from ticker.domain.text import MARKS_MAX
from ticker.imports.texts import (
    likely_plain,
    mended,
    one_line,
    plain,
    readable,
    shortened,
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<p>Both <b>reopen</b></p>", "Both reopen"),
        ("Harbour &amp; coast", "Harbour & coast"),
        ("It&#8217;s open", "It’s open"),
        ("It&#x2019;s open", "It’s open"),
        ("3 < 4 & 5 > 4", "3 < 4 & 5 > 4"),
        ("AT&T <b>", "AT&T <b>"),
        ("Rock &amp;amp; roll", "Rock & roll"),
        ("It&amp;#8217;s &amp;quot;open&amp;quot;", 'It’s "open"'),
        ("&amp;lt;p&amp;gt;Both&amp;lt;/p&amp;gt;", "Both"),
        ("<b>W</b>ater, H<sub>2</sub>S", "Water, H2S"),
        ("un<i>believ</i>able<br>news", "unbelievable news"),
        ("<ul><li>one</li><li>two</li></ul>", "one two"),
        ("<style>.a{color:red}</style>a<script>x<y</script>b", "ab"),
        ("a<!-- b > c -->d", "ad"),
        ("<![CDATA[a <b>b</b>]]>", "a b"),
        ("<p>الوزير يقول <b>لا</b></p>", "الوزير يقول لا"),
        ("a\u00adb\u200b c\ufffd", "ab c"),
        (" two\n lines ", "two lines"),
        (None, ""),
    ],
)
def test_markup_goes_where_it_is_markup(text: object, said: str) -> None:
    assert likely_plain(text) == said


def test_text_that_is_called_text_stays() -> None:
    assert one_line("<b>x</b>\n &amp; ") == "<b>x</b> &amp;"
    assert plain("<b>x</b>\n &amp; ") == "x &"
    assert (one_line(7), one_line(True), one_line(None)) == ("7", "", "")


def test_hostile_markup_takes_linear_time_and_fails_nothing() -> None:
    # Each took a quadratic time, or more digits than Python converts.
    assert plain("<" * 200_000) == "<" * 200_000
    assert plain("<a " * 60_000).startswith("<a <a")
    assert plain("&#" + "9" * 10_000 + ";x") == "x"
    assert plain("&#x" + "f" * 10_000 + ";x") == "x"
    assert likely_plain("&#" + "9" * 10_000 + ";x") == "x"
    assert plain("<b>" * 5_000 + "deep" + "</b>" * 5_000) == "deep"
    assert len(readable("e" + "\u0301" * 30_000)) == MARKS_MAX


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The <em>minister</em> said", "The minister said"),
        ('Harbour <b>&" opens <!--late--> </title>', 'Harbour <b>&" opens <!--late--> </title>'),
        ("It&#8217;s 3 < 4", "It’s 3 < 4"),
        ("Tom & Jerry", "Tom & Jerry"),
    ],
)
def test_markup_in_text_that_is_plain_by_its_format(text: str, said: str) -> None:
    assert mended(text) == said


@pytest.mark.parametrize(
    ("text", "limit", "said"),
    [
        ("short", 5, "short"),
        ("one two three", 8, "one two…"),
        ("one two, three", 9, "one two…"),
        ("a " + "x" * 200, 100, "a " + "x" * 97 + "…"),
        ("x" * 98 + "e\u0327\u0301zz", 101, "x" * 98 + "…"),
    ],
)
def test_cut_at_a_word(text: str, limit: int, said: str) -> None:
    assert shortened(text, limit) == said


def test_text_that_nobody_can_see_is_no_text() -> None:
    assert readable("\u200d\u2800 ") == ""
    assert readable("e\u0301\u202e!") == "é!"
    assert readable("a\ud83d!") == "a\ufffd!"
