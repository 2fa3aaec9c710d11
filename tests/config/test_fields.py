"""Records of settings: defaults, all problems at once, copies, and no values in their text."""

from __future__ import annotations

from typing import Annotated

import pytest

from ticker.config.fields import InvalidFields, Record
from ticker.config.values import Bounds


class Station(Record):
    name: str
    height: Annotated[int, Bounds(ge=0)] = 3
    password: str = ""

    def check(self) -> None:
        if self.name == self.password:
            raise ValueError("the password must not be the name")


def test_defaults_stand_for_what_is_not_given() -> None:
    station = Station(name="north")
    assert (station.height, station.model_fields_set) == (3, frozenset({"name"}))
    assert station == Station.model_validate({"name": "north", "height": "3"})
    assert station != Station(name="south")
    assert station.model_dump() == {"name": "north", "height": 3, "password": ""}


def test_all_problems_are_named_in_the_order_of_the_fields() -> None:
    with pytest.raises(InvalidFields) as raised:
        Station.model_validate({"heigth": 1, "height": -1})
    assert [(one.path, one.message) for one in raised.value.problems] == [
        (("name",), "is required"),
        (("height",), "must be at least 0"),
        (("heigth",), "is an unknown field (did you mean height?)"),
    ]


def test_a_rule_about_several_fields_is_checked_last() -> None:
    with pytest.raises(InvalidFields, match="the password must not be the name"):
        Station(name="x", password="x")


def test_a_copy_has_other_values_and_the_record_itself_does_not_change() -> None:
    station = Station(name="north")
    higher = station.model_copy(update={"height": 9})
    assert (station.height, higher.height, higher.model_fields_set) == (
        3,
        9,
        frozenset({"name", "height"}),
    )
    with pytest.raises(AttributeError):
        station.height = 4  # type: ignore[misc]


def test_its_text_has_no_values() -> None:
    assert repr(Station(name="north", password="secret")) == "<Station: name, password>"
