"""The words for a TLS connection that failed, in place of those of the library. Pure."""

from __future__ import annotations

import re

_SAID = re.compile(r"\[SSL(?:: ([A-Z0-9_]+))?\] ?(.*?) ?\(_ssl\.c:\d+\)")
NO_TLS = "the server does not use TLS on this port"
_NOT_TLS = frozenset({"HTTP_REQUEST", "RECORD_LAYER_FAILURE", "WRONG_VERSION_NUMBER"})
"""Reasons of OpenSSL for an answer that is not TLS: of plain HTTP, for example."""


def readable(text: str) -> str:
    """Return the text of an error without OpenSSL's codes and its places in C files."""
    return _SAID.sub(lambda one: NO_TLS if one[1] in _NOT_TLS else one[2], text)
