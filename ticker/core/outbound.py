"""Where this newsroom may send requests that strangers name: push endpoints and webhooks.

Whoever registers an endpoint chooses an address that our workers will connect to. A private or
special one is refused (server-side request forgery; OWASP "SSRF Prevention", IANA's special-purpose
registries), unless the operator allows its network. Names are judged by what they resolve to, at
the moment of connecting: check the address that the connection is made to, not one looked up
before.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import TypeAlias

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def permitted(address: str, allow: Iterable[Network] = ()) -> bool:
    """Tell whether a request may go to ``address``, a numeric IP address; a name never may.

    Public unicast addresses may, and those in ``allow``. An IPv6 address that carries an IPv4 one
    (mapped, 6to4, NAT64) is judged by both.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if any(ip.version == network.version and ip in network for network in allow):
        return True
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            return permitted(str(inner), allow)
    return ip.is_global and not ip.is_multicast
