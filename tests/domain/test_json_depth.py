"""JSON of limited depth."""

from __future__ import annotations

import orjson
import pytest

from ticker.domain.json_depth import DEPTH_MAX, TooDeep, loads


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_the_depth_is_bounded(opening: str, closing: str) -> None:
    def nested(levels: int) -> str:
        return opening * levels + "1" + closing * levels

    assert loads(nested(DEPTH_MAX)) is not None
    for levels in (DEPTH_MAX + 1, 300, 1_000):
        with pytest.raises(TooDeep):
            loads(nested(levels))
        with pytest.raises(TooDeep):
            loads(nested(levels).encode())


def test_brackets_in_text_and_in_width_are_not_depth() -> None:
    assert loads(orjson.dumps("[" * 100)) == "[" * 100
    assert len(loads(b"[" + b",".join([b"[]"] * 100) + b"]")) == 100


def test_what_is_no_json_is_an_error() -> None:
    with pytest.raises(orjson.JSONDecodeError):
        loads(b"[" * 100)
