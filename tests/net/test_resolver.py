from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Iterable
from typing import Any

import pytest

from tests.net.calls import LOOPBACK
from tests.support.clock import FakeClock
from tests.support.providers.webpush import PushService, listening
from tests.support.waiting import simulated_delay
from ticker.net.client import HttpClient
from ticker.net.headers import Head
from ticker.net.reply import Forbidden, Unanswered
from ticker.net.resolver import ADDRESSES_MAX, KEPT, Addresses, Site, parse, split_url
from ticker.net.ssrf_guard import Network


@pytest.mark.parametrize(
    ("origin", "site"),
    [
        ("https://push.example.org", Site(True, "push.example.org", 443, b"push.example.org")),
        ("http://a", Site(False, "a", 80, b"a")),
        ("https://a:8443", Site(True, "a", 8443, b"a:8443")),
        ("HTTPS://Push.Example.org:443", Site(True, "push.example.org", 443, b"push.example.org")),
        ("http://[2001:DB8::1]:81", Site(False, "2001:db8::1", 81, b"[2001:db8::1]:81")),
        ("http://127.0.0.1:80", Site(False, "127.0.0.1", 80, b"127.0.0.1")),
    ],
)
def test_an_origin_has_parts(origin: str, site: Site) -> None:
    assert parse(origin) == site


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "push.example.org",
        "//push.example.org",
        "ftp://push.example.org",
        "https://",
        "https://push.example.org/",
        "https://push.example.org/path",
        "https://push.example.org?x",
        "https://user@push.example.org",
        "https://push.example.org:",
        "https://push.example.org:0",
        "https://push.example.org:65536",
        "https://push.example.org:8x",
        "https://push.example.org\r\nx: y",
        "https://push.example.org ",
        "https://púsh.example.org",
        "https://[::1",
        "https://" + "a" * 300,
    ],
)
def test_an_invalid_origin_is_forbidden(origin: str) -> None:
    with pytest.raises(Forbidden) as caught:
        parse(origin)
    assert not caught.value.sent


class Names:
    """A resolver that knows what it is told."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)
        self.asked = 0

    async def __call__(self, site: Site) -> list[str]:
        self.asked += 1
        if not self.addresses:
            raise Unanswered(f"{site.host} was not found", sent=False)
        return self.addresses


def of(
    host: str, allow: Iterable[Network] | None = (), names: Names | None = None
) -> tuple[Addresses, FakeClock]:
    clock = FakeClock()
    return Addresses(Site(True, host, 443, host.encode()), allow, clock, names), clock


async def found(host: str, allow: Iterable[Network] | None = ()) -> list[str]:
    """Return what the system's own resolver finds, as far as it is permitted."""
    return await of(host, allow)[0].find()


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "127.0.0.1", "127.1", "0x7f.1", "2130706433", "::1", "::ffff:127.0.0.1"),
        *("0.0.0.0", "10.0.0.1", "169.254.169.254", "192.168.1.1", "fd00::1", "fe80::1"),
        "224.0.0.1",
    ],
)
async def test_a_name_or_number_of_a_private_address_is_forbidden(host: str) -> None:
    with pytest.raises(Forbidden, match="not in outbound_private_networks"):
        await found(host)


async def test_a_public_address_is_permitted_and_a_private_one_where_it_is_allowed() -> None:
    assert await found("93.184.216.34") == ["93.184.216.34"]
    assert await found("10.1.2.3", [ipaddress.IPv4Network("10.0.0.0/8")]) == ["10.1.2.3"]
    assert "127.0.0.1" in await found("localhost", LOOPBACK)
    assert await found("10.1.2.3", None) == ["10.1.2.3"]


async def test_an_unknown_name_cannot_be_resolved() -> None:
    with pytest.raises(Unanswered) as caught:
        await found("nobody.invalid")
    assert not isinstance(caught.value, Forbidden)
    assert not caught.value.sent


