"""The addresses of an origin: its name is looked up, and each address judged before connecting."""

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
from ticker.net.ssrf_guard import Network, reachable

KEPT = 60.0
"""Seconds that addresses are used before the name is looked up again."""
ADDRESSES_MAX = 4
"""Addresses of a name that are tried."""

RESOLVERS = 128
"""Look-ups at the same time. The loop's own few threads would be taken by a handful of names whose
servers never answer, and untrusted URLs name them; further ones wait, within their request's
time."""

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
    """The value of ``Host`` and ``:authority``: without the port if it is the scheme's default."""


LookUp: TypeAlias = Callable[[Site], Awaitable[list[str]]]


def parse(origin: str) -> Site:
    """Return the parts of "https://host[:port]". Raises Forbidden for anything else.

    Names are ASCII: an international one is expected in its encoded form (xn--).
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


def split_url(url: str) -> tuple[str, bytes]:
    """Return origin and path of a URL, query included. Raises Forbidden if it is none.

    A fragment, a user name and a password are no part of a request: such a URL is refused.
    """
    scheme, separator, rest = url.partition("://")
    end = min(at for at in (*map(rest.find, "/?#"), len(rest)) if at >= 0)
    host, path = rest[:end], rest[end:]
    if not separator or "#" in path or not path.isascii():
        raise Forbidden(f"not an address for a request: {url[:100]!r}")
    origin = f"{scheme}://{host}"
    parse(origin)
    return origin, path.encode() if path.startswith("/") else b"/" + path.encode()


class Addresses:
    """The permitted addresses of one host. ``allow`` None permits all (see ``HttpClient``)."""

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
        """Look the name up again next time: no server answered at its addresses."""
        self._found = None

    async def find(self) -> list[str]:
        """Return at least one numeric address, in the order in which to try them.

        Raises Forbidden if there are addresses and none is permitted, Unanswered if there are none.
        """
        if self._found is None or self._clock() >= self._until:
            self._found = await self._look_up(self._site)
            self._until = self._clock() + KEPT
        if self._allow is None:
            usable = self._found
        else:
            secure = self._site.secure
            usable = [one for one in self._found if reachable(one, self._allow, secure=secure)]
        if not usable:
            raise Forbidden(self._refusal(", ".join(self._found)))
        return usable[:ADDRESSES_MAX]

    def _refusal(self, addresses: str) -> str:
        what = f"{self._site.host} ({addresses})"
        if self._site.secure:
            return f"{what} is not a public address, and not in outbound_private_networks"
        return f"{what} is not in outbound_private_networks; http is allowed only there"


@cache
def _resolvers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(RESOLVERS, thread_name_prefix="resolver")


async def system(site: Site) -> list[str]:
    """Return the addresses from the system's resolver, IPv6 and IPv4 in turn, its choice first.

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
        raise Unanswered(
            f"{site.host} cannot be resolved: {error.strerror or error}", sent=False
        ) from None
    addresses = list(dict.fromkeys(str(place[0]) for *_, place in found))
    if not addresses:
        raise Unanswered(f"{site.host} has no address", sent=False)
    same = [address for address in addresses if (":" in address) == (":" in addresses[0])]
    other = [address for address in addresses if address not in same]
    turns = chain.from_iterable(zip_longest(same, other))
    return [address for address in turns if address is not None]
