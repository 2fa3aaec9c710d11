"""Schemas of a bulk import: one line, and the report."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ticker.api.problem_schemas import InvalidField
from ticker.api.schema import Schema
from ticker.domain.item import Draft, State
from ticker.domain.shape import Shape


class ImportLine(Draft):
    """One line of an import: a draft, and an optional idempotency key."""

    key: (
        Annotated[str, Field(max_length=255), Shape(r"[!-~]+", "must be visible ASCII characters")]
        | None
    ) = None


class ImportResult(Schema):
    """The result of one line. A refused line has the members of its problem document."""

    model_config = ConfigDict(extra="allow")

    line: int
    status: int
    id: str | None = None
    state: State | None = None
    repeated: bool | None = None
    delivered: Literal[True, "pending"] | None = None
    """True if the event is in the lane, ``pending`` if it waits, None without an event."""
    type: str | None = None
    detail: str | None = None
    errors: list[InvalidField] | None = None


class ImportReport(Schema):
    """The results of an import, in the order of its lines."""

    results: list[ImportResult]
    published: int
    repeated: int
    refused: int
    pending: int
    """Events that were not in the lane within a second, repeated ones among them."""
