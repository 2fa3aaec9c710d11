"""Another site that embeds the newsroom: one page, from an origin and with a policy of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

STRICT = (
    "default-src 'none'; script-src {room}; connect-src {room} {room_ws}; img-src data:; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
)
"""As strict as a policy gets, and what docs/guide/embed.md tells such a site to allow."""


@asynccontextmanager
async def site(html: str, headers: Mapping[str, str] | None = None) -> AsyncIterator[str]:
    """Serve ``html`` at every path; yield the address. (A routed page may not load loopback.)"""
    told = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    head = f"HTTP/1.0 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n{told}\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write((head + html).encode())
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the browser opens connections that it then does not need
        finally:
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


@asynccontextmanager
async def embedding(
    room: str,
    tags: str,
    *,
    lang: str = "en",
    dir: str = "ltr",
    script: bool = True,
    hosts: tuple[str, ...] = (),
) -> AsyncIterator[str]:
    """Serve a page with ``tags`` and the widget of the newsroom at ``room``, under ``STRICT``.

    The module is loaded unless ``script`` is false; ``hosts`` may be connected to as well.
    """
    module = f'<script type="module" src="{room}/widget.js"></script>' if script else ""
    allowed = " ".join((room, *hosts))
    policy = STRICT.format(room=allowed, room_ws=allowed.replace("http", "ws"))
    html = page_of(tags + module, lang, dir)
    async with site(html, {"Content-Security-Policy": policy}) as address:
        yield address


def page_of(body: str, lang: str = "en", dir: str = "ltr") -> str:
    """Return a page of a site that knows nothing of the newsroom but its tag."""
    return (
        f'<!doctype html><html lang="{lang}" dir="{dir}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f'<title>A site</title><link rel="icon" href="data:,"></head><body>{body}</body></html>'
    )
