"""Validation messages for fields: pydantic's errors in plain English."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ticker.domain.did_you_mean import likely
from ticker.domain.errors import FieldError, Invalid
from ticker.domain.messages import Message, message_of, other, said

M = TypeVar("M", bound=BaseModel)

ERRORS_MAX = 32
"""Invalid fields that are named; a body of nothing but unknown fields has thousands."""
NAME_MAX = 128
"""Characters of a field's name that are repeated in a message; the sender chooses the name."""

_PLAIN: Mapping[str, str] = {
    "missing": "required",
    "string_type": "not-text",
    "list_type": "not-a-list",
    "tuple_type": "not-a-list",
    "dict_type": "not-an-object",
    "model_type": "not-an-object",
    "model_attributes_type": "not-an-object",
    "bool_type": "not-true-or-false",
    "bool_parsing": "not-true-or-false",
    "int_type": "not-a-whole-number",
    "int_parsing": "not-a-whole-number",
    "int_parsing_size": "too-many-digits",
    "int_from_float": "not-a-whole-number",
    "float_type": "not-a-number",
    "float_parsing": "not-a-number",
    "finite_number": "not-finite",
    "path_type": "not-a-path",
    "none_required": "not-null",
    "ip_any_network": "not-a-network",
    "timezone_aware": "without-zone",
}
"""Codes of messages without parameters."""
_LIMITS: Mapping[str, tuple[str, str, str]] = {
    "greater_than_equal": ("below-least", "least", "ge"),
    "less_than_equal": ("above-most", "most", "le"),
    "greater_than": ("not-more", "limit", "gt"),
    "less_than": ("not-less", "limit", "lt"),
}
_QUOTED = re.compile(r"'([^']*)'")
_EITHER = "must be "


@dataclass(frozen=True, slots=True)
class _Wrong:
    path: tuple[str, ...]
    message: Message
    alternative: bool
    """Whether this is about one of several types that the field may have."""


def validate(model: type[M], data: object) -> M:
    """Return ``data`` as ``model``. Raises Invalid that names every invalid field."""
    if not isinstance(data, dict):
        raise Invalid([FieldError("", said("not-a-json-object"))])
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise Invalid(field_errors(error, model)) from None


def field_errors(error: ValidationError, model: type[BaseModel]) -> list[FieldError]:
    """Return the first ``ERRORS_MAX`` invalid fields of ``model`` with their messages.

    A field that may have several types is named once, without the names of the types.
    """
    problems = error.errors(include_url=False)[:ERRORS_MAX]
    found = [_wrong(problem, model) for problem in problems]
    paths = [one.path for one in found]
    messages: dict[tuple[str, ...], list[Message]] = {}
    for one in found:
        if one.alternative and any(_inside(path, one.path) for path in paths):
            continue  # the sender chose another type, and the message about that one says more
        messages.setdefault(one.path, []).append(one.message)
    return [
        FieldError(".".join(path)[:NAME_MAX], _either(list(dict.fromkeys(all))))
        for path, all in messages.items()
    ]


def sentence(problem: ErrorDetails, known: Sequence[str] = ()) -> Message:
    """Return a message that follows the field's name, as in "headline is required".

    ``known`` are the fields that the object of an unknown field has.
    """
    kind = problem["type"]
    context = problem.get("ctx", {})
    if kind == "extra_forbidden":
        meant = likely([str(problem["loc"][-1])], known)
        return said("unknown-field-likely", likely=meant) if meant else said("unknown-field")
    if kind in _PLAIN:
        return said(_PLAIN[kind])
    if kind in _LIMITS:
        code, name, limit = _LIMITS[kind]
        return said(code, **{name: context[limit]})
    if kind.startswith("datetime"):
        return said("not-a-time")
    match kind:
        case "literal_error":
            expected, given = context["expected"], problem.get("input")
            names = _QUOTED.findall(expected)
            shown = {"known": expected, "names": ", ".join(names)}
            meant = likely([given], names) if isinstance(given, str) else ""
            if meant:
                return said("not-one-of-likely", likely=meant, **shown)
            return said("not-one-of", **shown)
        case "string_too_long":
            return said("too-long", most=context["max_length"])
        case "too_long":
            most, count = context["max_length"], context["actual_length"]
            entries = context["field_type"] in ("List", "Tuple")
            return said("too-many-entries" if entries else "too-long-by", most=most, count=count)
        case "string_too_short" if context["min_length"] > 1:
            return said("too-short", least=context["min_length"])
        case "string_too_short" | "too_short":
            return said("empty")
        case "value_error":
            return message_of(context["error"])
        case _:
            return said("invalid")


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


def _either(messages: list[Message]) -> Message:
    """Return one message for a field whose value fits none of its types."""
    if len(messages) == 1:
        return messages[0]
    if all(one.startswith(_EITHER) for one in messages):
        kinds = " or ".join(one.removeprefix(_EITHER) for one in messages)
        return said("not-one-of-types", known=kinds)
    return other("; ".join(messages))
