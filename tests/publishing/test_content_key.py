"""Items with the same words are duplicates."""

from __future__ import annotations

from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from tests.publishing.transitions.acts import NOW, change, live, publish
from ticker.publishing import transitions
from ticker.publishing.content_key import content_claim, content_key


def test_the_same_line_is_the_same_whatever_its_punctuation() -> None:
    key = content_key(live(headline="Bridge  CLOSED!"))
    assert key == content_key(live(headline="“bridge closed”"))
    assert key != content_key(live(headline="Bridge closed", edition="es"))
    assert key == content_key(live(headline="Bridge closed", level="flash"))
    for one, other in (
        ("Brent +5%", "Brent −5%"),
        ("Fuel at €5", "Fuel at $5"),
        ("🔴", "📈"),
        ("Final: 2-1", "Final: 2-3"),
    ):
        keys = {content_key(live(headline=text)) for text in (one, other)}
        assert len(keys) == 2, one
    for one, other in (
        ("Brent −5%", "Brent -5 %"),
        ("Final: 2–1", "Final: 2-1"),
        ("ＯＫ", "ok"),
        ("إغلاق جسر الميناء", "إِغلاق جســر المينَاء"),
    ):
        keys = {content_key(live(headline=text)) for text in (one, other)}
        assert len(keys) == 1, one


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1))
def test_the_same_line_is_the_same_in_fullwidth_letters(text: str) -> None:
    headline = f"a{text}"
    wide = "".join(char if char == " " else chr(ord(char) + 0xFEE0) for char in headline)
    assert content_key(live(headline=headline)) == content_key(live(headline=wide))


def test_words_are_claimed_when_an_item_is_published_and_free_when_it_ends() -> None:
    made = publish()
    key = content_key(made.item)
    claim = partial(content_claim, now_ms=NOW, window_ms=500, force=False)
    assert claim(made.item, None, made) == (key, key, "claim", 500)
    assert claim(made.item, None, made, force=True) == (key, key, "force", 500)
    assert claim(made.item, None, made, window_ms=0) == (key, key, "leave", 0)
    draft = publish(draft=True)
    assert claim(draft.item, None, draft) == (key, key, "leave", 0)
    pushed = change(made.item, sections=["sports"])
    assert claim(pushed.item, made.item, pushed) == (key, key, "leave", 500)
    other = change(made.item, headline="Harbour bridge open")
    assert claim(other.item, made.item, other) == (content_key(other.item), key, "take", 500)
    ended = transitions.retract(made.item, None, by="ana", now_ms=NOW)
    assert ended is not None
    assert claim(ended.item, made.item, ended) == (key, key, "free", 0)
