"""Types of settings: names, addresses and hosts, with their checks."""

from __future__ import annotations

from typing import Annotated

from ticker.config.values import Check, Length
from ticker.domain.shape import Shape


def ascii_host(url: str) -> str:
    """Return ``url`` with its host in ASCII (RFC 5890), because it is sent in headers."""
    if not url:
        return url
    address(url)
    if url.isascii():
        return url
    scheme, _, host = url.partition("://")
    name, colon, port = host.partition(":")
    return f"{scheme}://{name.encode('idna').decode()}{colon}{port}"


Name = Annotated[
    str,
    Shape(r"\w[\w.-]{0,63}", "must be 1 to 64 letters, digits, '.', '_' or '-'"),
]
"""The name of an edition, section or region: letters and digits of any script, ``.``, ``_`` and
``-``. Names are part of addresses, and filters separate them by commas."""


def with_visible_text(text: str) -> str:
    """Return ``text``. Raises ValueError if nothing of it can be seen."""
    from ticker.domain.text import visible

    if not visible(text):
        raise ValueError("must have at least one visible character")
    return text


def address(url: str) -> str:
    """Return ``url``. Raises ValueError if it is no http or https address."""
    from ticker.domain import web_address

    web_address.parse(url)
    return url


Origin = Annotated[
    str,
    Length(255),
    Shape(r"https?://[^\s/?#]+", "must be an http or https address without a path"),
    Check(address),
]
"""Scheme and host of an http or https address, without a path."""
PushService = Annotated[
    str,
    Length(255),
    Shape(r"(https?://|\*\.)?[^\s/?#*]+", "must be a host, '*.' and a host, or an origin"),
]
"""A host, ``*.`` and the end of a host, or an origin."""
