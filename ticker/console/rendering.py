"""The console's pages as HTML: templates, headers, and the texts of the reader's language."""

from __future__ import annotations

from pathlib import Path

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

from ticker.console.texts import Texts, all_texts, view_texts

HERE = Path(__file__).parent

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob: https:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": CSP,
    "cache-control": "private, no-store",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "x-robots-tag": "noindex",
}

_environment = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(texts: Texts, site: str, template: str, **values: object) -> Response:
    """Return a page, or a part of one. ``t`` has the texts of the board, ``v`` of the others."""
    page = _environment.get_template(template).render(
        texts=texts,
        t=texts.page,
        v=view_texts(texts).page,
        languages=list(all_texts().values()),
        site=site,
        **values,
    )
    return Response(page, 200, {**HEADERS, "vary": "Cookie, Accept-Language"}, "text/html")


def as_json(data: object) -> str:
    """Return ``data`` as JSON that no HTML parser takes for the end of its element."""
    return orjson.dumps(data).decode().replace("<", "\\u003c")
