"""Parsers of untrusted input as functions of bytes: each returns, or raises because of a defect.

``scripts/fuzz`` runs one of them under atheris; ``test_targets`` runs all of them on seeds and on
generated input. A target allows the errors that its parser documents and checks what must hold of
everything that the parser accepts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httptools
import orjson
from starlette.requests import Request
from websockets.headers import parse_extension

from tests.fuzz.one_port_target import one_port
from tests.net.link import Client as Link
from tests.net.link import Owner as LinkOwner
from tests.net.link import Transport, request
from ticker.api import headers
from ticker.api.bodies import parse_json
from ticker.api.public_address import base_of
from ticker.api.query import filter_of, query_of
from ticker.api.readership_schemas import Beacon
from ticker.client.events import Item as ClientItem
from ticker.config import Settings
from ticker.domain import web_address
from ticker.domain.client_address import AddressSet, groups, reported
from ticker.domain.cursor import Cursor, StreamId
from ticker.domain.draft import Draft, read_change, read_draft
from ticker.domain.errors import BadCursor, BadRequest, Invalid, TickerError
from ticker.domain.event import LaneEvent, read_lane
from ticker.domain.request_context import RequestContext
from ticker.domain.retry_after import seconds
from ticker.domain.taxonomy import Taxonomy
from ticker.domain.terminal_text import UNSAFE, escaped_json, inline
from ticker.domain.text import bounded
from ticker.domain.validation_messages import validate
from ticker.feeds.formats import atom_rss, jsonfeed, liveblog, ninjs, sitemap
from ticker.feeds.formats.channel import Channel, read_item
from ticker.gateway import deflate
from ticker.gateway.body_end import BodyEnd
from ticker.gateway.handshake import Refused, respond
from ticker.gateway.query_parser import QueryParser
from ticker.gateway.request_head import read_head
from ticker.gateway.websocket_session import Session
from ticker.imports.drafts import Defaults, Unreadable
from ticker.imports.formats import read
from ticker.net.http1 import Http1
from ticker.net.reply import Forbidden, Reply, Unanswered
from ticker.net.resolver import split_url
from ticker.net.ssrf_guard import permitted, refusal
from ticker.one_port.request_owner import Owner
from ticker.one_port.request_owner import owner as request_owner
from ticker.publishing import transitions
from ticker.push.model import apns_verdicts, fcm_verdicts
from ticker.push.model.push_services import PushServices
from ticker.push.model.registration import read_browser, read_device
from ticker.push.model.verdicts import RETRY_AFTER_MAX
from ticker.push.model.webpush_verdicts import webpush_verdict
from ticker.site import negotiate
from ticker.site.addresses import Addresses
from ticker.site.item_views import ItemViewFactory

TAXONOMY = Taxonomy()
NOW_MS = 1_764_000_000_000
ID = "01kav9ft020000000000000001"


def _text(data: bytes) -> str:
    return data.decode(errors="replace")


def _request(data: bytes, *names: str) -> Request:
    """Return a request whose query string and headers ``names`` have the lines of ``data``."""
    lines = data.split(b"\n")
    sent = [(name.encode(), line) for name, line in zip(names, lines[1:], strict=False)]
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": lines[0]}
    return Request(scope | {"headers": sent})


def head(data: bytes) -> None:
    """Request heads of readers' connections."""
    found = read_head(data)
    if found is not None:
        assert found.path.startswith("/")
        assert found.headers
        assert found.upgrades in (True, False)
        assert all("\r" not in value and "\n" not in value for value in found.headers.values())


class _Callbacks:
    complete = False

    def on_message_complete(self) -> None:
        self.complete = True


def body(data: bytes) -> None:
    """Chunked bodies, in two pieces: the end is where the parser sees it."""
    end, half, taken = BodyEnd(None), len(data) // 2, 0
    for piece in (data[:half], data[half:]):
        while piece and (found := end.take(piece)):
            taken += found
            piece = piece[found:]
        if piece:
            break
    seen = _Callbacks()
    parser = httptools.HttpRequestParser(seen)
    try:
        parser.feed_data(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + data[:taken])
    except httptools.HttpParserError:
        return
    assert seen.complete or taken == len(data)


def owner(data: bytes) -> None:
    """Owners of requests on a shared port: a beginning never says something else."""
    whose = request_owner(data)
    for size in range(len(data)):
        assert request_owner(data[:size]) in (Owner.UNDECIDED, whose)


def query(data: bytes) -> None:
    """Query strings of the gateway and of the API."""
    with suppress(BadRequest):
        QueryParser(TAXONOMY).from_query(data.decode("latin-1"))
    with suppress(BadRequest):
        pairs, own = query_of(_request(data), ("limit",))
        filter_of(pairs, TAXONOMY)
        assert set(own) <= {"limit"}


def message(data: bytes) -> None:
    """Messages of WebSocket clients."""
    with suppress(BadRequest):
        QueryParser(TAXONOMY).from_message(data)


