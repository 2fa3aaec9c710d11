"""Whether a page of this server has sent a request, by what browsers say of it. Pure.

Browsers say it with ``Sec-Fetch-Site`` (W3C Fetch Metadata), but only to servers with HTTPS and
those on the same machine, and old ones never do. Then ``Origin`` says it, which browsers add to
every request that changes something and to all of other origins that scripts may read; and where
that is missing, ``Referer``. Clients that are no browsers send none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

_PORTS = {"http": ":80", "https": ":443"}


def is_own(url: str, host: str, *, secure: bool = False) -> bool:
    """Tell whether ``url`` is at this server, which the request calls ``host``.

    Both may have any bytes. With ``secure`` an address without TLS is another server's: whoever is
    in the network can answer for it.
    """
    parts = _split(url)
    if parts is None or (secure and parts.scheme != "https"):
        return False
    port = _PORTS[parts.scheme]
    return parts.netloc.lower().removesuffix(port) == host.lower().removesuffix(port)


def from_own_page(headers: Mapping[str, str], *, secure: bool) -> bool:
    """Tell whether a request with ``headers`` is one of this server's pages, or of no browser.

    A person who enters the address counts as such. ``headers`` have names in lower case.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    sender = headers.get("origin", headers.get("referer"))
    return sender is None or is_own(sender, headers.get("host", ""), secure=secure)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
    except ValueError:  # a host with half a bracket
        return None
    return parts if parts.scheme in _PORTS and parts.netloc else None
