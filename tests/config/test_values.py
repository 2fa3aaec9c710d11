"""Readers of values: what the environment and TOML write for each type, and what they refuse."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from ticker.config.values import Bounds, Length, Wrong, reader_of

WHOLE = Annotated[int, Bounds(ge=1, le=10_000)]
NETWORKS = tuple[IPv4Network | IPv6Network, ...]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (WHOLE, " 10 ", 10),
        (WHOLE, "1_000", 1_000),
        (WHOLE, "5.0", 5),
        (WHOLE, 5.0, 5),
        (float, "2.5", 2.5),
        (float, 3, 3.0),
        (bool, "Off", False),
        (bool, 1, True),
        (bool, "yes", True),
        (Path | None, None, None),
        (Path | None, "/a b", Path("/a b")),
        (Annotated[int | None, Bounds(ge=0)], None, None),
        (NETWORKS, ["10.0.0.0/8", "::/0"], (ip_network("10.0.0.0/8"), ip_network("::/0"))),
        (tuple[str, ...], [], ()),
        (dict[str, WHOLE], {"a": "2"}, {"a": 2}),
    ],
)
def test_a_value_is_read(kind: Any, value: object, expected: object) -> None:
    found = reader_of(kind)(value)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (WHOLE, "0", "must be at least 1"),
        (WHOLE, "10001", "must be at most 10,000"),
        (WHOLE, "٣", "must be a whole number"),
        (WHOLE, True, "must be a whole number"),
        (WHOLE, float("inf"), "must be a whole number"),
        (WHOLE, "9" * 10_000, "must be a whole number with fewer digits"),
        (Annotated[float, Bounds(gt=0, lt=1)], 0, "must be more than 0"),
        (Annotated[float, Bounds(gt=0, lt=1)], 1, "must be less than 1"),
        (float, "nan", "must be a finite number"),
        (float, "1,5", "must be a number"),
        (bool, "maybe", "must be true or false"),
        (bool, 2, "must be true or false"),
        (Path, "a\0b", "must be a path"),
        (Path, 5, "must be a path"),
        (Annotated[str, Length(3, 1)], "", "must not be empty"),
        (Annotated[str, Length(3, 1)], "abcd", "must have at most 3 characters"),
        (Literal["a", "b"], ["a"], "must be 'a' or 'b'"),
        (NETWORKS, ["10.0.0.1/8"], "must be a network, for example 10.1.0.0/16"),
        (tuple[str, ...], "a", "must be a list"),
        (dict[str, str], [], "must be an object"),
    ],
)
def test_a_wrong_value_is_refused(kind: Any, value: object, message: str) -> None:
    with pytest.raises(Wrong) as raised:
        reader_of(kind)(value)
    assert [one.message for one in raised.value.problems] == [message]


def test_a_list_names_the_place_of_each_wrong_entry() -> None:
    with pytest.raises(Wrong) as raised:
        reader_of(dict[str, tuple[WHOLE, ...]])({"a": [1, "x"], "b": [0]})
    assert [one.path for one in raised.value.problems] == [("a", "1"), ("b", "0")]


def test_a_type_without_a_reader_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError):
        reader_of(set[str])
