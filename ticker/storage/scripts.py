"""Lua scripts: each lies beside the feature that runs it and is called by its digest.

A script starts with ``_prelude.lua`` and with the fragments that its first lines name::

    -- include: stream/_carry

That is ``ticker/stream/lua/_carry.lua``: local functions that several scripts share.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

from redis.exceptions import NoScriptError, RedisError

from ticker.storage.connection import Redis, translate
from ticker.storage.replies import code_of

Arg: TypeAlias = str | bytes | int

_INCLUDE = re.compile(r"^-- include: (\w+)/(\w+)$", re.MULTILINE)


class Script:
    """One script. ``text`` is what the server runs, ``sha`` how it is called."""

    def __init__(self, feature: str, name: str) -> None:
        self.name = f"{feature}/{name}"
        body = _source(feature, name)
        fragments = [_source(*found.groups()) for found in _INCLUDE.finditer(body)]
        self.text = "".join([_source("storage", "_prelude"), *fragments, body])
        self.sha = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()

    async def __call__(self, redis: Redis, keys: Sequence[str], args: Sequence[Arg] = ()) -> Any:
        """Run it and return its reply. Raises Unavailable when the server is away."""
        with translate():
            try:
                return await command(redis, *self.call(keys, args))
            except NoScriptError:
                # EVAL runs it and keeps it, in one round trip.
                return await command(redis, "EVAL", self.text, len(keys), *keys, *args)

    def call(self, keys: Sequence[str], args: Sequence[Arg] = ()) -> tuple[Arg, ...]:
        """Return the command that runs it by digest, for a pipeline; see ``load``."""
        return ("EVALSHA", self.sha, len(keys), *keys, *args)

    async def load(self, redis: Redis) -> None:
        """Teach it to the server, after NoScriptError in a pipeline."""
        with translate():
            await command(redis, "SCRIPT", "LOAD", self.text)


@cache
def script(feature: str, name: str) -> Script:
    """Return the script ``ticker/<feature>/lua/<name>.lua``."""
    return Script(feature, name)


def _source(feature: str, name: str) -> str:
    """Return the text of ``ticker/<feature>/lua/<name>.lua``."""
    return (files("ticker") / feature / "lua" / f"{name}.lua").read_text(encoding="utf-8")


async def command(redis: Redis, *args: Arg) -> Any:
    """Run one command. redis-py leaves its replies untyped; here is where that ends."""
    return await redis.execute_command(*args)  # type: ignore[no-untyped-call]


async def pipeline(redis: Redis, commands: Sequence[tuple[Arg, ...]]) -> list[object]:
    """Run ``commands`` in one round trip, and return their replies.

    Errors that concern one command are among them. One that says that the server cannot serve now
    is raised, because it is not an answer to any of them.
    """
    if not commands:
        return []
    async with redis.pipeline(transaction=False) as pipe:
        for one in commands:
            pipe.execute_command(*one)
        replies: list[object] = await pipe.execute(raise_on_error=False)
    for reply in replies:
        if isinstance(reply, RedisError) and code_of(reply) is not None:
            raise reply
    return replies
