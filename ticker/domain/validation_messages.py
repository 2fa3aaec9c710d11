"""Validation messages for fields: pydantic's errors in plain English."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ticker.domain.errors import FieldError

ERRORS_MAX = 32
"""Invalid fields that are named; a body of nothing but unknown fields has thousands."""
NAME_MAX = 128
"""Characters of a field's name that are repeated in a message; the sender chooses the name."""

_PLAIN: Mapping[str, str] = {
    "missing": "is required",
    "extra_forbidden": "is an unknown field",
    "string_type": "must be text",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "timezone_aware": "must have a time zone, for example 2026-11-23T18:30:00Z",
}
_MOMENT = "must be a date and time, for example 2026-11-23T18:30:00Z"


def field_errors(error: ValidationError) -> list[FieldError]:
    """Return the first ``ERRORS_MAX`` invalid fields with their messages."""
    problems = error.errors(include_url=False, include_input=False)[:ERRORS_MAX]
    return [
        FieldError(".".join(map(str, problem["loc"]))[:NAME_MAX], sentence(problem))
        for problem in problems
    ]


def sentence(problem: ErrorDetails) -> str:
    """Return a message that follows the field's name, as in "headline is required"."""
    kind = problem["type"]
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind.startswith("datetime"):
        return _MOMENT
    context = problem.get("ctx", {})
    match kind:
        case "literal_error":
            return f"must be {context['expected']}"
        case "string_too_long":
            return f"must have at most {context['max_length']} characters"
        case "too_long" if context["field_type"] == "List":
            return (
                f"must have at most {context['max_length']} entries, not {context['actual_length']}"
            )
        case "too_long":
            most, count = context["max_length"], context["actual_length"]
            return f"must have at most {most} characters, not {count}"
        case "string_too_short" | "too_short":
            return "must not be empty"
        case _:
            return problem["msg"].removeprefix("Value error, ")
