"""Items with the same words are duplicates."""

from __future__ import annotations

from tests.publishing.transitions.acts import live
from ticker.publishing.content_key import content_key


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
