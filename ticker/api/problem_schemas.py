"""Schemas of problem documents."""

from __future__ import annotations

from pydantic import BaseModel

from ticker.api.schema import Schema


class InvalidField(Schema):
    """One invalid field of a request: its name, and a message."""

    field: str
    message: str


class Problem(BaseModel):
    """An RFC 9457 problem document. ``type`` is stable; titles and details may change."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[InvalidField] | None = None
    existing: str | None = None
    current: int | None = None
    instance: str | None = None
