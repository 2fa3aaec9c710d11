"""Run the cases one after the other, and say of each whether the server follows it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import httpx
from websockets.exceptions import WebSocketException

from ticker.client.errors import BadAddress, Unreachable, connection_error_text
from ticker.conformance.cases import CASES, Case
from ticker.conformance.connection import Server, Wrong


@dataclass(frozen=True, slots=True)
class Result:
    """A case and what was wrong; an empty text if nothing was."""

    case: Case
    wrong: str


async def run(url: str, names: Sequence[str] = ()) -> AsyncIterator[Result]:
    """Yield the result of each case, of those with ``names`` if any are given.

    Raises BadAddress, and Unreachable for a server that is not there.
    """
    server = Server(url)
    try:
        await server.get("/")  # any answer will do
    except httpx.InvalidURL:
        raise BadAddress(url) from None
    except httpx.TransportError as error:
        raise Unreachable(url, connection_error_text(error)) from error
    for case in CASES:
        if names and case.name not in names:
            continue
        try:
            await case.run(server)
        except Wrong as wrong:
            yield Result(case, str(wrong))
        except (OSError, TimeoutError, WebSocketException, httpx.HTTPError) as error:
            yield Result(case, f"{type(error).__name__}: {error}")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            yield Result(case, f"an answer cannot be read: {error!r}")
        else:
            yield Result(case, "")
