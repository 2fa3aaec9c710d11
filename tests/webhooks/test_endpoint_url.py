"""Addresses that an editor may give a webhook, and those that are refused."""

from __future__ import annotations

import ipaddress

import pytest

from ticker.webhooks.endpoint_url import unreachable

ALLOW = (ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("::1/128"))


@pytest.mark.parametrize(
    ("url", "allow", "fine"),
    [
        ("https://hooks.example/", (), True),
        ("https://hooks.example:8443/a?b=c", (), True),
        ("HTTPS://hooks.example/", (), True),
        ("https://93.184.216.34/", (), True),
        ("http://hooks.example/", (), False),
        ("http://hooks.example/", ALLOW, True),
        ("http://93.184.216.34/", ALLOW, False),
        ("http://10.1.2.3/", ALLOW, True),
        ("http://[::1]:8000/", ALLOW, True),
        ("https://10.1.2.3/", ALLOW, True),
        ("https://10.1.2.3/", (), False),
        ("https://127.0.0.1/", ALLOW, False),
        ("https://[::ffff:127.0.0.1]/", (), False),
        ("https://[64:ff9b::7f00:1]/", (), False),
        ("https://169.254.169.254/", (), False),
        ("https://0.0.0.0/", (), False),
        ("https://me@hooks.example/", (), False),
        ("https://me:secret@hooks.example/", (), False),
        ("https://hooks.example#here", (), False),
        ("https://hooks.example\\@127.0.0.1/", (), False),
        ("https://hooks.example/\u00e4", (), False),
        ("https://hooks.example/a\nb", (), False),
        ("https://hooks.example:0/", (), False),
        ("https://hooks.example:70000/", (), False),
        ("https://[::1/", (), False),
        ("https://", (), False),
        ("gopher://hooks.example/", (), False),
        ("file:///etc/passwd", (), False),
        ("//hooks.example/", (), False),
        ("https://hooks.example/" + "a" * 2_048, (), False),
    ],
)
def test_which_addresses_may_be_named(
    url: str, allow: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...], fine: bool
) -> None:
    assert (unreachable(url, allow) is None) is fine
