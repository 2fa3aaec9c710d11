"""The push services that browsers use, as the setting ``push_services`` names them.

A browser names its own endpoint, so anybody can register any address. Services in the list are
trusted; all others are *unknown* services: few may register, and their answers count for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from ticker.config import PUSH_SERVICES

APPLE = ".push.apple.com"
"""The end of the origins of Apple's service."""


class Address(NamedTuple):
    """The origin and the path of an endpoint."""

    origin: str
    path: bytes


class PushServices:
    """The known services: hosts (https on the default port), ``*.`` and a suffix, or origins."""

    def __init__(self, entries: Iterable[str] = PUSH_SERVICES) -> None:
        self._exact: dict[str, str] = {}
        self._suffixes: list[tuple[str, str]] = []
        for entry in entries:
            name = entry.lower()
            if name.startswith("*."):
                self._suffixes.append((name[1:], name))
            else:
                self._exact[name if "://" in name else f"https://{name}"] = name

    def name(self, origin: str) -> str | None:
        """Return the entry that ``origin`` (see ``address``) belongs to; None if it is unknown."""
        found = self._exact.get(origin)
        if found is not None:
            return found
        host = origin.removeprefix("https://")
        if host == origin or ":" in host:
            return None
        return next((name for suffix, name in self._suffixes if host.endswith(suffix)), None)

    def known(self, origin: str) -> bool:
        """Tell whether ``origin`` belongs to a known service."""
        return self.name(origin) is not None


def address(endpoint: str) -> Address:
    """Return origin and path of an endpoint. The origin is in the form of a token's ``aud``.

    Host in lower case, no default port (RFC 6454 §6.2): a push service refuses a token whose
    ``aud`` is in another form.
    """
    scheme, _, rest = endpoint.partition("://")
    host, slash, path = rest.partition("/")
    return Address(_origin(scheme, host), (slash + path).encode() or b"/")


def host(origin: str) -> str:
    """Return the host of an origin, without a port: what the limits of unknown services count."""
    name = origin.partition("://")[2]
    return name.rpartition(":")[0] if name[-1:].isdigit() and ":" in name else name


@lru_cache(1_024)
def _origin(scheme: str, host: str) -> str:
    scheme, host = scheme.lower(), host.lower()
    default = {"https": ":443", "http": ":80"}.get(scheme, "")
    return f"{scheme}://{host.removesuffix(default) if default else host}"
