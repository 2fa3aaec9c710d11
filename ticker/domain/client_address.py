"""A client's address: who a request comes from, and to which groups its cost is charged.

A host usually has a whole /64 of IPv6 addresses and its provider a /48, so an IPv6 address alone
bounds nothing. Behind trusted proxies the address is the one that they report.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network
CACHED = 16_384
"""Addresses whose groups are remembered, of about 200 bytes each."""
FORWARDED_MAX = 1_024
"""Characters of an ``X-Forwarded-For``: twenty proxies. 30 KB of commas took 11 ms."""


@lru_cache(CACHED)
def groups(client: str) -> tuple[str, ...]:
    """Return the groups of ``client``: its own, then the wider one if there is one.

    They are the IPv4 address alone, or the /64 and the /48 of an IPv6 address. Text that is no
    address (the peer of a unix socket) is a group of its own.
    """
    try:
        address = ip_address(client)
    except ValueError:
        return (client,)
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return (str(address.ipv4_mapped),)
        return (address.packed[:8].hex(), address.packed[:6].hex())
    return (str(address),)


class AddressSet:
    """A set of addresses, given as networks; ``everything`` makes it the set of all."""

    def __init__(
        self, networks: Iterable[Network], names: Iterable[str] = (), *, everything: bool = False
    ) -> None:
        """``names`` are peers that have no address, such as a unix socket."""
        self._networks = tuple(networks)
        self._names = frozenset(names)
        self._everything = everything
        self._cached = lru_cache(CACHED)(self._look_up)

    @classmethod
    def parse(cls, text: str) -> AddressSet:
        """Return the set that ``text`` lists: addresses, networks and names, or ``*`` for all."""
        networks: list[Network] = []
        names: list[str] = []
        for name in filter(None, map(str.strip, text.split(","))):
            if name == "*":
                return cls((), everything=True)
            try:
                networks.append(ip_network(name, strict=False))
            except ValueError:
                names.append(name)
        return cls(networks, names)

    def __contains__(self, client: str) -> bool:
        """Tell whether ``client`` is in the set."""
        return self._everything or self._cached(client)

    def _look_up(self, client: str) -> bool:
        try:
            address = ip_address(client)
        except ValueError:
            return client in self._names
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._networks)


def reported(peer: str, forwarded_for: str, trusted: AddressSet) -> str:
    """Return the client's address: ``peer``, or what it reports if it is a trusted proxy.

    ``forwarded_for`` is the value of ``X-Forwarded-For``. The last address in it that is not a
    trusted proxy is the client; the ones before it can be forged. Ports are removed. Of a list that
    is too long, which every request is refused for, the end counts.
    """
    if not forwarded_for or peer not in trusted:
        return peer
    if len(forwarded_for) > FORWARDED_MAX:
        forwarded_for = forwarded_for[-FORWARDED_MAX:].partition(",")[2]
    hosts = [_without_port(host.strip()) for host in forwarded_for.split(",")]
    for host in reversed(hosts):
        if host and host not in trusted:
            return host
    return next(filter(None, hosts), peer)


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0] if host.count(":") == 1 else host
