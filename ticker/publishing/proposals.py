"""Changes of live alerts that wait for a second person, decided without I/O.

An alert of a level of ``two_person_levels`` interrupts many readers, so nobody changes its text
alone. The change is kept with the item as a proposal, which readers do not see, until somebody who
did not write it approves it. A retraction never waits.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ticker.domain.draft import Change
from ticker.domain.errors import Conflict
from ticker.domain.item import Item, Proposal
from ticker.domain.second_person import Objects, refusal

REVIEWED = (
    *("headline", "summary", "speaker", "source", "link", "media", "language", "dir"),
    *("verification", "correction", "push", "level"),
)
"""Fields that readers of an alert see or hear. The others place it in lists, or end it."""
_NOT_KEPT = {"force", "break_glass", "proposed"}


def needs_second(before: Item, after: Item, two_person: Collection[str]) -> bool:
    """Return whether a live item becomes ``after`` only with a second person."""
    if before.state != "live" or not {before.level, after.level} & {*two_person}:
        return False
    return any(getattr(before, name) != getattr(after, name) for name in REVIEWED)


def proposal(item: Item, change: Change, writers: Sequence[str]) -> Proposal:
    """Return ``change`` as a proposal, on top of the one that the item has; all are its authors.

    The first of ``writers`` has sent it. The others know this one's key or password.
    """
    sent = change.model_dump(mode="json", exclude_unset=True, exclude=_NOT_KEPT)
    if item.proposed is None:
        return Proposal(change=sent, by=list(writers[:1]), authors=list(writers))
    by = list(dict.fromkeys([*item.proposed.by, *writers[:1]]))
    authors = list(dict.fromkeys([*item.proposed.authors, *writers]))
    return Proposal(change=item.proposed.change | sent, by=by, authors=authors)


def without(proposed: Proposal | None, fields: Collection[str]) -> Proposal | None:
    """Return what still waits of a proposal after ``fields`` were changed without it, or None."""
    if proposed is None:
        return None
    rest = {name: value for name, value in proposed.change.items() if name not in fields}
    return proposed.model_copy(update={"change": rest}) if rest.keys() - {"note"} else None


def without_picture(proposed: Proposal | None, picture: str) -> Proposal | None:
    """Return a proposal without a stored picture that was taken down."""
    if proposed is None or not proposed.change.get("media"):
        return proposed
    rest = [one for one in proposed.change["media"] if one.get("id") != picture]
    return proposed.model_copy(update={"change": proposed.change | {"media": rest}})


def accepted(
    item: Item,
    proposed: Proposal,
    objects: Objects,
    two_person: Collection[str],
    break_glass: str | None,
) -> tuple[Change, str | None]:
    """Return the change of a proposal that is accepted, and why it has no second person.

    Raises Conflict if the editor is not the second person, unless ``break_glass`` gives a reason.
    """
    change = Change.model_validate(proposed.change)
    level = change.level or item.level
    rule = {item.level, level} & {*two_person}
    authors = proposed.authors
    if item.level not in two_person:  # raised: who wrote the text is an author of the alert too
        authors = [*authors, *(item.authors or [item.created_by])]
    objection = objects(authors)
    alone = bool(rule) and objection is not None
    if alone and objection and break_glass is None:
        raise Conflict(refusal("second-person-change", level, objection))
    return change, break_glass if alone else None