def frames(data: bytes) -> None:
    """WebSocket frames, in two pieces, with and without compression."""
    for deflated in (False, True):
        session = Session(QueryParser(TAXONOMY), 8_192, 20, deflated=deflated)
        half = len(data) // 2
        for piece in (data[:half], data[half:]):
            session.receive(piece, 0.0)
        session.ended(b"\x88\x80\0\0\0\0")


def cursor(data: bytes) -> None:
    """Cursors."""
    with suppress(BadCursor):
        found = Cursor.parse(_text(data))
        assert Cursor.parse(str(found)) == found


def feed(data: bytes) -> None:
    """Imports: every draft can be sent, and is accepted or refused by name."""
    try:
        parsed = read(data, Defaults(edition="en"))
    except Unreadable:
        return
    for draft in parsed.drafts:
        orjson.dumps(draft)
        with suppress(Invalid):
            read_draft({name: draft[name] for name in draft if name != "key"}, TAXONOMY)


@cache
def _views() -> ItemViewFactory:
    return ItemViewFactory(TAXONOMY, Addresses(frozenset()), datetime(2026, 11, 23, tzinfo=UTC))


def item(data: bytes) -> None:
    """Bodies of items: what is accepted can be shown everywhere."""
    try:
        body = parse_json(data)
    except BadRequest:
        return
    with suppress(Invalid):
        read_change(body, TAXONOMY)
    try:
        draft = read_draft(body, TAXONOMY)
    except Invalid:
        return
    publish(draft)


def publish(draft: Draft) -> None:
    """Publish ``draft``, and render its item in every way."""
    step = transitions.publish(draft, TAXONOMY, id=ID, by="desk", now_ms=NOW_MS)
    if step.event is None:
        return
    event = read_lane(StreamId(NOW_MS, 1), step.event.lane_record(), 1)
    assert isinstance(event, LaneEvent)
    assert event.mended == ()
    show(event)


def show(event: LaneEvent) -> None:
    """Render an item in every way."""
    view = _views().view(event)
    assert view.title
    if view.link:
        assert urlsplit(view.link).hostname
    public = read_item(event)
    base = "https://news.example"
    channel = Channel(base, "News", "News", base, f"{base}/feed", items=(public,))
    for render in (atom_rss.atom, atom_rss.rss, jsonfeed.render, ninjs.package):
        assert render(channel)
    assert ninjs.item(channel, public)
    assert sitemap.render(base, "News", [public])
    liveblog.render(liveblog.live_blog(base, "News", "story", [public]))
    ClientItem.read(orjson.loads(event.item))


def lane(data: bytes) -> None:
    """Lane entries that another version, or a hand, has written."""
    try:
        entry = read_lane(StreamId(NOW_MS, 1), {b"e": data}, 1)
    except ValueError:
        return
    assert entry.id


def push(data: bytes) -> None:
    """Bodies of push registrations."""
    try:
        body = parse_json(data)
    except BadRequest:
        return
    with suppress(Invalid):
        read_device(body, TAXONOMY, NOW_MS)
    with suppress(Invalid):
        subscription, _ = read_browser(body, TAXONOMY, NOW_MS, PushServices())
        if refusal(subscription.token) is None:
            split_url(subscription.token.partition("#")[0])


def verdicts(data: bytes) -> None:
    """Answers of push services: a status (first byte), Retry-After (first line), a body."""
    head, _, body = data.partition(b"\n")
    status, value = 200 + 2 * (head[0] if head else 0), head[1:]
    wait = seconds(value, 1_764_000_000.0, longest=RETRY_AFTER_MAX)
    found = [
        apns_verdicts.verdict(status, body, registered_ms=NOW_MS, retry_after=wait),
        fcm_verdicts.verdict(status, body, retry_after=wait),
        *(
            webpush_verdict(status, {b"retry-after": value}, body, known=known, now_s=1.764e9)
            for known in (False, True)
        ),
    ]
    for verdict in found:
        assert len(verdict.reason) <= 300
        assert verdict.reason.isprintable(), verdict.reason
        assert verdict.wait is None or 0 <= verdict.wait <= RETRY_AFTER_MAX


def beacon(data: bytes) -> None:
    """Reports of reads, and the client that sends them."""
    with suppress(BadRequest, Invalid):
        report = validate(Beacon, parse_json(data))
        assert len(report.id) == 26


def forwarded(data: bytes) -> None:
    """X-Forwarded-For of a trusted proxy: a client's own claims never make it a trusted one."""
    trusted = AddressSet.parse("192.0.2.0/24,2001:db8::/32,unix")
    value = data.decode("latin-1")
    for peer in ("192.0.2.1", "198.51.100.1"):
        client = reported(peer, value, trusted)
        assert len(groups(client)) in (1, 2)
        if peer not in trusted:
            assert client == peer
        behind = reported(peer, f"{value}, 203.0.113.9", trusted)
        assert behind == ("203.0.113.9" if peer in trusted else peer)


