"""Web addresses: the one check for every URL that an untrusted client or an editor sends.

What passes here can be split by ``urllib``, put into a page and shown to a browser. The rules are
RFC 3986 for the parts and the URL Standard (url.spec.whatwg.org) where browsers are stricter: hosts
that end in a number are IPv4 addresses, and a backslash would be read as a slash.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import NamedTuple

from ticker.domain.messages import said
from ticker.domain.text import MARKS_MAX, clean, marks

URL_MAX = 2_048
"""Characters of an address."""

_ADDRESS = re.compile(r"(https?)://([^/?#]*)([^#]*)(#.*)?", re.I | re.S)
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[^:\[\]@]{1,253})(?::([0-9]{1,5}))?", re.ASCII)
_LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*", re.ASCII)


class WebAddress(NamedTuple):
    """The parts of an address. ``host`` is in lower case, an IPv6 address without brackets."""

    scheme: str
    host: str
    port: int | None
    path: str
    """Path and query."""
    fragment: str


def parse(url: str) -> WebAddress:
    """Return the parts of an http or https address.

    Raises ValueError with a message that follows the field's name, as in "must not contain …".
    """
    if len(url) > URL_MAX:
        raise ValueError(said("too-long", most=URL_MAX))
    found = _ADDRESS.fullmatch(url)
    if found is None or not found[2]:
        raise ValueError(said("web-address"))
    if not url.isascii():
        _check_unicode(url)
    if any(char <= " " or char == "\x7f" or char.isspace() for char in url):
        raise ValueError(said("web-address-spaces"))
    if "\\" in url:
        raise ValueError(said("web-address-backslash"))
    if "@" in found[2]:
        raise ValueError(said("web-address-user"))
    parts = _AUTHORITY.fullmatch(found[2])
    if parts is None:
        raise ValueError(said("web-address-authority"))
    port = None if parts[2] is None else int(parts[2])
    if port is not None and not 0 < port < 65_536:
        raise ValueError(said("web-address-port"))
    host = parts[1].strip("[]").lower()
    if not (_is_ipv6(host) if parts[1].startswith("[") else _is_host(host)):
        raise ValueError(said("web-address-host"))
    return WebAddress(found[1].lower(), host, port, found[3], found[4] or "")


def _check_unicode(url: str) -> None:
    if marks(url, MARKS_MAX + 1) > MARKS_MAX or clean(url) != url:
        raise ValueError(said("web-address-unicode"))


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _is_host(host: str) -> bool:
    """Return whether ``host`` is a name, in ASCII or not (RFC 5890), or an IPv4 address."""
    if not host.isascii():
        if not all(char in ".-_" or _is_name_char(char) for char in host):
            return False
        # Browsers resolve a host in its compatibility form: "ⓐ" is "a", and "。" is a dot.
        host = unicodedata.normalize("NFKC", host)
        if not all(char in ".-_" or _is_name_char(char) for char in host):
            return False
    labels = host.removesuffix(".").split(".")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            return False
        return True
    return len(host) <= 253 and all(map(_is_label, labels))


def _is_label(label: str) -> bool:
    if label.isascii():
        return _LABEL.fullmatch(label) is not None
    try:
        # Only its length is of interest; "xn--" and the delta encoding count.
        size = len(label.encode("punycode")) + 4
    except UnicodeError:
        return False
    return size <= 63 and not label.startswith("-") and not label.endswith("-")


def _is_name_char(char: str) -> bool:
    return char.isalnum() or char in "\u00b7\u200c\u200d" or unicodedata.category(char)[0] == "M"
