"""The person or program whose request is running: whom the audit names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
    given_by: str | None = None
    made_by: str | None = None
    """As an ``Editor`` has them."""


ACTOR: ContextVar[Actor | None] = ContextVar("actor", default=None)
"""Who acts in this task; ``acting`` and ``act_as`` set it."""


def current_actor() -> Actor | None:
    """Return who acts in this task, None if nobody has been authenticated in it."""
    return ACTOR.get()


def act_as(actor: Actor) -> None:
    """Make ``actor`` the one who acts, until the block of ``acting`` ends."""
    ACTOR.set(actor)


@contextmanager
def acting(actor: Actor | None = None) -> Iterator[None]:
    """Run the block with ``actor``; afterwards the one before acts again."""
    token = ACTOR.set(actor)
    try:
        yield
    finally:
        ACTOR.reset(token)
