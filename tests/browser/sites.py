"""A page of another site that embeds the widget, with its own origin and security policy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

STRICT = (
    "default-src 'none'; script-src {newsroom}; connect-src {newsroom} {newsroom_ws}; "
    "img-src data:; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
)
"""The strictest policy, with the exceptions that docs/guide/embed.md lists."""


@asynccontextmanager
async def site(html: str, headers: Mapping[str, str] | None = None) -> AsyncIterator[str]:
    """Serve ``html`` at every path; yield the address.

    (A page that Playwright fulfils cannot load from loopback addresses.)
    """
    header_lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    head = f"HTTP/1.0 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n{header_lines}\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write((head + html).encode())
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the browser closes speculative connections
        finally:
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


@asynccontextmanager
async def embedding(
    newsroom: str,
    tags: str,
    *,
    lang: str = "en",
    dir: str = "ltr",
    script: bool = True,
    hosts: tuple[str, ...] = (),
) -> AsyncIterator[str]:
    """Serve a page with ``tags`` and the widget of the newsroom at ``newsroom``, under ``STRICT``.

    The module is loaded unless ``script`` is false; ``hosts`` may be connected to as well.
    """
    module = f'<script type="module" src="{newsroom}/widget.js"></script>' if script else ""
    allowed = " ".join((newsroom, *hosts))
    policy = STRICT.format(newsroom=allowed, newsroom_ws=allowed.replace("http", "ws"))
    html = page_of(tags + module, lang, dir)
    async with site(html, {"Content-Security-Policy": policy}) as address:
        yield address


def page_of(body: str, lang: str = "en", dir: str = "ltr") -> str:
    """Return an HTML page with ``body``."""
    return (
        f'<!doctype html><html lang="{lang}" dir="{dir}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f'<title>A site</title><link rel="icon" href="data:,"></head><body>{body}</body></html>'
    )
