"""Validation messages follow the field's name and need no knowledge of pydantic."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from ticker.domain.item import Draft
from ticker.domain.validation_messages import sentence

GOOD = {"headline": "Bridge opens", "edition": "en"}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"headline": None}, "must be text"),
        ({"headline": ""}, "must not be empty"),
        ({"colour": "red"}, "is an unknown field"),
        ({"sections": "sports"}, "must be a list"),
        ({"level": "loud"}, "must be 'ticker', 'urgent', 'bulletin' or 'flash'"),
        ({"at": "soon"}, "must be a date and time, for example 2026-11-23T18:30:00Z"),
        ({"at": "2026-11-23T18:30:00"}, "must have a time zone, for example 2026-11-23T18:30:00Z"),
    ],
)
def test_a_wrong_field(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Draft.model_validate(GOOD | fields)
    assert sentence(raised.value.errors()[0]) == message


def test_a_missing_field() -> None:
    with pytest.raises(ValidationError) as raised:
        Draft.model_validate({"edition": "en"})
    assert sentence(raised.value.errors()[0]) == "is required"
