"""The second person of the rule of two people: who counts as another person than the authors. Pure.

A name proves nothing: who may make accounts and keys could make the second person too, or the
first. So the key or the password of the second person has to be unknown to the authors, and it has
to be old enough for colleagues to see it in the audit. And whoever knows an author's key or
password is an author as well, for what was written may be theirs. Whoever has set the address of a
feed could have written what came from it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection
from typing import TypeAlias

from ticker.domain.actor import Actor
from ticker.domain.clock import parse_ms
from ticker.domain.editor import Editor
from ticker.domain.messages import Message, said
from ticker.domain.wire_author import behind, is_setter

Objects: TypeAlias = Callable[[Collection[str]], Message | None]
"""Returns why an editor is not the second person for what these authors wrote, or None."""


def person(name: str) -> str:
    """Return a name in the form in which the names of one person are equal."""
    return unicodedata.normalize("NFKC", name).casefold()


def by_name(name: str, authors: Collection[str]) -> Message | None:
    """Return why the editor of this name is not the second person, as far as the name tells."""
    named = [one for one in authors if person(behind(one)) == person(name)]
    if not named:
        return None
    if all(map(is_setter, named)):
        return said("you-set-feed")
    return said("you-are-author")


def refusal(code: str, level: str, objection: Message) -> Message:
    """Return that an alert needs a second person, and why this editor is none."""
    why = {"objection": str(objection), "why": objection.code}
    return said(code, level=level, **why, **objection.params)


def writers(by: str, actor: Actor | None, now_ms: int, wait_ms: int) -> list[str]:
    """Return the authors of what ``actor`` writes in the name ``by``.

    Beside ``by`` those are who have seen the actor's key or password, and who made them less than
    ``wait_ms`` ago.
    """
    found = [by]
    if actor is None or actor.name != by:
        return found
    new = bool(actor.given_at) and parse_ms(actor.given_at) + wait_ms > now_ms
    for one in (*actor.given_by, *([actor.made_by] if new and actor.made_by else [])):
        if person(one) not in map(person, found):
            found.append(one)
    return found


def objection(
    editor: Editor, authors: Collection[str], now_ms: int, wait_ms: int
) -> Message | None:
    """Return why ``editor`` is not the second person for a draft of ``authors``, or None.

    ``wait_ms`` is how long ago somebody else must have given the editor a key, a password or
    further rights.
    """
    if (found := by_name(editor.name, authors)) is not None:
        return found
    written = frozenset(person(behind(one)) for one in authors)
    for one in editor.given_by:
        if person(one) in written:
            if editor.account:
                return said("author-made-password", person=one)
            return said("author-made-key", person=one)
    if editor.given_at and parse_ms(editor.given_at) + wait_ms > now_ms:
        return said("rights-too-new", given=editor.given_at, hours=_hours(wait_ms))
    return None


def _hours(ms: int) -> str:
    return f"{ms / 3_600_000:.3g}"
