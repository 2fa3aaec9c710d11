"""Schemas of problem documents."""

from __future__ import annotations

from pydantic import BaseModel

from ticker.api.schema import Schema


class InvalidField(Schema):
    """One invalid field of a request: its name, and a message; for a time also its value."""

    field: str
    message: str
    value: str | None = None


class Problem(BaseModel):
    """An RFC 9457 problem document. ``type`` is stable; titles and details may change."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[InvalidField] | None = None
    existing: str | None = None
    current: int | None = None
    now: str | None = None
    suggested: dict[str, str] | None = None
    instance: str | None = None
