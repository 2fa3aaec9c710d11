"""Whether this gateway accepts connections, or leaves them to other gateways of the same port.

Gateways share a listening socket, and the kernel gives them unequal shares of a storm. One that has
little room left stops accepting while another has more. When none has, all accept, and refuse with
503 what is too much.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from ticker.gateway.gateway import Gateway
from ticker.telemetry.families import Family, gauge

LOOK = 0.1
"""Seconds between two looks at the room of all, while there is little of it here."""
CALM = 0.4
"""Seconds between two looks otherwise; well within ``HEARD_WITHIN``."""
HEARD_WITHIN = 1.0
"""Seconds after which a gateway that does not tell its room has none: it may stand still."""
LITTLE = 16
"""A sixteenth of its places is little room for a gateway: others learn of it within ``LOOK``."""


class Listening(Protocol):
    """Accepts connections until it is closed."""

    def close(self) -> None:
        """Accept no more."""


class Accepting:
    """Opens and closes this process's watch on the listening socket, which itself stays open."""

    def __init__(self, gateway: Gateway, listen: Callable[[], Awaitable[Listening]]) -> None:
        """``listen`` starts to accept; the server that it returns accepts until it is closed."""
        self._gateway = gateway
        self._listen = listen
        self._little = gateway.places // LITTLE
        self._server: Listening | None = None

    @property
    def accepts(self) -> bool:
        """Tell whether this process accepts connections."""
        return self._server is not None

    async def run(self) -> None:
        """Accept, as there is room, until cancelled; then accept no more."""
        gateway = self._gateway
        gateway.gate.watch(gateway.places - self._little, self._pause_if_full)
        try:
            while True:
                gateway.usage.set_room(gateway.room, gateway.clock())
                self._pause_if_full()
                if self._server is None and not self._others_take_it():
                    self._server = await self._listen()
                await asyncio.sleep(LOOK if self._server is None or self._is_tight else CALM)
        finally:
            self.close()

    def close(self) -> None:
        """Accept no more connections here. They wait in the socket for another process."""
        if self._server is not None:
            self._server.close()
            self._server = None

    @property
    def _is_tight(self) -> bool:
        return self._gateway.room <= self._little

    def _pause_if_full(self) -> None:
        gateway = self._gateway
        if self._is_tight:
            gateway.usage.set_room(gateway.room, gateway.clock())
            if self._server is not None and self._others_take_it():
                self.close()

    def _others_take_it(self) -> bool:
        """Tell whether there is little room here, or none, and more in another gateway."""
        gateway = self._gateway
        since = gateway.clock() - HEARD_WITHIN
        return any(
            gateway.room <= least and gateway.usage.others_have_room(least, since)
            for least in (self._little, 0)
        )

    def metrics(self) -> list[Family]:
        """Return whether it accepts."""
        return [
            gauge(
                "accepts",
                "1 while this process accepts connections; 0 while another one has more room.",
                float(self.accepts),
            )
        ]