def upgrade(data: bytes) -> None:
    """Handshakes of WebSockets, whose head is plain: one response, and one line for each header."""
    found = read_head(data)
    outcome = respond(found, compress=True)
    response, _, body = outcome.response.partition(b"\r\n\r\n")
    assert all(b": " in line for line in response.split(b"\r\n")[1:])
    assert b"\n" not in response.replace(b"\r\n", b"")
    assert isinstance(outcome, Refused) == bool(body)


def extension(data: bytes) -> None:
    """Offers of compression (first line), by a client with a name (second line)."""
    offers, _, agent = data.decode("latin-1").partition("\n")
    answer = deflate.accept(offers, agent)
    if answer:
        [(name, parameters)] = parse_extension(answer)
        assert name in offers
        assert dict(parameters).get("server_max_window_bits", "12") == "12"


def origin(data: bytes) -> None:
    """Request identifiers, traces, and the Host that pages show."""
    request = _request(data, "x-request-id", "traceparent", "host")
    context = headers.request_context_of(request)
    assert RequestContext.decode(context.encode()) == context
    scope = dict(request.scope) | {"scheme": "http", "server": ("127.0.0.1", 8_000)}
    base = base_of(Request(scope), Settings())
    assert urlsplit(base).scheme == "http"
    assert not set(base) & set("<>\"' \r\n\\")


def negotiation(data: bytes) -> None:
    """Accept and Accept-Language."""
    request = _request(data, "accept", "accept-language")
    assert negotiate.edition_for(request, TAXONOMY) in TAXONOMY.editions
    negotiate.wants_page(request)
    assert len(negotiate.choices(data.decode("latin-1"))) <= negotiate.CHOICES_MAX


def conditions(data: bytes) -> None:
    """Conditional requests, versions and idempotency keys."""
    names = ("if-none-match", "if-modified-since", "if-match", "idempotency-key")
    request = _request(data, *names)
    headers.unchanged(request, '"x"', 1_764_000_000)
    headers.not_modified(request, '"x"')
    for read_header in (headers.if_match, headers.idempotency_key):
        with suppress(TickerError):
            read_header(request)


def retry_after(data: bytes) -> None:
    """Retry-After of foreign servers."""
    found = seconds(data, 1_764_000_000.0, longest=3_600.0)
    assert found is None or 0 <= found <= 3_600


def _settled(exchange: Any) -> None:
    if exchange.answer.done() and not exchange.answer.cancelled():
        error = exchange.answer.exception()
        assert error is None or isinstance(error, Unanswered)
        if error is None:
            reply: Reply = exchange.answer.result()
            assert 100 <= reply.status <= 999


class _OwnerOfHttp1(LinkOwner):
    def on_unseen(self, exchange: Any) -> None:
        """The request may be sent again; nothing is here."""


def http1(data: bytes) -> None:
    """HTTP/1.1 replies of foreign servers, in two pieces."""

    async def run() -> None:
        connection = Http1(_OwnerOfHttp1(), b"hook.example")
        connection.connection_made(Transport())
        exchange = request()
        connection.start(exchange)
        half = len(data) // 2
        connection.data_received(data[:half])
        connection.data_received(data[half:])
        connection.connection_lost(None)
        _settled(exchange)

    asyncio.run(run())


def http2(data: bytes) -> None:
    """HTTP/2 frames of foreign servers, after correct settings."""

    async def run() -> None:
        link = Link()
        exchange = request()
        link.http2.data_received(b"\0\0\0\4\0\0\0\0\0")
        link.start(exchange)
        await asyncio.sleep(0)
        link.http2.data_received(data)
        await asyncio.sleep(0)
        link.http2.connection_lost(None)
        _settled(exchange)

    asyncio.run(run())


def address(data: bytes) -> None:
    """Addresses: what passes can be split by everybody, and is reached by our client."""
    text = _text(data)
    permitted(text)
    refusal(text)
    try:
        found = web_address.parse(text)
    except ValueError:
        return
    parts = urlsplit(text)
    assert parts.hostname == found.host, (parts.hostname, found.host)
    assert parts.port == found.port
    assert parts.username is None
    if text.isascii() and not found.fragment:
        with suppress(Forbidden):
            split_url(text)


def text(data: bytes) -> None:
    """Text: bounded text stays as it is, and printable text has nothing to obey."""
    found = _text(data)
    with suppress(ValueError):
        once = bounded(found, 280)
        assert bounded(once, 280) == once
    assert UNSAFE.search(inline(found)) is None
    with suppress(orjson.JSONEncodeError):
        assert orjson.loads(escaped_json(orjson.dumps(found))) == found


def settings(data: bytes) -> None:
    """Settings, as ``ticker.toml`` has them: errors are ValueErrors."""
    import tomllib

    try:
        values = tomllib.loads(_text(data))
        Settings(**{str(name): value for name, value in values.items()})
    except ValueError:
        pass


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    one.__name__: one
    for one in (
        *(
            head,
            body,
            owner,
            query,
            message,
            frames,
            extension,
            cursor,
            feed,
            item,
            lane,
            push,
            negotiation,
            conditions,
        ),
        *(retry_after, http1, http2, address, text, settings),
        *(verdicts, beacon, forwarded, upgrade, origin, one_port),
    )
}
