"""Addresses of clients, and the groups to which their cost is charged."""

from __future__ import annotations

import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from ticker.domain.client_address import FORWARDED_MAX, AddressSet, groups, reported


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", 0),
        ("192.0.2.1", "::ffff:192.0.2.1", 1),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::9", 2),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", 1),
        ("2001:db8:0:1::1", "2001:db8:1:1::1", 0),
        ("", "192.0.2.1", 0),
        ("/run/socket", "/run/socket", 1),
    ],
)
def test_the_groups_that_two_clients_share(one: str, other: str, same: int) -> None:
    assert len(set(groups(one)) & set(groups(other))) == same


def test_a_set_of_addresses() -> None:
    some = AddressSet.parse("192.0.2.1, 10.0.0.0/8,2001:db8::/32,proxy")
    for client in ("192.0.2.1", "10.255.0.1", "2001:db8:ffff::1", "::ffff:10.0.0.1", "proxy"):
        assert client in some, client
    for client in ("192.0.2.2", "11.0.0.1", "2001:db9::1", "", "other"):
        assert client not in some, client
    assert "anything" in AddressSet.parse("192.0.2.1,*")
    assert "192.0.2.1" not in AddressSet.parse("")


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
    ],
)
async def test_the_client_behind_proxies_is_the_one_that_requests_have(
    peer: str, forwarded: str, client: str
) -> None:
    """The rate of connections and that of requests must mean the same client."""
    trusted = "10.0.0.0/8"
    assert reported(peer, forwarded, AddressSet.parse(trusted)) == client
    seen = []

    async def app(scope, receive, send):  # type: ignore[no-untyped-def]
        seen.append(scope["client"][0])

    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    scope = {"type": "http", "client": (peer, 1), "headers": headers, "scheme": "http"}
    await ProxyHeadersMiddleware(app, trusted)(scope, None, None)  # type: ignore[arg-type]
    assert seen == [client]


def test_a_port_is_no_part_of_an_address() -> None:
    everyone = AddressSet.parse("10.0.0.1")
    assert reported("10.0.0.1", "198.51.100.7:5050", everyone) == "198.51.100.7"
    assert reported("10.0.0.1", "[2001:db8::1]:5050", everyone) == "2001:db8::1"
    assert reported("10.0.0.1", " , ", everyone) == "10.0.0.1"


def test_of_a_list_without_end_the_end_counts() -> None:
    """Each entry is looked up: 30 KB of them took 11 ms."""
    proxies = AddressSet.parse("10.0.0.0/8")
    assert reported("10.0.0.1", "192.0.2.1" + ",10.0.0.2" * 3_000, proxies) == "10.0.0.2"
    assert reported("10.0.0.1", "192.0.2.1" + "," * FORWARDED_MAX, proxies) == "10.0.0.1"
    assert reported("10.0.0.1", "," * 30_000 + "192.0.2.1", proxies) == "192.0.2.1"
