"""The table of special addresses."""

from __future__ import annotations

from ipaddress import ip_address

from ticker.net.special_addresses import SPECIAL_V4, SPECIAL_V6, embedded, is_public


def test_every_range_of_the_table_is_refused_from_its_first_to_its_last_address() -> None:
    ends = [(one[0], one[-1], name) for one, name in SPECIAL_V4]
    ends += [(one[0], one[-1], name) for one, name in SPECIAL_V6]  # type: ignore[misc]
    for first, last, name in ends:
        assert "RFC" in name
        assert not is_public(first)
        assert not is_public(last)


def test_an_ipv4_address_inside_an_ipv6_one() -> None:
    for text in ("::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "2002:a00:1::99"):
        assert embedded(ip_address(text)) == ip_address("10.0.0.1")
    for text in ("10.0.0.1", "2001:db8::10.0.0.1", "64:ff9b:1::10.0.0.1"):
        assert embedded(ip_address(text)) is None
