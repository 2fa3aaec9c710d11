"""An object that the arq jobs of one worker process share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self


class JobContext:
    """An object that is in arq's context under its class."""

    __slots__ = ()

    @classmethod
    def of(cls, ctx: Mapping[Any, Any]) -> Self:
        """Return the object that ``as_context`` put into arq's context."""
        found = ctx[cls]
        assert isinstance(found, cls)
        return found

    def as_context(self) -> dict[Any, Any]:
        """Return the context to give to arq's worker."""
        return {type(self): self}
