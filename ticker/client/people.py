"""Client for accounts: the people of a newsroom. Needs a chief's key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ticker.client.api_requests import typed
from ticker.client.editor import Editor

PATH = "/v1/people"


@dataclass(frozen=True, slots=True)
class Person:
    """An account. ``password`` is set only where one was just made; ``json`` has all fields."""

    name: str
    role: str
    editions: tuple[str, ...]
    disabled: bool
    two_factor: bool
    password: str | None = field(repr=False)
    json: Mapping[str, Any] = field(repr=False, compare=False, hash=False)

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Person:
        """Return the account in a JSON object. Raises KeyError, TypeError."""
        return cls(
            str(data["name"]),
            str(data["role"]),
            tuple(map(str, data["editions"])),
            bool(data["disabled"]),
            bool(data["two_factor"]),
            data.get("password"),
            data,
        )


class PeopleEditor(Editor):
    """An ``Editor`` that manages accounts. Raises the errors of ``Editor``."""

    async def people(self) -> tuple[Person, ...]:
        """Return all accounts, by name."""
        data = await self._ask("GET", PATH)
        return typed(lambda answer: tuple(map(Person.read, answer["people"])), data)

    async def add_person(self, name: str, role: str, editions: Sequence[str] = ()) -> Person:
        """Make an account; return it with its new password, which is not shown again."""
        body = {"name": name, "role": role, "editions": list(editions)}
        return typed(Person.read, await self._act("POST", PATH, body, key=None))

    async def change_person(self, name: str, **fields: Any) -> Person:
        """Change fields of an account (``role``, ``editions``, ``disabled``, ``two_factor``).

        With ``new_password=True`` the returned account has a new password, and its sessions end.
        """
        return typed(Person.read, await self._act("PATCH", _path(name), fields, key=None))

    async def remove_person(self, name: str) -> None:
        """Remove an account; its sessions end."""
        await self._ask("DELETE", _path(name))


def _path(name: str) -> str:
    return f"{PATH}/{quote(name, safe='')}"
