"""Every target on its seeds, on pieces of them, and on generated input, the same every time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS

SEEDS = Path(__file__).with_name("seeds")
JSON = ("message", "item", "lane", "push", "feed")
FIXED = settings(derandomize=True, database=None, max_examples=25)

_texts = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            *("https://[", "https://a.example/", "\u200b", "e" + "\u0301" * 20, "\x1b[31m", "en"),
            *(
                "9" * 5_000,
                "0001-01-01T00:00:00+14:00",
                "2999-12-31T23:59:59Z",
                "politics",
                "flash",
            ),
        ]
    ),
)
_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), _texts),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=6,
)


def seeds(name: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((SEEDS / name).iterdir())]


@st.composite
def changed(draw: st.DrawFn, name: str) -> bytes:
    """Return a seed with a piece replaced."""
    seed = draw(st.sampled_from(seeds(name)))
    start = draw(st.integers(0, len(seed)))
    end = draw(st.integers(start, len(seed)))
    return (
        seed[:start]
        + draw(st.binary(max_size=12)) * draw(st.sampled_from([1, 1, 500]))
        + seed[end:]
    )


@st.composite
def json_like(draw: st.DrawFn, name: str) -> bytes:
    """Return a JSON seed with values of other types and lengths."""
    documents = [
        orjson.loads(seed) for seed in seeds(name) if seed[:1] == b"{" and b"}\n{" not in seed
    ]
    document = draw(st.sampled_from(documents))
    for key in draw(st.lists(st.sampled_from(sorted(document)), max_size=3, unique=True)):
        document[key] = draw(_values)
    return orjson.dumps(document)


@pytest.mark.parametrize(("name", "target"), TARGETS.items())
def test_seeds(name: str, target: Callable[[bytes], None]) -> None:
    for seed in seeds(name):
        target(seed)
        for piece in range(0, len(seed), max(1, len(seed) // 20)):
            target(seed[:piece])


@pytest.mark.parametrize("name", TARGETS)
def test_changed_seeds(name: str) -> None:
    @FIXED
    @given(changed(name))
    def check(data: bytes) -> None:
        TARGETS[name](data)

    check()


@pytest.mark.parametrize("name", JSON)
def test_json_with_other_values(name: str) -> None:
    @FIXED
    @given(json_like(name))
    def check(data: bytes) -> None:
        TARGETS[name](data)

    check()
