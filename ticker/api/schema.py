"""Base of the request and response schemas, and validation of request bodies."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from ticker.domain.validation_messages import validate


class Schema(BaseModel):
    """A JSON object without unknown fields."""

    model_config = ConfigDict(extra="forbid")


class EmptyBody(Schema):
    """An empty object; no body at all means the same."""


def validate_empty(data: object) -> None:
    """Check that ``data`` is an empty object. Raises Invalid that names the unknown fields."""
    validate(EmptyBody, data)
