"""Templates in Redis, by name."""

from __future__ import annotations

import logging

import orjson
from pydantic import ValidationError

from ticker.domain.errors import Conflict, NotFound
from ticker.domain.messages import said, unknown
from ticker.domain.template import Template
from ticker.storage.connection import Redis, translate
from ticker.storage.keys import Keys
from ticker.storage.scripts import command

log = logging.getLogger(__name__)

TEMPLATES_MAX = 200
"""Templates of a newsroom; a further one is refused."""


class TemplateStore:
    """The templates of one newsroom. Methods raise Unavailable."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._key = keys.templates

    async def all(self) -> dict[str, Template]:
        """Return all templates by name; one that cannot be read is left out."""
        with translate():
            found = await command(self._redis, "HGETALL", self._key)
        templates = {}
        for name, record in sorted(found.items()):
            try:
                templates[name.decode()] = Template.model_validate(orjson.loads(record))
            except (ValueError, ValidationError) as error:
                log.warning("template %s cannot be read: %s", name[:40], type(error).__name__)
        return templates

    async def get(self, name: str) -> Template:
        """Return a template. Raises NotFound."""
        known = await self.all()
        found = known.get(name)
        if found is None:
            raise NotFound(unknown("no-template", name, known))
        return found

    async def put(self, name: str, template: Template) -> bool:
        """Keep a template in place of one of this name; return whether it is new.

        Raises Conflict beyond ``TEMPLATES_MAX``.
        """
        with translate():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.execute_command("HSET", self._key, name, orjson.dumps(template.model_dump()))
                pipe.execute_command("HLEN", self._key)
                added, count = await pipe.execute()
            if added and count > TEMPLATES_MAX:
                await command(self._redis, "HDEL", self._key, name)
                raise Conflict(said("templates-full", most=TEMPLATES_MAX))
        return bool(added)

    async def remove(self, name: str) -> None:
        """Delete a template. Raises NotFound."""
        with translate():
            removed = await command(self._redis, "HDEL", self._key, name)
        if not removed:
            raise NotFound(unknown("no-template", name, await self.all()))
