"""permessage-deflate: which offers are met and how, and what readers who use it get."""

from __future__ import annotations

import zlib

import pytest

from tests.gateway.hub_harness import HubHarness
from tests.support.in_memory import InMemoryNewsroom
from ticker.gateway.deflate import LARGEST, OFFER_MAX, SMALLEST, accept, deflate
from ticker.gateway.framing import deflated_framing

BARE = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
NARROW = f"{BARE}; server_max_window_bits=12"
CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
    "Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/15.2 Safari/605.1.15"
)
IOS_CHROME = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) CriOS/131.0.0.0 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("offers", "answer"),
    [
        ("", ""),
        ("permessage-deflate", BARE),
        ("permessage-deflate; client_max_window_bits", BARE),
        ("permessage-deflate; client_max_window_bits=8", BARE),
        ("permessage-deflate; server_max_window_bits=12; client_max_window_bits=12", NARROW),
        ('permessage-deflate; server_max_window_bits="15"', NARROW),
        ("permessage-deflate; server_no_context_takeover; client_no_context_takeover", BARE),
        # The first offer that can be met, in the client's order.
        ("x-webkit-deflate-frame, permessage-deflate", BARE),
        ("permessage-deflate; server_max_window_bits=9, permessage-deflate", BARE),
        (
            "permessage-deflate; server_max_window_bits=14, permessage-deflate; "
            "server_no_context_takeover",
            NARROW,
        ),
        # What cannot be met, and what is malformed, is declined.
        ("permessage-deflate; server_max_window_bits=11", ""),
        ("permessage-deflate; server_max_window_bits", ""),
        ("permessage-deflate; server_max_window_bits=16", ""),
        ("permessage-deflate; server_max_window_bits=012", ""),
        ("permessage-deflate; server_max_window_bits=1e1", ""),
        ("permessage-deflate; client_max_window_bits=7", ""),
        ("permessage-deflate; client_max_window_bits=", ""),
        ("permessage-deflate; client_no_context_takeover=true", ""),
        ("permessage-deflate; server_no_context_takeover; server_no_context_takeover", ""),
        ("permessage-deflate; strategy=best", ""),
        ("permessage-deflate;", ""),
        (";", ""),
        ('permessage-deflate; server_max_window_bits="12', ""),
        ("Permessage-Deflate", ""),
        ("permessage-deflate-v2", ""),
        ("permessage-deflate" + "; client_max_window_bits" * OFFER_MAX, ""),
    ],
)
def test_an_offer_is_met_or_declined(offers: str, answer: str) -> None:
    assert accept(offers, FIREFOX) == answer


@pytest.mark.parametrize(
    ("agent", "accepted"),
    [
        ("", True),
        (CHROME, True),
        (FIREFOX, True),
        ("okhttp/4.12.0", True),
        (SAFARI, False),
        (IOS_CHROME, False),
        ("News/7 CFNetwork/1494.0.7 Darwin/23.4.0", False),
    ],
)
def test_clients_of_apples_network_library_get_none(agent: str, accepted: bool) -> None:
    assert bool(accept("permessage-deflate", agent)) is accepted


@pytest.mark.parametrize("size", [0, 1, SMALLEST, LARGEST])
def test_a_message_is_what_it_was(size: int) -> None:
    message = (b'{"headline":"\xd8\xb9\xd8\xa7\xd8\xac\xd9\x84"}' * LARGEST)[:size]
    assert zlib.decompress(deflate(message) + b"\x00\x00\xff\xff\x03\x00", -12) == message


@pytest.mark.parametrize(
    ("size", "compressed"),
    [(SMALLEST - 1, False), (SMALLEST, True), (LARGEST, True), (LARGEST + 1, False)],
)
def test_only_messages_are_compressed_for_which_it_pays(size: int, compressed: bool) -> None:
    framed = deflated_framing("item", b"x" * size, "c")
    assert framed[0] == (0xC1 if compressed else 0x81)
    assert (len(framed) < size) is compressed


def test_readers_with_and_without_compression_get_the_same() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    harness.hub.advance([news.publish(f"Before {n}") for n in range(30)])
    cursor = harness.hub.lane.cursor
    harness.hub.advance([news.publish(f"Missed {n}") for n in range(30)])
    for query in ("backlog=25", f"after={cursor}", "backlog=0", "sub.1=edition%3Den&backlog=3"):
        plain = harness.connect(query)
        deflated = harness.connect(query, framing=deflated_framing)
        harness.hub.advance([news.publish("One")])
        harness.hub.advance([news.publish(f"Many {n}") for n in range(3)])
        harness.pass_time(30)  # heartbeats
        got = plain.messages()
        assert got[-1]["type"] == "heartbeat"
        assert deflated.messages() == got
        assert (plain.compressed, deflated.compressed > 0) == (0, True)
        assert len(deflated.network.delivered) < 0.75 * len(plain.network.delivered)


def test_one_compression_serves_all_filters_and_readers() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    readers = [
        harness.connect(query, framing=deflated_framing)
        for query in ("backlog=0", "backlog=0&edition=en", "backlog=0")
    ]
    before = harness.hub.counters.encodes
    harness.hub.advance([news.publish("One for all")])
    assert harness.hub.counters.encodes == before + 1
    assert harness.hub.counters.saved_bytes > 0
    assert {len(reader.messages()) for reader in readers} == {2}


def test_a_slow_reader_gets_the_rest_after_what_its_transport_kept() -> None:
    harness, news = HubHarness(), InMemoryNewsroom()
    slow = harness.connect("backlog=0", high=500, framing=deflated_framing)
    quick = harness.connect("backlog=0", framing=deflated_framing)
    slow.network.blocked = True
    for n in range(40):
        harness.hub.advance([news.publish(f"Headline {n}")])
    slow.network.blocked = False
    slow.network.drain()
    harness.settle()
    harness.hub.advance([news.publish("Live again")])
    headlines = [m["item"]["headline"] for m in slow.messages() if m["type"] == "item"]
    assert headlines == [*(f"Headline {n}" for n in range(40)), "Live again"]
    assert [m for m in quick.messages() if m["type"] == "item"] == slow.seen[1:]
