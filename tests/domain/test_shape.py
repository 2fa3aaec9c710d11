"""Text fields of a given form."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

from ticker.domain.shape import Shape

FIELD = TypeAdapter(Annotated[str, Shape("[a-z]+", "must be small letters")])


def test_text_of_another_form_gets_the_message() -> None:
    assert FIELD.validate_python("abc") == "abc"
    for wrong in ("Abc", "abc\n", ""):
        with pytest.raises(ValidationError, match="must be small letters"):
            FIELD.validate_python(wrong)


def test_a_json_schema_has_the_pattern() -> None:
    assert FIELD.json_schema() == {"type": "string", "pattern": "^[a-z]+$"}
