"""Addresses that are no public hosts: IANA's special-purpose registries, as a table.

The registries are "IANA IPv4 Special-Purpose Address Registry" and "IANA IPv6 Special-Purpose
Address Registry" (RFC 6890, RFC 8190), and for IPv6 also "IPv6 Global Unicast Address Assignments":
only 2000::/3 is assigned to hosts (RFC 4291 §2.4). Python's ``ipaddress`` has a table as well, but
an old one in old versions, and it counts unassigned and obsolete ranges as global.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

SPECIAL_V4 = tuple(
    (IPv4Network(network), name)
    for network, name in (
        ("0.0.0.0/8", "this network, RFC 791"),
        ("10.0.0.0/8", "private use, RFC 1918"),
        ("100.64.0.0/10", "shared address space of providers, RFC 6598"),
        ("127.0.0.0/8", "loopback, RFC 1122"),
        ("169.254.0.0/16", "link local, RFC 3927; metadata of cloud providers"),
        ("172.16.0.0/12", "private use, RFC 1918"),
        ("192.0.0.0/24", "IETF protocol assignments, RFC 6890"),
        ("192.0.2.0/24", "documentation, RFC 5737"),
        ("192.88.99.0/24", "6to4 relays, deprecated by RFC 7526"),
        ("192.168.0.0/16", "private use, RFC 1918"),
        ("198.18.0.0/15", "benchmarks, RFC 2544"),
        ("198.51.100.0/24", "documentation, RFC 5737"),
        ("203.0.113.0/24", "documentation, RFC 5737"),
        ("224.0.0.0/4", "multicast, RFC 5771"),
        ("240.0.0.0/4", "reserved, RFC 1112; limited broadcast, RFC 919"),
    )
)
GLOBAL_V6 = IPv6Network("2000::/3")
SPECIAL_V6 = tuple(
    (IPv6Network(network), name)
    for network, name in (
        ("2001::/23", "IETF protocol assignments, RFC 2928: Teredo, ORCHID, benchmarks and others"),
        ("2001:db8::/32", "documentation, RFC 3849"),
        ("3ffe::/16", "6bone, returned by RFC 3701"),
        ("3fff::/20", "documentation, RFC 9637"),
    )
)
"""Parts of 2000::/3 that are no hosts."""

_MAPPED = IPv6Network("::ffff:0:0/96")  # RFC 4291 §2.5.5.2
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052 §2.1; 64:ff9b:1::/48 (RFC 8215) is for local use
_6TO4 = IPv6Network("2002::/16")  # RFC 3056 §2


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Return whether a public host may have ``address``, which has no IPv4 address inside it."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network, _ in SPECIAL_V4)
    return address in GLOBAL_V6 and not any(address in network for network, _ in SPECIAL_V6)


def embedded(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address to which packets for an IPv6 ``address`` go, if it has one."""
    if isinstance(address, IPv4Address):
        return None
    if address in _MAPPED or address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _6TO4:
        return IPv4Address(int(address) >> 80 & 0xFFFF_FFFF)
    return None
