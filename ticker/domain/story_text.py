"""The text that editors write about a story: title, summary and key points, in each edition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from ticker.domain.item_fields import Headline, ShortText
from ticker.domain.text import optional

SUMMARY_MAX = 1_000
KEY_POINTS_MAX = 8


def _summary(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = optional(value, SUMMARY_MAX)
    return text if text.strip() else None


class StoryText(BaseModel):
    """The text of a story in one edition. Each part is optional."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: ShortText = None
    summary: Annotated[
        Annotated[str, StringConstraints(max_length=SUMMARY_MAX)] | None, BeforeValidator(_summary)
    ] = None
    key_points: Annotated[list[Headline], Field(max_length=KEY_POINTS_MAX)] = Field(
        default_factory=list
    )

    @property
    def empty(self) -> bool:
        """Return whether it says nothing."""
        return not (self.title or self.summary or self.key_points)


NO_TEXT = StoryText()


@dataclass(frozen=True, slots=True)
class StoryTexts:
    """The texts of one story, by edition. Each change has a higher ``version``; 0 is no texts."""

    version: int = 0
    updated_at: str = ""
    updated_by: str = ""
    editions: Mapping[str, StoryText] = field(default_factory=dict)

    def with_text(
        self, edition: str, text: StoryText, *, version: int, at: str, by: str
    ) -> StoryTexts:
        """Return the texts with that of ``edition`` replaced; an empty one is removed."""
        editions = {name: old for name, old in self.editions.items() if name != edition}
        if not text.empty:
            editions[edition] = text
        return StoryTexts(version, at, by, editions)

    def text(self, edition: str) -> StoryText:
        """Return the text of ``edition``, which may be empty."""
        return self.editions.get(edition, NO_TEXT)
