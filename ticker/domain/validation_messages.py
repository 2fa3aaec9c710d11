"""Validation messages for fields: pydantic's errors in plain English."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ticker.domain.did_you_mean import guess
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
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number with fewer digits",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "path_type": "must be a path",
    "none_required": "must be null",
    "ip_any_network": "must be a network, for example 10.1.0.0/16",
    "timezone_aware": "must have a time zone, for example 2026-11-23T18:30:00Z",
}
_LIMITS: Mapping[str, tuple[str, str]] = {
    "greater_than_equal": ("must be at least", "ge"),
    "less_than_equal": ("must be at most", "le"),
    "greater_than": ("must be more than", "gt"),
    "less_than": ("must be less than", "lt"),
}
_MOMENT = "must be a date and time, for example 2026-11-23T18:30:00Z"
_QUOTED = re.compile(r"'([^']*)'")
_EITHER = "must be "


@dataclass(frozen=True, slots=True)
class _Wrong:
    path: tuple[str, ...]
    message: str
    alternative: bool
    """Whether this is about one of several types that the field may have."""


def field_errors(error: ValidationError, model: type[BaseModel]) -> list[FieldError]:
    """Return the first ``ERRORS_MAX`` invalid fields of ``model`` with their messages.

    A field that may have several types is named once, without the names of the types.
    """
    problems = error.errors(include_url=False)[:ERRORS_MAX]
    found = [_wrong(problem, model) for problem in problems]
    paths = [one.path for one in found]
    messages: dict[tuple[str, ...], list[str]] = {}
    for one in found:
        if one.alternative and any(_inside(path, one.path) for path in paths):
            continue  # the sender chose another type, and the message about that one says more
        messages.setdefault(one.path, []).append(one.message)
    return [
        FieldError(".".join(path)[:NAME_MAX], _either(list(dict.fromkeys(all))))
        for path, all in messages.items()
    ]


def sentence(problem: ErrorDetails, known: Sequence[str] = ()) -> str:
    """Return a message that follows the field's name, as in "headline is required".

    ``known`` are the fields that the object of an unknown field has.
    """
    kind = problem["type"]
    context = problem.get("ctx", {})
    if kind == "extra_forbidden":
        return _PLAIN[kind] + guess([str(problem["loc"][-1])], known)
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind in _LIMITS:
        words, name = _LIMITS[kind]
        return f"{words} {context[name]:,}"
    if kind.startswith("datetime"):
        return _MOMENT
    match kind:
        case "literal_error":
            expected, given = context["expected"], problem.get("input")
            likely = guess([given], _QUOTED.findall(expected)) if isinstance(given, str) else ""
            return f"must be {expected}{likely}"
        case "string_too_long":
            return f"must have at most {context['max_length']} characters"
        case "too_long" if context["field_type"] in ("List", "Tuple"):
            return (
                f"must have at most {context['max_length']} entries, not {context['actual_length']}"
            )
        case "too_long":
            most, count = context["max_length"], context["actual_length"]
            return f"must have at most {most} characters, not {count}"
        case "string_too_short" if context["min_length"] > 1:
            return f"must have at least {context['min_length']} characters"
        case "string_too_short" | "too_short":
            return "must not be empty"
        case "value_error":
            return str(context["error"])
        case _:
            return "is not valid"


def _wrong(problem: ErrorDetails, model: type[BaseModel]) -> _Wrong:
    """Return the error with the path that the sender wrote, without pydantic's names of types."""
    path: list[str] = []
    owners: list[type[BaseModel]] = [model]
    mapping = alternative = False
    loc = problem["loc"]
    for index, part in enumerate(loc):
        owner = next((one for one in owners if part in one.model_fields), None)
        last = index == len(loc) - 1
        if isinstance(part, int):
            path.append(str(part))
        elif owner is not None and not mapping:
            annotation = owner.model_fields[part].annotation
            path.append(part)
            owners, mapping = list(_models(annotation)), _is_mapping(annotation)
        elif mapping:
            path.append(part)
            mapping = False
        elif last and problem["type"] == "extra_forbidden":
            path.append(part)
        else:  # the name of a type
            alternative = last
            owners = [one for one in owners if one.__name__ == part] or owners
    known = [name for one in owners for name in one.model_fields]
    return _Wrong(tuple(path), sentence(problem, known), alternative)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for one in get_args(annotation):
        yield from _models(one)


def _is_mapping(annotation: Any) -> bool:
    return get_origin(annotation) is dict


def _inside(path: tuple[str, ...], outer: tuple[str, ...]) -> bool:
    return len(path) > len(outer) and path[: len(outer)] == outer


def _either(messages: list[str]) -> str:
    """Return one message for a field whose value fits none of its types."""
    if all(one.startswith(_EITHER) for one in messages):
        return _EITHER + " or ".join(one.removeprefix(_EITHER) for one in messages)
    return "; ".join(messages)
