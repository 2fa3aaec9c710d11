"""A connection that a test's server accepts as it closes, or as the test ends, is closed.

asyncio of Python 3.11 loses one that was accepted in the turn of ``Server.close``, and nobody
closes one whose handler is cancelled before it has begun. Its ResourceWarning failed whichever test
ran when the garbage was collected. Import this module before a loop is made.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine
from typing import Any

Loop = asyncio.SelectorEventLoop
_accept, _close = Loop._accept_connection2, Loop.close  # type: ignore[attr-defined]


def _accept_while_serving(
    loop: Any,
    factory: Any,
    connection: socket.socket,
    extra: Any,
    tls: Any,
    server: Any,
    *more: Any,
) -> Coroutine[Any, Any, None]:
    async def accepted() -> None:
        if server is None or server.is_serving():
            await _accept(loop, factory, connection, extra, tls, server, *more)
        else:
            connection.close()

    return accepted()


def _close_with_accepted(loop: Any) -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:  # none runs in this thread
        if not loop.is_closed():
            loop.run_until_complete(_last_turns(loop))
    _close(loop)


async def _last_turns(loop: Any) -> None:
    for _ in range(3):  # what was accepted becomes a connection
        await asyncio.sleep(0)
    for connection in tuple(loop._transports.values()):
        if getattr(connection, "_server", None) is not None:
            connection.abort()
    for _ in range(2):  # it is closed in the next turn
        await asyncio.sleep(0)


Loop._accept_connection2 = _accept_while_serving  # type: ignore[attr-defined]
Loop.close = _close_with_accepted  # type: ignore[assignment]
