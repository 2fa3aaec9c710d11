"""Base of the request and response schemas, and validation of request bodies."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ticker.domain.errors import FieldError, Invalid
from ticker.domain.messages import said
from ticker.domain.validation_messages import field_errors

M = TypeVar("M", bound=BaseModel)


class Schema(BaseModel):
    """A JSON object without unknown fields."""

    model_config = ConfigDict(extra="forbid")


class EmptyBody(Schema):
    """An empty object; no body at all means the same."""


def validate(model: type[M], data: object) -> M:
    """Return ``data`` as ``model``. Raises Invalid that names every invalid field."""
    if not isinstance(data, dict):
        raise Invalid([FieldError("", said("not-a-json-object"))])
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise Invalid(field_errors(error, model)) from None


def validate_empty(data: object) -> None:
    """Check that ``data`` is an empty object. Raises Invalid that names the unknown fields."""
    validate(EmptyBody, data)
