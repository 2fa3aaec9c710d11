"""Schemas of problem documents."""

from __future__ import annotations

from pydantic import BaseModel

from ticker.api.schema import Schema


class InvalidField(Schema):
    """One invalid field of a request: its name, and a message; for a time also its value.

    ``code`` and ``params`` say what ``message`` says in English, for an interface in another
    language. Codes are stable; ``other`` is that of a text of which only the English exists.
    """

    field: str
    message: str
    code: str
    params: dict[str, str | int]
    value: str | None = None


class Problem(BaseModel):
    """An RFC 9457 problem document. ``type`` is stable; titles and details may change.

    ``code`` and ``params`` say what ``detail`` says, if it has a code.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str | None = None
    params: dict[str, str | int] | None = None
    errors: list[InvalidField] | None = None
    existing: str | None = None
    current: int | None = None
    replaced_by: str | None = None
    now: str | None = None
    suggested: dict[str, str] | None = None
    instance: str | None = None
