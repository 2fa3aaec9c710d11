"""Runs the process that decodes one picture, with limits of time, memory and number."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from ticker.domain.errors import Unavailable
from ticker.domain.messages import OTHER, Message, other, said
from ticker.domain.renditions import Renditions
from ticker.media.accepted import NotAccepted
from ticker.runtime import one_shot

TIMEOUT = 45.0
"""Seconds that one picture may take, on a busy machine."""
WAITING_MAX = 8
"""Pictures under way and waiting, in one web process. A further one gets 503."""
ANSWER_MAX = 64 * 1_048_576
"""Bytes of an answer. The renditions of a picture are a few megabytes."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """One picture's renditions, by file name, and the texts found in the original."""

    renditions: Renditions | None
    """None if only texts were asked for."""
    suggested: dict[str, str]
    files: dict[str, bytes]

    @property
    def size(self) -> int:
        """Return the bytes of all renditions."""
        return sum(map(len, self.files.values()))


class Renderer:
    """Decodes pictures, one after the other, each in a process of its own."""

    def __init__(
        self,
        timeout: float = TIMEOUT,
        waiting_max: int = WAITING_MAX,
        module: str = "ticker.media.renderer_process",
    ) -> None:
        self._timeout = timeout
        self._waiting_max = waiting_max
        self._module = module
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    @contextlib.contextmanager
    def place(self) -> Any:
        """Hold a place in the queue, before the picture is read. Raises Unavailable if it is full.

        So no more than ``waiting_max`` uploads are in memory.
        """
        if self._waiting >= self._waiting_max:
            raise Unavailable(said("uploads-at-once"), 5)
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    async def render(self, data: bytes) -> Rendered:
        """Return the renditions of a picture. Raises NotAccepted."""
        return await self._run(data, [])

    async def texts(self, data: bytes) -> dict[str, str]:
        """Return the texts that a picture brings along. Raises NotAccepted."""
        return (await self._run(data, ["texts"])).suggested

    async def _run(self, data: bytes, arguments: list[str]) -> Rendered:
        async with self._turn:
            return _read(await self._answer(data, arguments))

    async def _answer(self, data: bytes, arguments: list[str]) -> bytes:
        try:
            return await one_shot.answer_of(
                self._module, data, *arguments, timeout=self._timeout, answer_max=ANSWER_MAX
            )
        except one_shot.TookTooLong:
            raise NotAccepted(said("picture-slow", seconds=round(self._timeout))) from None
        except one_shot.TooMuch:
            raise NotAccepted(said("picture-renditions")) from None
        except one_shot.Failed as error:
            # Killed by its limits, or by what it decodes.
            raise NotAccepted(said("picture-failed", status=str(error.status))) from None


def _refusal(document: Mapping[str, Any]) -> Message:
    """Return why a decoder refuses a picture. Raises KeyError for a code that nobody knows."""
    code = document.get("code", OTHER)
    if code == OTHER:
        return other(str(document["refused"])[:400])
    params = {str(name): one for name, one in document["params"].items()}
    if not all(isinstance(one, (str, int)) for one in params.values()):
        raise TypeError("a parameter is neither text nor a number")
    return said(code, **params)


def _read(found: bytes) -> Rendered:
    """Return the answer in ``found``. Nothing in it is trusted: a decoder made it."""
    length = int.from_bytes(found[:4], "big")
    try:
        document = orjson.loads(found[4 : 4 + length])
        if "refused" in document:
            raise NotAccepted(_refusal(document))
        texts = {str(name): str(text) for name, text in document["suggested"].items()}
        if not document["files"]:
            return Rendered(None, texts, {})
        names = ("width", "height", "widths", "formats", "color")
        renditions = Renditions.model_validate({name: document[name] for name in names})
        files, at = {}, 4 + length
        for width in renditions.widths:
            for format in renditions.formats:
                name = f"{width}.{format}"
                size = int(document["files"][name])
                files[name] = found[at : at + size]
                at += size
        if at != len(found) or not all(files.values()):
            raise ValueError("the answer is not whole")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotAccepted(said("picture-torn")) from error
    return Rendered(renditions, texts, files)
