"""The check of a webhook's address when an editor saves it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from ticker.net.ssrf_guard import Network, permitted, reachable

URL_MAX = 2_048


def unreachable(url: str, allow: Iterable[Network] = ()) -> str | None:
    """Return why ``url`` is not allowed as an endpoint, None if it is allowed.

    The addresses of its host name are checked when a connection is made, not here.
    """
    allow = tuple(allow)
    if len(url) > URL_MAX or not url.isascii() or any(c <= " " or c == "\x7f" for c in url):
        return f"must be an address of at most {URL_MAX} ASCII characters, without spaces"
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        return "must be an https address"
    if parts.scheme not in ("https", "http") or not host or port == 0:
        return "must be an https address"
    if "@" in parts.netloc:
        return "must not contain a user name or password"
    if parts.fragment or "\\" in url:
        return "must not contain a fragment or a backslash"
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        if parts.scheme == "http" and not allow:
            return "must be https; http is allowed only in outbound_private_networks"
        return None
    if not reachable(str(ip), allow, secure=parts.scheme == "https"):
        if parts.scheme == "http" and permitted(host):
            return "must be https; http is allowed only in outbound_private_networks"
        return f"{host} is not a public address and not in outbound_private_networks"
    return None
