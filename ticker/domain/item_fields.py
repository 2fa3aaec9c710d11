"""The types of an item's fields: they clean what an editor sent, and refuse what cannot be."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from ticker.domain import web_address
from ticker.domain.item_limits import HEADLINE_MAX, LIST_MAX, SUMMARY_MAX, TAG_MAX
from ticker.domain.messages import said
from ticker.domain.shape import Shape
from ticker.domain.taxonomy import LANGUAGE_TAG, NO_LANGUAGE_TAG, known_language
from ticker.domain.text import optional
from ticker.domain.web_address import URL_MAX

Verification: TypeAlias = Literal["confirmed", "attributed", "developing"]


class Strict(BaseModel):
    """Fields that cannot change; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _bounded(most: int) -> Callable[[object], object]:
    """Return a validator that cleans text of at most ``most`` characters."""
    return lambda value: optional(value, most) if isinstance(value, str) else value


def _optional(most: int) -> Callable[[object], object]:
    """Return a validator like ``_bounded``, for which blank text means none."""

    def validate(value: object) -> object:
        if not isinstance(value, str):
            return value
        text = optional(value, most)
        return text if text.strip() else None

    return validate


def _said(value: str) -> str:
    if not value.strip():
        raise ValueError(said("empty"))
    return value


def _web(value: str) -> str:
    web_address.parse(value)
    return value


def _sane(value: datetime) -> datetime:
    # Sums and other offsets must stay within what a calendar can say.
    if not 1970 < value.year < 3000:
        raise ValueError(said("year"))
    return value


def _unique(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


Headline: TypeAlias = Annotated[
    Annotated[str, StringConstraints(max_length=HEADLINE_MAX)],
    BeforeValidator(_bounded(HEADLINE_MAX)),
    AfterValidator(_said),
]
ShortText: TypeAlias = Annotated[
    Annotated[str, StringConstraints(max_length=HEADLINE_MAX)] | None,
    BeforeValidator(_optional(HEADLINE_MAX)),
]
Text: TypeAlias = Annotated[
    Annotated[str, StringConstraints(max_length=SUMMARY_MAX)] | None,
    BeforeValidator(_optional(SUMMARY_MAX)),
]
Link: TypeAlias = Annotated[str, StringConstraints(max_length=URL_MAX), AfterValidator(_web)]
Slug: TypeAlias = Annotated[str, StringConstraints(max_length=64)]  # the taxonomy says which
ItemId: TypeAlias = Annotated[str, Shape(r"[0-9a-hjkmnp-tv-z]{26}", said("not-an-item-id"))]
Tag: TypeAlias = Annotated[
    str,
    BeforeValidator(_bounded(TAG_MAX)),
    StringConstraints(min_length=1, max_length=TAG_MAX, strip_whitespace=True),
    Shape(r"[^,]*", said("comma")),
]
Slugs: TypeAlias = Annotated[list[Slug], Field(max_length=LIST_MAX), AfterValidator(_unique)]
Tags: TypeAlias = Annotated[list[Tag], Field(max_length=LIST_MAX), AfterValidator(_unique)]
Moment: TypeAlias = Annotated[AwareDatetime, AfterValidator(_sane)]
STORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
"""A valid story name; it needs no escaping in a URL."""
Story: TypeAlias = Annotated[
    str,
    Shape(STORY.pattern, said("not-a-story")),
]
Language: TypeAlias = Annotated[
    str,
    StringConstraints(max_length=64),
    Shape(LANGUAGE_TAG, NO_LANGUAGE_TAG),
    AfterValidator(known_language),
]
