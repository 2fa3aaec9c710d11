"""Parser for request heads that are complete and plain; a full HTTP parser takes the others."""

from __future__ import annotations

from dataclasses import dataclass

END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Head:
    """A GET request without a body. Header names are lower case; repeated ones are one list."""

    path: str
    query: str
    headers: dict[str, str]

    @property
    def upgrades(self) -> bool:
        """Tell whether it asks for a WebSocket (RFC 6455 §4.2.1)."""
        connection = self.headers.get("connection", "").lower()
        return (
            self.headers.get("upgrade", "").lower() == "websocket"
            and "upgrade" in [token.strip() for token in connection.split(",")]
        )  # fmt: skip


def read_head(data: bytes) -> Head | None:
    """Return the head in ``data``, or None if it is not exactly one plain GET request.

    Plain means: complete, nothing after it, HTTP/1.1, no body announced, no folded or malformed
    header line.
    """
    if not data.endswith(END) or data.find(END) != len(data) - len(END):
        return None
    first, *lines = data[: -len(END)].decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    target, _, version = rest.partition(" ")
    if method != "GET" or version != "HTTP/1.1" or not target.startswith("/"):
        return None
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not _plain_name(name) or not _plain_value(value):
            return None
        name, value = name.lower(), value.strip(" \t")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    if "content-length" in headers or "transfer-encoding" in headers or "expect" in headers:
        return None
    path, _, query = target.partition("?")
    return Head(path, query, headers)


def _plain_name(name: str) -> bool:
    return name.isascii() and name.replace("-", "").replace("_", "").isalnum()


def _plain_value(value: str) -> bool:
    return value.isprintable() or all(char == "\t" or char.isprintable() for char in value)
