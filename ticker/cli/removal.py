"""The ``remove`` commands: delete one thing and say so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NoReturn, TypeVar

from ticker.cli.output import Output
from ticker.cli.runner import run

if TYPE_CHECKING:
    from ticker.client import Editor

Client = TypeVar("Client", bound="Editor")


def remove(
    out: Output,
    client: Callable[[], Client],
    act: Callable[[Client], Awaitable[object]],
    named: dict[str, str],
    done: str,
    more: str = "",
) -> NoReturn:
    """Remove by ``act`` what ``named`` identifies, and say what is ``done``, and ``more``."""

    async def work() -> None:
        async with client() as editor:
            await act(editor)
        out.finished(done)
        if out.as_json:
            out.json({**named, "removed": True})
        else:
            out.say(f"✓ {done}.{more}")

    run(out, work())
