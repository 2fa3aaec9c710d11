from __future__ import annotations

from ipaddress import ip_network

import pytest

from ticker.net.reply import Forbidden
from ticker.net.resolver import KEPT, Addresses, Site, parse
from ticker.net.ssrf_guard import permitted, reachable, refusal


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "1.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.3.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2001:4860:4860::8888",
        "2001:200::1",  # the first address behind the protocol assignments
        "2606:4700::1111",
        "2003::1",
        "3ffd:ffff::1",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ],
)
def test_public_addresses_are_permitted(address: str) -> None:
    assert permitted(address)


@pytest.mark.parametrize(
    "address",
    [
        # IPv4, first and last of each range
        *("0.0.0.0", "0.255.255.255"),
        *("10.0.0.0", "10.255.255.255"),
        *("100.64.0.0", "100.127.255.255"),
        *("127.0.0.1", "127.255.255.255"),
        *("169.254.0.0", "169.254.169.254", "169.254.255.255"),
        *("172.16.0.0", "172.31.255.255"),
        *("192.0.0.0", "192.0.0.8", "192.0.0.170", "192.0.0.255"),
        *("192.0.2.0", "192.0.2.255"),
        *("192.88.99.1", "192.168.0.0", "192.168.255.255"),
        *("198.18.0.0", "198.19.255.255"),
        *("198.51.100.0", "203.0.113.255"),
        *("224.0.0.1", "239.255.255.255", "233.252.0.1"),
        *("240.0.0.0", "255.255.255.255"),
        # IPv6
        *("::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:0:8.8.8.8", "0:0:0:1::"),
        *("100::1", "100:0:0:1::1", "1fff:ffff::1", "4000::1", "5f00::1"),
        *("2001::1", "2001:0:808:808::1", "2001:1::1", "2001:2::1", "2001:10::1", "2001:20::1"),
        *("2001:30::1", "2001:1ff:ffff::1", "2001:db8::1", "3ffe::1", "3fff::1", "3fff:fff::1"),
        *("fc00::1", "fd00::1", "fe80::1", "fe80::1%eth0", "fec0::1", "feff::1", "ff02::1"),
        # IPv6 that leads to a private IPv4 address
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0.0.0.0", "::ffff:169.254.169.254"),
        *("64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe"),
        *("64:ff9b:1::808:808", "64:ff9b:1:fffe::a00:1"),
        *("2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:101::1", "2002:a9fe:a9fe::"),
        # no addresses
        *("localhost", "", "127.1", "0x7f000001", "010.0.0.1", "1.2.3", "١.٢.٣.٤", "8.8.8.8/32"),
    ],
)
def test_private_special_and_disguised_addresses_are_not(address: str) -> None:
    assert not permitted(address)


@pytest.mark.parametrize("address", ["10.1.2.3", "fd00::5", "::ffff:10.1.2.3"])
async def test_a_name_is_judged_by_what_it_resolves_to_each_time(address: str) -> None:
    """The first answer is public, the next one is not: DNS rebinding."""
    answers = [["93.184.216.34"], [address]]

    async def look_up(site: Site) -> list[str]:
        return answers.pop(0)

    now = 0.0
    addresses = Addresses(parse("https://rebinding.example"), (), lambda: now, look_up)
    assert await addresses.find() == ["93.184.216.34"]
    now += KEPT
    with pytest.raises(Forbidden, match="not a public address"):
        await addresses.find()


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
        ("https://localhost./", "private"),
        ("https://127.0.0.1./", "private"),
        ("https://017700000001/", "private"),
        ("https://1.1/", "private"),
        ("https://\uff11\uff12\uff17.0.0.1/", "private"),  # full-width digits
        ("https://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/", "private"),  # digits in circles
        ("https://127\u30020\u30020\u30021/", "https"),  # ideographic full stops
        ("https://8.8.8.8@127.0.0.1/", "private"),
        ("https://push.example.org:443@127.0.0.1/", "https"),
        ("https://push.example.org\\@127.0.0.1/", "private"),
        ("https://push.example.org%2f@127.0.0.1/", "private"),
        ("https://127.0.0.1%00.example.org/", "https"),
        ("https://[::ffff:7f00:1]/", "private"),
        ("https://[64:ff9b::7f00:1]/", "private"),
        ("https:127.0.0.1/", "https"),
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
