"""Download a feed for the wire desk: guarded, and bounded in time, size and redirects.

The address is an editor's choice and leads anywhere, so that of each redirect is judged like the
first: ``HttpClient`` connects only to addresses that it may connect to.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from urllib.parse import quote, urljoin

from ticker import __version__
from ticker.domain.messages import Message, said
from ticker.domain.retry_after import seconds
from ticker.imports.drafts import Unreadable
from ticker.imports.payload import Download, Gunzip, too_large
from ticker.net.client import HttpClient
from ticker.net.headers import Field, Head
from ticker.net.reply import Forbidden, Reply, TimedOut, Unanswered
from ticker.net.resolver import split_url
from ticker.net.ssrf_guard import Network

FEED_MAX = 4 * 2**20
"""Bytes of a feed, decompressed."""
TIMEOUT = 30.0
"""Seconds for a request, connecting included."""
REDIRECTS_MAX = 5
AFTER_MAX = 3_600.0
"""Seconds of a Retry-After that are believed."""

_HEAD = Head(
    [
        (b"user-agent", f"ticker/{__version__}".encode()),
        (b"accept-encoding", b"gzip"),
        (b"accept", b"application/*, text/*;q=0.9, */*;q=0.1"),
    ]
)
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_CHARSET = re.compile(rb"charset\s*=\s*\"?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_ADDRESS = "%/:=&?~#+!$,;'@()*[]"
"""Characters that a redirect's address keeps; others are escaped."""


class Refused(Unreadable):
    """The server answers with an error. ``after`` is its Retry-After in seconds, or None."""

    def __init__(self, reply: Reply) -> None:
        self.status = reply.status
        self.after = seconds(reply.headers.get(b"retry-after"), time.time(), longest=AFTER_MAX)
        super().__init__(said("feed-http", http_status=str(reply.status)))


def client(allow: Iterable[Network], timeout: float = TIMEOUT) -> HttpClient:
    """Return the client for feeds; ``allow`` are the private networks that may be asked."""
    return HttpClient(
        timeout=timeout,
        allow=allow,
        connections=1,
        connections_h1=1,
        body_max=FEED_MAX + 1,
    )


async def fetch(
    http: HttpClient, url: str, conditions: Mapping[str, str], authorization: str | None = None
) -> Download:
    """Return the body at ``url``; ``conditions`` are headers of a conditional request.

    ``authorization`` goes to the origin of ``url`` alone, not to where it redirects. Raises
    Unreadable with a message for the editor.
    """
    try:
        first, _ = split_url(url)
        seen = {url}
        for _ in range(REDIRECTS_MAX + 1):
            origin, path = split_url(url)
            extra: list[Field] = [
                (name.lower().encode(), value.encode("latin-1", "replace"))
                for name, value in conditions.items()
            ]
            if authorization is not None and origin == first:
                extra.append((b"authorization", authorization.encode("latin-1", "replace")))
            reply = await http.request(b"GET", origin, path, _HEAD, extra, b"")
            if reply.status not in _REDIRECTS or b"location" not in reply.headers:
                return _download(reply, url, conditions)
            location = reply.headers[b"location"].decode("utf-8", "replace")
            url = quote(urljoin(url, location).partition("#")[0], safe=_ADDRESS)
            if url in seen:
                raise Unreadable(said("feed-circle", url=url[:200]))
            seen.add(url)
    except Unanswered as error:
        raise Unreadable(_unanswered(error)) from None
    except ValueError as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(said("feed-request")) from None
    raise Unreadable(said("feed-redirects", most=REDIRECTS_MAX, url=url[:200]))


def _unanswered(error: Unanswered) -> Message:
    if isinstance(error, Forbidden):
        return said("feed-forbidden", cause=error.why)
    return said("feed-late" if isinstance(error, TimedOut) else "feed-unanswered", cause=error.why)


def _download(reply: Reply, url: str, conditions: Mapping[str, str]) -> Download:
    etag, modified = (_text(reply, name) for name in (b"etag", b"last-modified"))
    if reply.status == 304 and conditions:
        return Download(b"", url, None, etag, modified, unchanged=True)
    if not 200 <= reply.status < 300:
        raise Refused(reply)
    data = reply.body
    if len(data) > FEED_MAX:
        raise too_large(FEED_MAX)
    coding = reply.headers.get(b"content-encoding", b"identity").strip().lower()
    if coding in (b"gzip", b"x-gzip"):
        body = Gunzip(FEED_MAX)
        data = body.add(data)
        body.end()
    elif coding not in (b"identity", b""):
        raise Unreadable(said("feed-coding"))
    found = _CHARSET.search(reply.headers.get(b"content-type", b""))
    return Download(data, url, found and found[1].decode(), etag, modified)


def _text(reply: Reply, name: bytes) -> str | None:
    value = reply.headers.get(name)
    return None if value is None else value[:1_000].decode("latin-1")
