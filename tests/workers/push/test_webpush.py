"""The real sender and HTTP client against a push service that decrypts what it gets."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.net.peer import Peer, certificate
from tests.support.clock import FakeClock
from tests.support.notes import ARABIC, note
from tests.support.providers.webpush import (
    BODY_MAX,
    MISMATCH,
    Answer,
    Browser,
    EveryService,
    PushService,
    listening,
)
from ticker.cli.up.environment import LOCAL_CONTACT
from ticker.config import Settings
from ticker.domain.taxonomy import Taxonomy
from ticker.net.client import HttpClient
from ticker.push import vapid_keys
from ticker.push.model.push_services import PushServices
from ticker.push.model.registration import read_browser
from ticker.push.model.subscription import Subscription
from ticker.push.model.verdicts import ACCEPTED, Outcome, Verdict
from ticker.push.model.webpush import SHORT_MAX
from ticker.push.vapid_keys import VapidKey
from workers.push.vapid_tokens import ORIGINS_MAX
from workers.push.webpush import SALTS, Message, WebPush, is_contact, make

KEY = VapidKey(ec.generate_private_key(ec.SECP256R1()))
OTHER_KEY = VapidKey(ec.generate_private_key(ec.SECP256R1()))
CONTACT = "mailto:desk@harbour.example"
HERE = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


@dataclass
class Bridge:
    service: PushService
    sender: WebPush
    clock: FakeClock

    def browser(self, key: VapidKey = KEY) -> Browser:
        return self.service.subscribe(key.public)

    async def send(self, browser: Browser, **fields: Any) -> Verdict:
        """Send an invented note."""
        return await self.sender.send(self.sender.prepare(note(**fields)), browser.subscription())


def new(clock: FakeClock, *, known: bool = True, key: VapidKey = KEY, **pool: Any) -> WebPush:
    """Return a sender whose pool may go to this machine, and for which all services are known."""
    options: dict[str, Any] = {"timeout": 5.0, "allow": HERE} | pool
    return WebPush(
        key,
        CONTACT,
        HttpClient(**options),
        services=EveryService() if known else PushServices(),
        clock=clock,
    )


@asynccontextmanager
async def bridge(**options: Any) -> AsyncIterator[Bridge]:
    clock = FakeClock(time.time())
    async with listening(PushService(clock=clock)) as service:
        sender = new(clock, **options)
        try:
            yield Bridge(service, sender, clock)
        finally:
            await sender.aclose()
            assert service.unread == []


async def test_a_browser_decrypts_the_note() -> None:
    async with bridge() as there:
        browser = there.browser()
        assert await there.send(browser, body=ARABIC, language="ar", dir="rtl") == ACCEPTED
        (push,) = browser.got
        assert push.json["body"] == ARABIC
        assert (push.json["lang"], push.json["dir"]) == ("ar", "rtl")
        assert (push.ttl, push.urgency, push.topic) == (1_800, "high", "c" * 32)


async def test_an_offline_browser_gets_the_newest_message_of_a_topic() -> None:
    async with bridge() as there:
        browser = there.browser()
        await there.send(browser)
        await there.send(browser, kind="replace", version=2, body="Ferries resume at noon")
        await there.send(browser, collapse="d" * 32)
        waiting = [(push.json["kind"], push.json["version"]) for push in browser.waiting.values()]
        assert waiting == [("replace", 2), ("alert", 1)]


async def test_shared_parts_are_made_once_and_no_salt_repeats() -> None:
    async with bridge() as there:
        browsers = [there.browser() for _ in range(3)]
        message = there.sender.prepare(note())
        for number in range(SALTS + 10):
            done = await there.sender.send(message, browsers[number % 3].subscription())
            assert done == ACCEPTED
        pushes = [push for browser in browsers for push in browser.got]
        assert len({push.salt for push in pushes}) == SALTS + 10
        assert len({push.sender_key for push in pushes}) == 1
        assert len(there.service.tokens) == 1
        await there.send(browsers[0])
        assert browsers[0].got[-1].sender_key != pushes[0].sender_key, "of another message"


def test_headers_are_prepared_once_for_an_origin_and_token_and_bounded() -> None:
    message = Message(note(), ec.generate_private_key(ec.SECP256R1()))
    token, newer = b"vapid t=a.b.c, k=d", b"vapid t=e.f.g, k=d"
    first = message.head("https://push.example", token)
    assert message.head("https://push.example", token) is first
    renewed = message.head("https://push.example", newer)
    assert newer in renewed.h1
    assert token not in renewed.h1
    for number in range(2 * ORIGINS_MAX):
        message.head(f"https://push-{number}.example", token)
    assert len(message.heads) <= ORIGINS_MAX


async def test_connections_are_used_again() -> None:
    async with bridge() as there:
        browser = there.browser()
        for _ in range(20):
            assert await there.send(browser) == ACCEPTED
        assert {push.connection for push in browser.got} == {0}


async def test_many_sends_at_once_arrive_once_each() -> None:
    async with bridge() as there:
        browsers = [there.browser() for _ in range(200)]
        message = there.sender.prepare(note())
        verdicts = await asyncio.gather(
            *(there.sender.send(message, one.subscription()) for one in browsers)
        )
        assert set(verdicts) == {ACCEPTED}
        assert [len(one.got) for one in browsers] == [1] * 200


async def test_over_http2_and_tls() -> None:
    clock = FakeClock(time.time())
    service = PushService(clock=clock)
    async with Peer(service.handle, tls=certificate()) as peer:
        service.origin = peer.origin
        sender = new(clock, tls=peer.client_tls)
        browser = service.subscribe(KEY.public)
        message = sender.prepare(note())
        sends = [sender.send(message, browser.subscription()) for _ in range(20)]
        assert set(await asyncio.gather(*sends)) == {ACCEPTED}
        assert len(browser.got) == 20
        assert service.unread == []
        await sender.aclose()


async def test_an_untrusted_certificate_is_refused() -> None:
    service = PushService()
    async with Peer(service.handle, tls=certificate()) as peer:
        service.origin = peer.origin
        sender = new(FakeClock(time.time()))
        browser = service.subscribe(KEY.public)
        verdict = await sender.send(sender.prepare(note()), browser.subscription())
        assert verdict.outcome is Outcome.RETRY
        assert (browser.asked, peer.requests) == (0, [])
        await sender.aclose()


ROWS = [
    # status, body, headers, outcome at a known service, at another, seconds to wait
    (201, b"", {}, Outcome.ACCEPTED, Outcome.ACCEPTED, None),
    (302, b"", {b"location": b"http://localhost/"}, Outcome.DROP, Outcome.DROP, None),
    (400, b"bad request", {}, Outcome.QUARANTINE, Outcome.DROP, None),
    (401, b"who are you", {}, Outcome.QUARANTINE, Outcome.DROP, None),
    (403, MISMATCH, {}, Outcome.QUARANTINE, Outcome.DROP, None),
    (403, b"invalid JWT provided", {}, Outcome.STOP, Outcome.DROP, None),
    (404, b"", {}, Outcome.PRUNE, Outcome.PRUNE, None),
    (410, b"", {}, Outcome.PRUNE, Outcome.PRUNE, None),
    (429, b"", {b"retry-after": b"7"}, Outcome.RETRY, Outcome.RETRY, 7.0),
    (429, b"", {}, Outcome.RETRY, Outcome.RETRY, 60.0),
    (500, b"oops", {}, Outcome.RETRY, Outcome.RETRY, None),
    (503, b"", {b"retry-after": b"120"}, Outcome.RETRY, Outcome.RETRY, 120.0),
]


@pytest.mark.parametrize("known", [True, False])
async def test_every_response_in_the_table_has_its_verdict(known: bool) -> None:
    async with bridge(known=known) as there:
        for status, body, headers, at_known, at_other, wait in ROWS:
            browser = there.browser()
            browser.answers.append(Answer(status, body, headers))
            verdict = await there.send(browser)
            expected = at_known if known else at_other
            assert (verdict.outcome, verdict.wait) == (expected, wait), status
            assert browser.asked == 1, "no redirect, no attempt of the sender's own"
            assert await there.send(browser) == ACCEPTED, "and none harms the next"


async def test_a_message_too_large_is_shortened_once() -> None:
    long = "Storm at the coast. " * 300
    async with bridge() as there:
        browser = there.browser()
        browser.answers.append(Answer(413))
        assert await there.send(browser, body=long) == ACCEPTED
        (push,) = browser.got
        assert browser.asked == 2
        assert len(push.text) <= SHORT_MAX
        assert push.size < SHORT_MAX + 200, "without padding"
        assert push.json["body"].endswith("…")

        browser.always = Answer(413, b"still too large")
        verdict = await there.send(browser, body=long)
        assert verdict == Verdict(Outcome.DROP, "413 still too large")
        assert browser.asked == 4


async def test_the_longest_note_fits() -> None:
    async with bridge() as there:
        browser = there.browser()
        assert await there.send(browser, body=ARABIC * 20, url="https://a.example/" + "x" * 900)
        (push,) = browser.got
        assert push.size == BODY_MAX
        assert push.json["body"].endswith("…")


@pytest.mark.parametrize("silent", [True, False])
async def test_a_lost_connection_and_a_time_out_are_retries(silent: bool) -> None:
    async with bridge(timeout=0.3) as there:
        browser = there.browser()
        browser.always = Answer(201, after=asyncio.Event()) if silent else Answer(0)
        verdict = await there.send(browser)
        assert (verdict.outcome, verdict.wait) == (Outcome.RETRY, None)
        assert verdict.reason
        assert browser.got == []


async def test_a_refused_connection_is_a_retry() -> None:
    async with bridge() as there:
        gone = there.browser()
    sender = new(FakeClock(time.time()))
    verdict = await sender.send(sender.prepare(note()), gone.subscription())
    assert verdict.outcome is Outcome.RETRY
    assert gone.asked == 0
    await sender.aclose()


@pytest.mark.parametrize("wrong", [-5 * 3_600, -3_600, 3_600, 11 * 3_600])
async def test_a_service_with_another_clock_accepts_the_token(wrong: int) -> None:
    async with bridge() as there:
        theirs = FakeClock(time.time())
        theirs.now += wrong
        there.service.clock = theirs
        assert await there.send(there.browser()) == ACCEPTED


async def test_a_clock_wrong_by_a_day_stops_the_provider_and_deletes_nothing() -> None:
    async with bridge() as there:
        theirs = FakeClock(time.time())
        theirs.now += 86_400
        there.service.clock = theirs
        verdict = await there.send(there.browser())
        assert verdict == Verdict(Outcome.STOP, "403 invalid JWT provided")


async def test_a_token_refused_by_one_service_of_several_stops_nothing() -> None:
    """It stops when the last one refuses it as well."""
    clock, strict = FakeClock(time.time()), FakeClock(time.time())
    strict.now += 86_400
    async with (
        listening(PushService(clock=clock)) as easy,
        listening(PushService(clock=strict)) as strange,
    ):
        sender = new(clock)
        one, other = easy.subscribe(KEY.public), strange.subscribe(KEY.public)
        message = sender.prepare(note())
        assert await sender.send(message, one.subscription()) == ACCEPTED
        verdict = await sender.send(message, other.subscription())
        assert verdict == Verdict(Outcome.RETRY, "403 invalid JWT provided")
        easy.clock = strict
        assert (await sender.send(message, one.subscription())).outcome is Outcome.STOP
        assert (await sender.send(message, other.subscription())).outcome is Outcome.STOP
        await sender.aclose()


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        ("mailto:desk@harbour.example", True),
        ("https://harbour.example/contact", True),
        ("mailto:localhost@harbour.example", True),
        ("https://localhost.harbour.example", True),
        (LOCAL_CONTACT, False),
        ("https://localhost", False),
        ("https://localhost:8000/", False),
        ("https://news.localhost", False),
        ("", False),
    ],
)
def test_usable_contacts(contact: str, expected: bool) -> None:
    assert is_contact(contact) is expected


@pytest.mark.parametrize(
    ("contact", "origin", "expected"),
    [
        (CONTACT, "https://web.push.apple.com", True),
        (LOCAL_CONTACT, "https://web.push.apple.com", False),
        (LOCAL_CONTACT, "https://fcm.googleapis.com", True),
        (CONTACT, "https://push.example", False),
    ],
)
def test_origins_whose_refusals_count(contact: str, origin: str, expected: bool) -> None:
    """Apple refuses `ticker up`'s placeholder: one Safari must not stop everybody's push."""
    assert WebPush(KEY, contact, HttpClient(timeout=1, allow=())).heeds(origin) is expected


async def test_another_key_quarantines_and_deletes_nothing() -> None:
    async with bridge(key=OTHER_KEY) as there:
        verdict = await there.send(there.browser(KEY))
        assert verdict.outcome is Outcome.QUARANTINE
        assert MISMATCH.decode() in verdict.reason


async def test_tokens_are_renewed_while_the_process_runs() -> None:
    async with bridge() as there:
        browser = there.browser()
        for _ in range(5):
            assert await there.send(browser) == ACCEPTED
            there.clock.now += 5 * 3_600
        assert len(there.service.tokens) == 3


async def test_an_invalid_key_is_pruned_without_a_request() -> None:
    async with bridge() as there:
        browser = there.browser()
        broken = replace(browser.subscription(), p256dh=b"\x04" + bytes(64))
        message = there.sender.prepare(note())
        verdict = await there.sender.send(message, broken)
        assert verdict == Verdict(Outcome.PRUNE, "p256dh is not a point of P-256", ours=True)
        assert browser.asked == 0


async def test_private_addresses_are_not_reached_and_nothing_is_deleted() -> None:
    async with bridge(allow=()) as there:
        browser = there.browser()
        verdict = await there.send(browser)
        assert verdict.outcome is Outcome.DROP
        assert "outbound_private_networks" in verdict.reason
        assert browser.asked == 0


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://",
        "https:///path",
        "https://user@push.example/x",
        "https://push.example:99999/x",
        "https://push.example?x",
        "ftp://push.example/x",
        "https://push.example/a b",
        "https://push.example/\r\nx: y",
        "https://push.example/ü",
        "",
    ],
)
async def test_an_invalid_endpoint_is_neither_a_request_nor_an_error(endpoint: str) -> None:
    sender = new(FakeClock(time.time()))
    key = ec.generate_private_key(ec.SECP256R1())
    browser = Browser(endpoint, KEY.public)
    browser.private = key
    subscription: Subscription = browser.subscription()
    verdict = await sender.send(sender.prepare(note()), subscription)
    assert verdict.outcome is Outcome.DROP
    await sender.aclose()


async def test_settings_make_a_sender(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "vapid.pem"
    public = vapid_keys.create(file).public
    fields: dict[str, Any] = {"vapid_key_file": file, "outbound_private_networks": HERE}
    named = Settings(**fields, public_url="https://harbour.example")
    async with listening(PushService()) as service:
        browser = service.subscribe(public)
        for settings in (named, Settings(**fields, push_contact=CONTACT)):
            sender = make(settings)
            done = await sender.send(sender.prepare(note()), browser.subscription())
            assert done == ACCEPTED
            await sender.aclose()
        assert not caplog.records
        sender = make(Settings(**fields, public_url="http://harbour.example"))
        assert "push_contact is not set" in caplog.text
        await sender.aclose()


async def test_an_unreadable_key_stops_with_the_reason(tmp_path: Path) -> None:
    """Not the process: what else it does goes on. With a key there it is another set-up."""
    settings = Settings(vapid_key_file=tmp_path / "vapid.pem")
    sender = make(settings)
    one = Browser("https://push.example/x", KEY.public).subscription()
    verdict = await sender.send(sender.prepare(note()), one)
    assert verdict.outcome is Outcome.STOP
    assert "vapid.pem cannot be read" in verdict.reason
    assert sender.origin(one) == "https://push.example"
    await sender.aclose()
    vapid_keys.create(tmp_path / "vapid.pem")
    other = make(settings)
    assert isinstance(other, WebPush)
    assert other.setup != sender.setup
    await other.aclose()


def test_the_setup_digest_depends_on_key_and_contact_and_reveals_nothing() -> None:
    pool = HttpClient(timeout=1, allow=())
    setups = {
        WebPush(key, contact, pool).setup for key in (KEY, OTHER_KEY) for contact in ("", CONTACT)
    }
    assert len(setups) == 4
    assert WebPush(KEY, CONTACT, pool).setup in setups


async def test_a_service_in_a_process_of_its_own() -> None:
    """As other tests use it: subscribed to, scripted and asked over HTTP."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.providers.webpush"), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    sender = new(FakeClock(time.time()))
    try:
        origin = (await process.stdout.readline()).decode().strip()
        async with httpx.AsyncClient(base_url=origin) as http:
            told = {"vapid": KEY.public, "count": 2}
            browsers = (await http.post("/_subscribe", json=told)).json()
            told = {"endpoint": browsers[0]["endpoint"], "status": 410}
            assert (await http.post("/_script", json=told)).status_code == 200
            message = sender.prepare(note())
            outcomes = []
            for browser in browsers:
                registration = {"subscription": browser, "edition": "en"}
                subscription, _ = read_browser(registration, Taxonomy(), 0, PushServices())
                outcomes.append((await sender.send(message, subscription)).outcome)
            assert outcomes == [Outcome.PRUNE, Outcome.ACCEPTED]
            got = (await http.post("/_got")).json()
        assert got[browsers[0]["endpoint"]] == []
        assert [push["body"] for push in got[browsers[1]["endpoint"]]] == [note().body]
    finally:
        await sender.aclose()
        process.kill()
        await process.wait()
