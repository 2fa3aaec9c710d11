"""Client for templates: items that are written already, but for a few fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson

from ticker.client.api_requests import typed
from ticker.client.editor import Editor

PATH = "/v1/templates"


class TemplateEditor(Editor):
    """An ``Editor`` that manages templates. Raises the errors of ``Editor``."""

    async def templates(self) -> tuple[dict[str, Any], ...]:
        """Return all templates, by name."""
        data = await self._ask("GET", PATH)
        return typed(lambda answer: tuple(map(dict, answer["templates"])), data)

    async def set_template(self, name: str, template: Mapping[str, Any]) -> dict[str, Any]:
        """Add or replace a template; return it."""
        return await self._act("PUT", _path(name), template, key=None)

    async def remove_template(self, name: str) -> None:
        """Remove a template."""
        await self._ask("DELETE", _path(name))

    async def fill_template(self, name: str, fields: Mapping[str, str]) -> dict[str, Any]:
        """Return the ``draft`` of the item and of its ``cancellation``. Nothing is published."""
        return await self._ask(
            "POST",
            _path(name) + "/fill",
            content=orjson.dumps({"fields": dict(fields)}),
            headers={"content-type": "application/json"},
        )


def _path(name: str) -> str:
    return f"{PATH}/{quote(name, safe='')}"
