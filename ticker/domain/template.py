"""Templates: an item that is written already, with fields for what nobody can know before.

A field is a name in braces: "Earthquake of magnitude {magnitude} near {place}". Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ticker.domain.errors import FieldError, Invalid
from ticker.domain.messages import said
from ticker.domain.text import bounded, visible

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
"""A template's name is a word for addresses and commands."""
FIELD = re.compile(r"\{([a-z][a-z0-9_]{0,29})\}")
FIELDS_MAX = 12
VALUE_MAX = 200
"""Characters of a field's value. The item's own limits hold for the whole."""
TEXTS = ("headline", "summary", "speaker", "source", "note")
"""Members of a template in which fields are filled in."""


def _text(most: int) -> AfterValidator:
    def checked(text: str) -> str:
        cleaned = bounded(text, most)
        if not visible(cleaned):
            raise ValueError(said("invisible"))
        return cleaned

    return AfterValidator(checked)


Text280 = Annotated[str, _text(280)]
Text200 = Annotated[str, _text(200)]
Text2000 = Annotated[str, _text(2_000)]
Word = Annotated[str, _text(60)]


class Template(BaseModel):
    """An item with fields in its texts, and the text that takes it back.

    ``desk`` and ``level`` are what it is looked for by. ``cancellation`` is the headline of the
    item that cancels it; without one it is the newsroom's own sentence for a withdrawn alert.
    """

    model_config = ConfigDict(extra="forbid")

    title: Word
    desk: Word | None = None
    level: Literal["ticker", "urgent", "bulletin", "flash"] = "ticker"
    edition: Annotated[str, Field(max_length=40)]
    headline: Text280
    summary: Text2000 | None = None
    speaker: Text200 | None = None
    source: Text200 | None = None
    note: Text2000 | None = None
    sections: Annotated[list[str], Field(max_length=10)] = []
    regions: Annotated[list[str], Field(max_length=10)] = []
    tags: Annotated[list[str], Field(max_length=20)] = []
    push: bool = False
    cancellation: Text280 | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields, in the order in which they are met."""
        texts = (*(getattr(self, name) for name in TEXTS), self.cancellation)
        found = (name for text in texts if text for name in FIELD.findall(text))
        return tuple(dict.fromkeys(found))


def check(template: Template) -> None:
    """Raise Invalid if there are too many fields, or one that only the cancellation has."""
    own = template.model_copy(update={"cancellation": None}).fields
    errors = []
    if len(template.fields) > FIELDS_MAX:
        errors.append(FieldError("", said("too-many-template-fields", most=FIELDS_MAX)))
    for name in template.fields:
        if name not in own:
            message = said("cancellation-field", name=name)
            errors.append(FieldError("cancellation", message))
    if errors:
        raise Invalid(errors)


def filled(
    template: Template, values: Mapping[str, str], withdrawn: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the draft of an item, and the draft of the item that cancels it.

    ``withdrawn`` is the cancellation's headline where the template has none. The item keeps it, so
    that it is at hand when the item turns out to be wrong. A value stands as it is: names in braces
    in it are text. Raises Invalid that names every missing and unknown field.
    """
    known = template.fields
    listed = ", ".join(known) or "none"
    errors = [
        FieldError(f"fields.{name}", said("required"))
        for name in known
        if not values.get(name, "").strip()
    ]
    errors += [
        FieldError(f"fields.{name}", said("unknown-template-field", known=listed))
        for name in values
        if name not in known
    ]
    errors += [
        FieldError(f"fields.{name}", said("too-long", most=VALUE_MAX))
        for name, value in values.items()
        if len(value) > VALUE_MAX
    ]
    if errors:
        raise Invalid(errors)

    def fill(text: str) -> str:
        return FIELD.sub(lambda found: values[found[1]].strip(), text)

    fixed = template.model_dump(include={"level", "edition", "sections", "regions", "tags"})
    draft = fixed | {
        name: fill(text) for name in TEXTS if (text := getattr(template, name)) is not None
    }
    if template.push:
        draft["push"] = True
    draft["cancellation"] = fill(template.cancellation or withdrawn)
    cancelling = fixed | {"headline": draft["cancellation"]}
    if template.push:
        cancelling["push"] = True
    return draft, cancelling