async def test_an_impossible_name_is_forbidden() -> None:
    with pytest.raises(Forbidden):
        await found("a" * 70 + ".example")


async def test_addresses_are_kept_for_a_while() -> None:
    names = Names("93.184.216.34")
    addresses, clock = of("push.example.org", (), names)
    for _ in range(5):
        assert await addresses.find() == ["93.184.216.34"]
        clock.now += KEPT / 5
    assert names.asked == 1
    names.addresses = []
    with pytest.raises(Unanswered, match="not found"):
        await addresses.find()
    assert names.asked == 2


async def test_addresses_without_a_server_are_looked_up_again() -> None:
    names = Names("93.184.216.34")
    addresses, _ = of("push.example.org", (), names)
    await addresses.find()
    names.addresses = ["93.184.216.35"]
    addresses.forget()
    assert await addresses.find() == ["93.184.216.35"]


async def test_private_addresses_of_a_name_are_left_out() -> None:
    names = Names("10.0.0.1", "93.184.216.34", "::1")
    addresses, clock = of("push.example.org", (), names)
    assert await addresses.find() == ["93.184.216.34"]
    names.addresses = ["127.0.0.1"]  # as whoever owns the name may decide a minute later
    clock.now += KEPT
    with pytest.raises(Forbidden):
        await addresses.find()
    with pytest.raises(Forbidden):
        await addresses.find()
    assert names.asked == 2  # that it is forbidden is remembered as well


async def test_a_bounded_number_of_addresses_is_tried() -> None:
    names = Names(*(f"192.0.2.{n}" for n in range(20)))
    addresses, _ = of("push.example.org", None, names)
    assert await addresses.find() == names.addresses[:ADDRESSES_MAX]


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://a.example", ("https://a.example", b"/")),
        ("https://a.example/", ("https://a.example", b"/")),
        ("http://a.example:8080/x/y?z=1/2", ("http://a.example:8080", b"/x/y?z=1/2")),
        ("https://a.example?z=1", ("https://a.example", b"/?z=1")),
        ("https://[::1]:9/x", ("https://[::1]:9", b"/x")),
    ],
)
def test_a_url_is_an_origin_and_a_path(url: str, parts: tuple[str, bytes]) -> None:
    assert split_url(url) == parts


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "https:/x",
        "https://",
        "https:///x",
        "file:///etc/passwd",
        "https://ana:secret@a.example/",
        "https://a.example/#x",
        "https://a.example#x",
        "https://a.example:99999/",
        "https://a.example/\u00e9",
        "https://a.ex\u00e4mple/",
    ],
)
def test_a_url_that_cannot_be_requested_is_forbidden(url: str) -> None:
    with pytest.raises(Forbidden, match="not a"):
        split_url(url)


async def test_slow_look_ups_do_not_delay_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The loop's own few threads (uvloop: four) would be taken by names that never resolve."""
    real, released = socket.getaddrinfo, threading.Event()

    def slow(host: Any, *args: Any, **named: Any) -> Any:
        if str(host).endswith(".slow.example"):
            released.wait(20)
            raise OSError("no such name")
        return real(host, *args, **named)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    async with listening(PushService()) as service:
        client = HttpClient(timeout=2.0, allow=None)
        head = Head([(b"ttl", b"60")])
        untrusted = [
            asyncio.create_task(client.post(f"http://n{n}.slow.example", b"/x", head, (), b""))
            for n in range(100)
        ]
        await simulated_delay(0.05)  # they are all under way
        port = service.origin.rpartition(":")[2]
        try:
            reply = await client.post(f"http://localhost:{port}", b"/x", head, (), b"")
            status = reply.status
        except Unanswered as error:
            status = 0
            why = error.why
        else:
            why = ""
        released.set()
        await asyncio.gather(*untrusted, return_exceptions=True)
        await client.aclose()
    assert (status, why) == (404, "")
