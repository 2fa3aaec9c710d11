from __future__ import annotations

from ipaddress import ip_network

import pytest

from ticker.net.ssrf_guard import permitted, reachable, refusal


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808"])
def test_public_addresses_are_permitted(address: str) -> None:
    assert permitted(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.0.0.8",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "localhost",
        "",
    ],
)
def test_private_special_and_disguised_addresses_are_not(address: str) -> None:
    assert not permitted(address)


def test_an_operator_may_allow_a_network_and_only_that() -> None:
    allow = [ip_network("10.1.0.0/16")]
    assert permitted("10.1.2.3", allow)
    assert permitted("::ffff:10.1.2.3", allow)
    assert not permitted("10.2.2.3", allow)
    assert not permitted("::1", allow)


OURS = (ip_network("10.1.0.0/16"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    "url",
    [
        "https://push.example.org/send/abc",
        "https://push.example.org:8443/send",
        "https://8.8.8.8/send",
        "https://[2001:4860:4860::8888]/send",
        "https://10.1.2.3/send",
        "http://10.1.2.3:8080/send",
        "http://[fd00::5]:8080/send",
    ],
)
def test_an_untrusted_url_may_name_public_and_allowed_addresses(url: str) -> None:
    assert refusal(url, OURS) is None


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://push.example.org/send", "https"),
        ("http://8.8.8.8/send", "https"),
        ("https://127.0.0.1/send", "private"),
        ("https://10.2.0.1/send", "private"),
        ("http://127.0.0.1/send", "private"),
        ("https://[::1]/send", "private"),
        ("https://127.1/send", "private"),
        ("https://0x7f000001/send", "private"),
        ("https://2130706433/send", "private"),
        ("https://0177.0.0.0x1/send", "private"),
        ("https://localhost/send", "private"),
        ("https://redis:6379/", "private"),
        ("https://redis./", "private"),
        ("https://push.example.org:99999/", "https"),
        ("https://[::1/send", "https"),
        ("https:///send", "https"),
        ("ftp://push.example.org/", "https"),
        ("", "https"),
    ],
)
def test_any_other_untrusted_url_is_refused(url: str, why: str) -> None:
    told = refusal(url, OURS)
    assert told is not None
    assert why in told


def test_without_encryption_only_into_the_networks_that_the_operator_named() -> None:
    allow = (ip_network("10.1.0.0/16"),)
    assert reachable("93.184.216.34", allow, secure=True)
    assert not reachable("93.184.216.34", allow, secure=False)
    assert reachable("10.1.0.5", allow, secure=False)
    assert not reachable("127.0.0.1", allow, secure=True)
