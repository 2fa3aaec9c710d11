"""Schemas of a bulk import: one line, and the report."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from ticker.api.problem_schemas import InvalidField
from ticker.api.schema import Schema
from ticker.api.warnings import EditorWarning
from ticker.domain.draft import Draft
from ticker.domain.item import State, Status
from ticker.domain.item_fields import ShortText, Slug
from ticker.domain.messages import said
from ticker.domain.shape import Shape
from ticker.publishing.import_result import Action

_NEWS: JsonDict = {"required": ["headline"]}
_WITHDRAWAL: JsonDict = {
    "required": ["key", "status"],
    "properties": {"status": {"const": "canceled"}},
}


def _of_lines(schema: JsonDict) -> None:
    """Change the schema of a draft into that of a line, which replaces no retracted item."""
    schema |= {"required": [], "anyOf": [_NEWS, _WITHDRAWAL], "title": "A line of an import"}
    properties = schema["properties"]
    assert isinstance(properties, dict)
    del properties["replaces"]


class ImportLine(Draft):
    """One line of an import: a draft, and an optional key that identifies it in its source.

    A line with a known key updates the item that was made of it. ``status`` ``canceled`` retracts
    that item; such a line needs nothing but its key. Without an ``edition`` the ``language``
    chooses it.
    """

    model_config = ConfigDict(json_schema_extra=_of_lines)

    edition: Slug = ""
    correction: ShortText = None
    status: Status = "usable"
    key: (
        Annotated[str, Field(max_length=255), Shape(r"[!-~]+", said("not-visible-ascii"))] | None
    ) = None


class ImportResult(Schema):
    """The result of one line. A refused line has the members of its problem document."""

    model_config = ConfigDict(extra="allow")

    line: int
    status: int
    id: str | None = None
    state: State | None = None
    action: Action | None = None
    repeated: bool | None = None
    delivered: Literal[True, "pending"] | None = None
    """True if the event is in the lane, ``pending`` if it waits, None without an event."""
    note: str | None = None
    type: str | None = None
    detail: str | None = None
    errors: list[InvalidField] | None = None
    warnings: list[EditorWarning] | None = None


class ImportReport(Schema):
    """The results of an import, in the order of its lines."""

    results: list[ImportResult]
    published: int
    updated: int
    withdrawn: int
    repeated: int
    refused: int
    pending: int
    """Events that were not in the lane within a second, repeated ones among them."""
