"""The check of a webhook's address when an editor saves it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from ticker.domain import web_address
from ticker.domain.web_address import URL_MAX
from ticker.net.ssrf_guard import Network, permitted, reachable


def unreachable(url: str, allow: Iterable[Network] = ()) -> str | None:
    """Return why ``url`` is not allowed as an endpoint, None if it is allowed.

    The addresses of its host name are checked when a connection is made, not here.
    """
    allow = tuple(allow)
    if len(url) > URL_MAX or not url.isascii() or any(c <= " " or c == "\x7f" for c in url):
        return f"must be an address of at most {URL_MAX} ASCII characters, without spaces"
    try:
        address = web_address.parse(url)
    except ValueError as error:
        return str(error).replace("an http or https", "an https")
    if address.fragment:
        return "must not contain a fragment"
    scheme, host = address.scheme, address.host
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        if scheme == "http" and not allow:
            return "must be https; http is allowed only in outbound_private_networks"
        return None
    if not reachable(str(ip), allow, secure=scheme == "https"):
        if scheme == "http" and permitted(host):
            return "must be https; http is allowed only in outbound_private_networks"
        return f"{host} is not a public address and not in outbound_private_networks"
    return None
