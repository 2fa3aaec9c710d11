"""The check of a webhook's address when an editor saves it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from ticker.domain import web_address
from ticker.domain.messages import message_of, said
from ticker.domain.web_address import URL_MAX
from ticker.net.ssrf_guard import Network, permitted, reachable


def unreachable(url: str, allow: Iterable[Network] = ()) -> str | None:
    """Return why ``url`` is not allowed as an endpoint, None if it is allowed.

    The addresses of its host name are checked when a connection is made, not here.
    """
    allow = tuple(allow)
    if len(url) > URL_MAX or not url.isascii() or any(c <= " " or c == "\x7f" for c in url):
        return said("endpoint-shape", most=URL_MAX)
    try:
        address = web_address.parse(url)
    except ValueError as error:
        found = message_of(error)
        return said("https-address") if found == said("web-address") else found
    if address.fragment:
        return said("endpoint-fragment")
    scheme, host = address.scheme, address.host
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        if scheme == "http" and not allow:
            return said("endpoint-http")
        return None
    if not reachable(str(ip), allow, secure=scheme == "https"):
        if scheme == "http" and permitted(host):
            return said("endpoint-http")
        return said("endpoint-private", host=host)
    return None
