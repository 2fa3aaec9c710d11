"""The guard against server-side request forgery: addresses that untrusted URLs may lead to.

A push endpoint and a webhook are URLs of somebody else, and our workers connect to them. A private
or special address is refused (OWASP "SSRF Prevention", IANA's special-purpose registries), unless
the operator allows its network. A name is judged by what it resolves to, at the moment of
connecting: check the address that the connection is made to, not one looked up before.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import TypeAlias

from ticker.domain import web_address
from ticker.net.special_addresses import embedded, is_public

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_HOST = re.compile(r"https?://(\[[^\]]*\]|[^/?#:]*)", re.I)


def permitted(address: str, allow: Iterable[Network] = ()) -> bool:
    """Tell whether a request over TLS may go to ``address``, a numeric IP address, never a name.

    Public unicast addresses may, and those in ``allow``. An IPv6 address that leads to an IPv4 one
    (mapped, 6to4, NAT64) is judged by that.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if any(ip.version == network.version and ip in network for network in allow):
        return True
    inner = embedded(ip)
    return is_public(ip) if inner is None else permitted(str(inner), allow)


def reachable(address: str, allow: Iterable[Network], *, secure: bool) -> bool:
    """Tell whether a connection to the numeric ``address`` may be made.

    Without encryption (``secure`` False) only into a network that the operator has named.
    """
    return permitted(address, allow) if secure else _listed(address, allow)


def refusal(url: str, allow: Iterable[Network] = ()) -> str | None:
    """Return why requests to ``url`` are refused already when it is named, None if they are not.

    A name is judged again by the address that it resolves to, when the connection is made.
    """
    named = _HOST.match(url)
    if named is not None and _numeric(named[1]) and not permitted(named[1].strip("[]"), allow):
        return "must not lead into a private network"
    try:
        parts = web_address.parse(url)
    except ValueError:
        return "must be an https address"
    host = parts.host
    if permitted(host, allow):
        secure = parts.scheme != "http"
        return None if reachable(host, allow, secure=secure) else "must be an https address"
    if "." not in host.strip("."):
        return "must not lead into a private network"
    return None if parts.scheme == "https" else "must be an https address"


def _listed(address: str, allow: Iterable[Network]) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    return any(ip.version == network.version and ip in network for network in allow)


def _numeric(host: str) -> bool:
    """Tell whether resolvers may take ``host`` for an address, as 127.1 or 0x7f.1."""
    last = host.rstrip(".").rpartition(".")[2]
    return ":" in host or last.isdigit() or last.lower().startswith("0x")
