"""permessage-deflate: which offers are met and how, and which messages are compressed."""

from __future__ import annotations

import zlib

import pytest

from tests.support.in_memory import InMemoryNewsroom
from ticker.gateway.deflate import LARGEST, OFFER_MAX, SMALLEST, WINDOW_BITS, Deflater, accept
from ticker.gateway.framing import chained_framing, deflated_framing, encoder

BARE = "permessage-deflate; client_no_context_takeover"
ALONE = f"{BARE}; server_no_context_takeover"
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
        ("permessage-deflate; server_no_context_takeover; client_no_context_takeover", ALONE),
        # The first offer that can be met, in the client's order.
        ("x-webkit-deflate-frame, permessage-deflate", BARE),
        ("permessage-deflate; server_max_window_bits=9, permessage-deflate", BARE),
        (
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=13",
            f"{ALONE}; server_max_window_bits=12",
        ),
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
    data = Deflater().deflate(message)
    assert zlib.decompressobj(-WINDOW_BITS).decompress(data + b"\x00\x00\xff\xff") == message


@pytest.mark.parametrize(
    ("size", "compressed"),
    [(SMALLEST - 1, False), (SMALLEST, True), (LARGEST, True), (LARGEST + 1, False)],
)
def test_only_messages_are_compressed_for_which_it_pays(size: int, compressed: bool) -> None:
    framed = deflated_framing("item", b"x" * size, "c")
    assert framed[0] == (0xC1 if compressed else 0x81)
    assert (len(framed) < size) is compressed
    # Alone, without a context, it is the same.
    assert encoder(chained_framing)("item", b"x" * size, "c") == framed


def test_a_compressed_message_refers_to_the_one_before_it() -> None:
    news = InMemoryNewsroom()
    one, two = (news.publish(f"Headline {n}").message for n in range(2))
    alone, after = Deflater().deflate(two), Deflater(one).deflate(two)
    assert len(after) < 0.5 * len(alone) < 0.5 * len(two)
    context = zlib.decompressobj(-WINDOW_BITS)
    context.decompress(Deflater().deflate(one) + b"\x00\x00\xff\xff")
    assert context.decompress(after + b"\x00\x00\xff\xff") == two
