"""Addresses in feeds: relative ones, ones without a scheme, and ones with spaces. Pure."""

from __future__ import annotations

import html
import mimetypes
import re
from urllib.parse import urljoin, urlsplit

from ticker.domain import web_address

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_HOST = re.compile(r"(?:www\.)[\w-]+(?:\.[\w-]+)+(?:[/?#:].*)?", re.I)
_BAD = re.compile("[\x00-\x1f\x7f\u200b\ufeff]+")
PICTURES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "svg": "image/svg+xml",
}
_SIZE = re.compile(
    r"w|h|width|height|size|resize|fit|crop|q|quality|dpr|auto|format|fm|s|sig|imwidth|strip|ssl",
    re.I,
)
"""Parameters of the size, the quality and the signature that servers of pictures use."""
_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]{1,80}")


def absolute(value: object, base: str | None = None) -> str | None:
    """Return ``value`` as an http or https address that an item may have, else None.

    A relative address is joined with ``base``. Spaces are encoded, as browsers do.
    """
    if not isinstance(value, str) or not value.strip() or len(value) > 2 * web_address.URL_MAX:
        return None
    link = _BAD.sub("", value).strip().replace(" ", "%20")
    if re.search(r"&(?:amp|#0*38|#x0*26);", link, re.I):
        link = html.unescape(link)
    try:
        if link.startswith("//"):
            link = f"{urlsplit(base).scheme if base else 'https'}:{link}"
        elif _HOST.fullmatch(link):
            link = f"https://{link}"
        elif not _SCHEME.match(link):
            link = urljoin(base, link) if base else ""
        web_address.parse(link)
    except ValueError:
        return None
    return link


def of_any_size(href: str) -> str:
    """Return the address of a picture without the parameters that say in which size it is sent."""
    parts = urlsplit(href)
    kept = [
        one for one in parts.query.split("&") if not _SIZE.fullmatch(one.partition("=")[0]) and one
    ]
    return f"{parts.netloc}{parts.path}?{'&'.join(kept)}"


def joined(base: str | None, value: str | None) -> str | None:
    """Return the base address after an ``xml:base``."""
    return absolute(value, base) or base if value else base


def media_type(declared: object, href: str, medium: str = "image") -> str | None:
    """Return the type of a picture or clip; None for what is neither (a document, a page)."""
    if isinstance(declared, str):
        kind = declared.split(";")[0].strip().lower().replace("image/jpg", "image/jpeg")
        if _TYPE.fullmatch(kind) and kind != "application/octet-stream":
            return kind if kind.startswith(("image/", "video/", "audio/")) else None
    path = urlsplit(href).path.lower()
    guess = PICTURES.get(path.rpartition(".")[2]) or mimetypes.guess_type(path)[0]
    if guess is not None and guess.startswith(("image/", "video/", "audio/")):
        return guess
    if guess is not None and not path.endswith((".php", ".asp", ".aspx", ".html", ".cgi")):
        return None
    return "image/jpeg" if medium == "image" else None
