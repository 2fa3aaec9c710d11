"""Templates: fields in the order of the texts, filled in once, and a cancellation."""

from __future__ import annotations

from typing import Any

import pytest

from ticker.domain.errors import Invalid
from ticker.domain.template import FIELDS_MAX, VALUE_MAX, Template, check, filled

QUAKE: dict[str, Any] = {
    "title": "Earthquake",
    "level": "bulletin",
    "edition": "en",
    "headline": "Earthquake of magnitude {magnitude} near {place}",
    "summary": "It was felt in {place}. {magnitude}, says {agency}.",
    "source": "{agency}",
    "push": True,
}


def test_fields_stand_in_the_order_of_the_texts() -> None:
    assert Template.model_validate(QUAKE).fields == ("magnitude", "place", "agency")
    assert Template.model_validate(QUAKE | {"headline": "{Place} {} { x } {1}"}).fields[:1] == (
        "place",
    )


def test_a_template_is_filled_in_with_its_cancellation() -> None:
    template = Template.model_validate(QUAKE | {"cancellation": "No earthquake near {place}"})
    values = {"magnitude": " 6.1 ", "place": "{magnitude}", "agency": "the observatory"}
    draft, cancellation = filled(template, values, "withdrawn")
    assert draft["headline"] == "Earthquake of magnitude 6.1 near {magnitude}", "filled in once"
    assert (draft["level"], draft["edition"], draft["push"]) == ("bulletin", "en", True)
    assert draft["source"] == "the observatory"
    assert cancellation["headline"] == "No earthquake near {magnitude}" == draft["cancellation"]
    assert (cancellation["level"], cancellation["push"]) == ("bulletin", True)
    _, plain = filled(Template.model_validate(QUAKE), values, "We have withdrawn it.")
    assert plain["headline"] == "We have withdrawn it."


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({}, ["fields.magnitude", "fields.place", "fields.agency"]),
        ({"magnitude": "6", "place": " ", "agency": "x"}, ["fields.place"]),
        ({"magnitude": "6", "place": "Lima", "agency": "x", "depth": "9"}, ["fields.depth"]),
        ({"magnitude": "6", "place": "x" * (VALUE_MAX + 1), "agency": "x"}, ["fields.place"]),
    ],
)
def test_missing_unknown_and_long_fields_are_named(
    values: dict[str, str], fields: list[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        filled(Template.model_validate(QUAKE), values, "")
    assert [error.field for error in refused.value.errors] == fields


def test_fields_have_a_bound_and_a_cancellation_has_none_of_its_own() -> None:
    check(Template.model_validate(QUAKE))
    many = " ".join(f"{{field{number}}}" for number in range(FIELDS_MAX + 1))
    for change in ({"summary": many}, {"cancellation": "Not in {city}"}):
        with pytest.raises(Invalid):
            check(Template.model_validate(QUAKE | change))
