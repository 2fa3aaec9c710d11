"""Validation messages for fields: pydantic's errors in plain English."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic_core import ErrorDetails

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
