"""The payload for the service worker, and its headers."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from tests.support.notes import note
from ticker.domain.item import Level
from ticker.push.model.alert_decision import Kind
from ticker.push.model.encryption import PLAIN_MAX
from ticker.push.model.webpush import SHORT_MAX, headers, payload, short_payload, urgency

NOTE = note()


def test_the_payload_is_the_contract_with_the_service_worker() -> None:
    assert orjson.loads(payload(NOTE)) == {
        "v": 1,
        "kind": "alert",
        "id": NOTE.item,
        "version": 1,
        "edition": "en",
        "level": "urgent",
        "title": "The Harbour Post",
        "body": "Ferries between Lindholm and Saltreef resume",
        "lang": "en",
        "dir": "ltr",
        "url": f"https://harbour.example/item/{NOTE.item}",
        "tag": "c" * 32,
        "loud": True,
        "published_ms": 1_764_000_000_000,
    }


@pytest.mark.parametrize("text", ["Storm at the coast. " * 400, "عاصفة على الساحل " * 400])
def test_a_long_text_is_cut_to_the_size_of_a_record(text: str) -> None:
    long = replace(NOTE, body=text)
    for made, limit in ((payload(long), PLAIN_MAX), (short_payload(long), SHORT_MAX)):
        assert limit - 60 < len(made) <= limit
        sent = orjson.loads(made)
        assert sent["body"].endswith("…")
        assert text.startswith(sent["body"][:-1])
        assert sent["url"] == NOTE.url


def test_a_long_address_goes_before_the_text_does() -> None:
    long = replace(NOTE, url="https://news.example/" + "x" * 2_000)
    sent = orjson.loads(short_payload(long))
    assert sent["url"] == ""
    assert sent["body"] == NOTE.body
    assert orjson.loads(payload(long))["url"] == long.url


def test_headers_are_those_of_rfc_8030() -> None:
    assert headers(NOTE) == [
        (b"ttl", b"1800"),
        (b"urgency", b"high"),
        (b"topic", b"c" * 32),
        (b"content-encoding", b"aes128gcm"),
        (b"content-type", b"application/octet-stream"),
    ]


@pytest.mark.parametrize(
    ("kind", "level", "expected"),
    [
        ("alert", Level.flash, "high"),
        ("alert", Level.bulletin, "high"),
        ("alert", Level.urgent, "high"),
        ("alert", Level.ticker, "low"),
        ("replace", Level.flash, "normal"),
        ("replace", Level.ticker, "normal"),
        ("withdraw", Level.flash, "high"),
        ("withdraw", Level.ticker, "high"),
    ],
)
def test_urgency(kind: Kind, level: Level, expected: str) -> None:
    assert urgency(replace(NOTE, kind=kind, level=level)) == expected


def test_a_picture_is_in_the_payload_only_if_there_is_one() -> None:
    assert "image" not in orjson.loads(payload(NOTE))
    with_picture = replace(NOTE, image="https://img.example/a.jpg")
    assert orjson.loads(payload(with_picture))["image"] == "https://img.example/a.jpg"
