"""The person or program whose request is running: whom the audit names."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody with a name, a role, a key and an address. Empty where there is none."""

    name: str
    role: str = ""
    key_id: str = ""
    address: str = ""
    given_at: str = ""
    given_by: tuple[str, ...] = ()
    made_by: str | None = None
    """As an ``Editor`` has them."""


ACTOR: ContextVar[Actor | None] = ContextVar("actor", default=None)
"""Who acts in this task. A request's scope empties it at its begin, ``act_as`` sets it."""


def current_actor() -> Actor | None:
    """Return who acts in this task, None if nobody has been authenticated in it."""
    return ACTOR.get()


def act_as(actor: Actor) -> None:
    """Make ``actor`` the one who acts, until the scope of the request ends."""
    ACTOR.set(actor)
