"""A new item (``Draft``) and an edit (``Change``), as an editor sends them.

Public fields follow ninjs 3.1 where one fits. ``publishing.transitions`` makes items of them.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ticker.domain.clock import rfc3339, to_ms
from ticker.domain.errors import FieldError, Invalid
from ticker.domain.item_fields import (
    Headline,
    ItemId,
    Language,
    Link,
    Moment,
    ShortText,
    Slug,
    Slugs,
    Story,
    Strict,
    Tags,
    Text,
    Verification,
)
from ticker.domain.item_limits import (
    MEDIA_MAX,
    PUSH_TTL_MAX,
    PUSH_TTL_MIN,
    UNDO_WINDOW_MAX,
    LevelName,
)
from ticker.domain.item_media import MediaDraft
from ticker.domain.messages import said
from ticker.domain.taxonomy import Direction, Taxonomy
from ticker.domain.validation_messages import validate

NO_WINDOW = said("no-undo-window")
"""What is said of an undo window where there is nothing to undo, or more time already."""
_ALWAYS_THERE = (
    *("headline", "level", "language", "dir", "sections", "regions", "tags", "media"),
    "verification",
)
"""Fields that a change cannot unset."""


class PushOptions(Strict):
    """Options of an item's alerts."""

    title: ShortText = None
    body: ShortText = None
    ttl: Annotated[int, Field(ge=PUSH_TTL_MIN, le=PUSH_TTL_MAX)] | None = None
    """Seconds for which providers may deliver the alert; the default depends on the level
    (``push.model.alert_decision.TTL``)."""


class Draft(Strict):
    """A new item. Unknown fields are refused."""

    headline: Headline
    edition: Slug
    level: LevelName = "ticker"
    language: Language | None = None
    dir: Direction | None = None
    summary: Text = None
    speaker: ShortText = None
    source: ShortText = None
    sections: Slugs = Field(default_factory=list)
    regions: Slugs = Field(default_factory=list)
    tags: Tags = Field(default_factory=list)
    story: Story | None = None
    link: Link | None = None
    media: Annotated[list[MediaDraft], Field(max_length=MEDIA_MAX)] = Field(default_factory=list)
    verification: Verification = "confirmed"
    published_at: Moment | None = None
    expires_at: Moment | None = None
    expires_in: Annotated[int, Field(gt=0, le=366 * 86_400)] | None = None
    at: Moment | None = None
    pinned: bool = False
    push: PushOptions | bool | None = None
    note: Text = None
    cancellation: Headline | None = None
    """The headline of the item that takes it back, if it turns out to be wrong. Never public."""
    replaces: ItemId | None = None
    """The retracted item that it publishes again, which was withdrawn by mistake."""
    correction: ShortText = None
    """What readers are told of that, beside the item. Only with ``replaces``."""
    test: bool = False
    draft: bool = False
    """Keep it for editors, until one approves it."""
    break_glass: Text = None
    """Reason to publish it without the second person that its level needs."""
    undo_window: Annotated[float, Field(ge=0, le=UNDO_WINDOW_MAX)] | None = None
    """Seconds for which it waits and can be taken back; None: as the newsroom's settings say."""
    force: bool = False
    """Publish a duplicate, and accept a time that is probably wrong (``plausible_time``)."""


class Change(Strict):
    """Changes of an item: only the fields in the body change. The edition cannot change."""

    headline: Headline | None = None
    level: LevelName | None = None
    language: Language | None = None
    dir: Direction | None = None
    summary: Text = None
    speaker: ShortText = None
    source: ShortText = None
    sections: Slugs | None = None
    regions: Slugs | None = None
    tags: Tags | None = None
    story: Story | None = None
    link: Link | None = None
    media: Annotated[list[MediaDraft], Field(max_length=MEDIA_MAX)] | None = None
    verification: Verification | None = None
    expires_at: Moment | None = None
    at: Moment | None = None
    push: PushOptions | bool | None = None
    """Send alerts for an item that was published without; ``false`` does not withdraw them."""
    correction: ShortText = None
    note: Text = None
    break_glass: Text = None
    """Reason to change a live alert without the second person that its level needs."""
    proposed: None = None
    """Sent as null, alone: drops the change that waits for a second person."""
    force: bool = False
    """Accept a time that is probably wrong (``plausible_time``)."""


def read_draft(data: object, taxonomy: Taxonomy) -> Draft:
    """Return the draft in ``data`` (parsed JSON). Raises Invalid with every invalid field."""
    draft = validate(Draft, data)
    errors = _unknown(
        taxonomy,
        ("edition", [draft.edition]),
        ("section", draft.sections),
        ("region", draft.regions),
    )
    if draft.expires_at is not None and draft.expires_in is not None:
        errors.append(FieldError("expires_in", said("two-expiries")))
    if draft.undo_window and (draft.at or draft.published_at or draft.draft or draft.test):
        errors.append(FieldError("undo_window", NO_WINDOW))
    if draft.replaces is None and draft.correction is not None:
        errors.append(FieldError("correction", said("correction-of-new")))
    if draft.replaces is not None and draft.test:
        errors.append(FieldError("replaces", said("replaces-drill")))
    if errors:
        raise Invalid(errors)
    return draft


def read_change(data: object, taxonomy: Taxonomy) -> Change:
    """Return the change in ``data``. Raises Invalid with every invalid field, or if empty."""
    change = validate(Change, data)
    errors = _unknown(taxonomy, ("section", change.sections), ("region", change.regions))
    for name in _ALWAYS_THERE:
        if name in change.model_fields_set and getattr(change, name) is None:
            errors.append(FieldError(name, said("not-unset")))
    told = change.model_fields_set - {"note", "force", "break_glass"}
    if "proposed" in told and told != {"proposed"}:
        errors.append(FieldError("proposed", said("proposal-alone")))
    if not told:
        errors.append(FieldError("headline", said("no-change")))
    if errors:
        raise Invalid(errors)
    return change


def expiry(draft: Draft, now_ms: int) -> str | None:
    """Return when ``draft`` expires as RFC 3339, or None. ``expires_in`` counts from release."""
    if draft.expires_at is not None:
        return rfc3339(to_ms(draft.expires_at))
    if draft.expires_in is not None:
        start = now_ms if draft.at is None else max(now_ms, to_ms(draft.at))
        return rfc3339(start + draft.expires_in * 1000)
    return None


def _unknown(taxonomy: Taxonomy, *facets: tuple[str, list[str] | None]) -> list[FieldError]:
    errors = []
    for facet, values in facets:
        if values and (message := taxonomy.unknown(facet, values)):
            errors.append(FieldError(facet if facet == "edition" else f"{facet}s", message))
    return errors
