"""Read request headers strictly: idempotency keys, versions and cache validators."""

from __future__ import annotations

import re
from email.utils import formatdate, parsedate_to_datetime
from time import time_ns

from starlette.requests import Request

from ticker.api.problem_documents import BadField
from ticker.domain.request_context import ID, RequestContext
from ticker.telemetry import traces
from ticker.telemetry.context import new_id

IDEMPOTENCY_KEY_MAX = 255
PRIVATE = "private, no-store"
"""Cache-Control of what only the holder of a key may see."""
PRIVATE_HEADERS = {"cache-control": PRIVATE}

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_VERSION = re.compile(r'(?:W/)?"([0-9]{1,9})"')
_GZIP = re.compile(r"(?:^|[\s,])gzip(?!\s*;\s*q=0(?:\.0*)?(?:[\s,]|$))", re.IGNORECASE)
_ENTITY_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def idempotency_key(request: Request) -> str | None:
    """Return the ``Idempotency-Key``, None without one. Raises BadField if it is invalid."""
    keys = request.headers.getlist("idempotency-key")
    if not keys:
        return None
    if len(keys) > 1 or _KEY.fullmatch(keys[0]) is None:
        raise BadField(
            "Idempotency-Key",
            f"must be one value of 1 to {IDEMPOTENCY_KEY_MAX} visible ASCII characters",
        )
    return keys[0]


def request_context_of(request: Request) -> RequestContext:
    """Return when ``request`` arrived (now), its id and its trace.

    The id is the ``X-Request-ID`` of a proxy or client if it is a plain word, else a new one.
    """
    given = request.headers.get("x-request-id", "")
    id = given if ID.fullmatch(given) else new_id()
    trace = traces.incoming(request.headers.get("traceparent", ""))
    return RequestContext(time_ns() // 1_000_000, id, trace)


def if_match(request: Request) -> frozenset[int] | None:
    """Return the versions that ``If-Match`` allows; None for no header and for ``*``.

    A weak tag counts like a strong one: proxies that compress weaken tags, and versions are
    compared here, not bytes. Raises BadField for a tag that is no version.
    """
    values = request.headers.getlist("if-match")
    if not values:
        return None
    text = ",".join(values).strip()
    if text == "*":
        return None
    versions = set()
    for part in text.split(","):
        match = _VERSION.fullmatch(part.strip())
        if match is None:
            raise BadField("If-Match", 'must be the version in quotes, for example "3"')
        versions.add(int(match[1]))
    return frozenset(versions)


def accepts_gzip(request: Request) -> bool:
    """Return whether the client accepts a body compressed with gzip."""
    return _GZIP.search(request.headers.get("accept-encoding", "")) is not None


def not_modified(request: Request, etag: str) -> bool:
    """Return whether the client has ``etag`` already (RFC 9110 §13.1.2, weak comparison)."""
    sent = request.headers.get("if-none-match")
    if sent is None:
        return False
    return sent.strip() == "*" or etag in _ENTITY_TAG.findall(sent)


def unchanged(request: Request, etag: str, modified: int | None) -> bool:
    """Return whether to respond 304: by ``If-None-Match`` if it is sent, otherwise by the date.

    ``modified`` is in seconds since 1970, None if no date identifies the response. The dates must
    be equal (RFC 9110 §13.1.3 allows a later one): after a failover that lost events, the newest
    event may be older than the client's copy.
    """
    if "if-none-match" in request.headers:
        return not_modified(request, etag)
    since = request.headers.get("if-modified-since")
    if since is None or modified is None:
        return False
    try:
        return int(parsedate_to_datetime(since).timestamp()) == modified
    except (ValueError, OverflowError):
        return False  # an invalid date is ignored (RFC 9110 §13.1.3)


def http_date(seconds: int) -> str:
    """Return ``seconds`` since 1970 as an HTTP date (RFC 9110 §5.6.7)."""
    return formatdate(seconds, usegmt=True)
