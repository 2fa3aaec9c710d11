"""Where an origin is: its name looked up, and each address judged before it is connected to."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from itertools import chain, zip_longest
from typing import NamedTuple, TypeAlias

from ticker.net.reply import Forbidden, Unanswered
from ticker.net.ssrf_guard import Network, permitted

KEPT = 60.0
"""Seconds that addresses are used before the name is looked up again."""
ADDRESSES_MAX = 4
"""Addresses of a name that are tried."""

RESOLVERS = 128
"""Look-ups at the same time. The loop's own few threads would be taken by a handful of names whose
servers never answer, and strangers name them; further ones wait, within their request's time."""

_ORIGIN = re.compile(
    r"(https?)://(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::([0-9]{1,5}))?", re.I
)
_PORTS = {"http": 80, "https": 443}


class Site(NamedTuple):
    """The parts of an origin (RFC 6454 §4)."""

    secure: bool
    host: str
    port: int
    authority: bytes
    """As in ``Host`` and ``:authority``: without the port if it is the scheme's own."""


LookUp: TypeAlias = Callable[[Site], Awaitable[list[str]]]


def parse(origin: str) -> Site:
    """Return the parts of "https://host[:port]". Raises Forbidden for anything else.

    Names are ASCII: what is international is expected in its encoded form.
    """
    found = _ORIGIN.fullmatch(origin)
    if found is None:
        raise Forbidden(f"not an origin: {origin[:100]!r}")
    scheme, host, port = found[1].lower(), found[2].lower(), int(found[3] or 0)
    number = port if found[3] else _PORTS[scheme]
    if not 0 < number < 65_536:
        raise Forbidden(f"not a port: {origin[:100]!r}")
    authority = host if number == _PORTS[scheme] else f"{host}:{number}"
    return Site(scheme == "https", host.strip("[]"), number, authority.encode())


class Addresses:
    """The permitted addresses of one host. ``allow`` None permits all (see ``Pool``)."""

    def __init__(
        self,
        site: Site,
        allow: Iterable[Network] | None,
        clock: Callable[[], float],
        look_up: LookUp | None = None,
    ) -> None:
        self._site = site
        self._look_up = look_up or system
        self._allow = None if allow is None else tuple(allow)
        self._clock = clock
        self._found: list[str] | None = None
        self._until = 0.0

    def forget(self) -> None:
        """Look the name up again next time: nobody answered where it was."""
        self._found = None

    async def find(self) -> list[str]:
        """Return at least one numeric address, those first that are tried first.

        Raises Forbidden if there are addresses and none is permitted, Unanswered if there are none.
        """
        if self._found is None or self._clock() >= self._until:
            self._found = await self._look_up(self._site)
            self._until = self._clock() + KEPT
        if self._allow is None:
            usable = self._found
        else:
            usable = [address for address in self._found if permitted(address, self._allow)]
        if not usable:
            raise Forbidden(f"{self._site.host} has no address that is permitted: {self._found}")
        return usable[:ADDRESSES_MAX]


@cache
def _resolvers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(RESOLVERS, thread_name_prefix="resolver")


async def system(site: Site) -> list[str]:
    """Return what the system's resolver says, IPv6 and IPv4 in turn, its own choice first.

    Raises Unanswered if the name is not found, Forbidden if it cannot be one.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.run_in_executor(
            _resolvers(), partial(socket.getaddrinfo, site.host, site.port, type=socket.SOCK_STREAM)
        )
    except UnicodeError:
        raise Forbidden(f"not a host name: {site.host!r}") from None
    except OSError as error:
        raise Unanswered(f"{site.host} was not found: {error}", sent=False) from None
    addresses = list(dict.fromkeys(str(place[0]) for *_, place in found))
    if not addresses:
        raise Unanswered(f"{site.host} has no address", sent=False)
    same = [address for address in addresses if (":" in address) == (":" in addresses[0])]
    other = [address for address in addresses if address not in same]
    turns = chain.from_iterable(zip_longest(same, other))
    return [address for address in turns if address is not None]
