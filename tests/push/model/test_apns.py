import orjson
import pytest

from tests.support.notes import ARABIC, note
from ticker.domain.item import Level
from ticker.push.model import apns

NOW = 1_764_000_100
TOPIC = "org.example.newsroom"


def test_a_loud_alert() -> None:
    push = apns.push(note(), NOW, topic=TOPIC)
    assert push.headers == {
        "apns-topic": TOPIC,
        "apns-push-type": "alert",
        "apns-priority": "10",
        "apns-expiration": str(NOW + 1_800),
        "apns-collapse-id": "c" * 32,
    }
    assert orjson.loads(push.payload) == {
        "aps": {
            "alert": {
                "title": "The Harbour Post",
                "body": "Ferries between Lindholm and Saltreef resume",
            },
            "thread-id": "ferries",
            "mutable-content": 1,
            "interruption-level": "active",
            "relevance-score": 0.5,
            "sound": "default",
        },
        "id": "01kb3q5v6w8x9y0z1a2b3c4d5e",
        "version": 1,
        "kind": "alert",
        "level": "urgent",
        "edition": "en",
        "lang": "en",
        "dir": "ltr",
        "collapse": "c" * 32,
        "published_ms": 1_764_000_000_000,
        "url": "https://harbour.example/item/01kb3q5v6w8x9y0z1a2b3c4d5e",
    }


@pytest.mark.parametrize(
    ("level", "kind", "interruption", "priority"),
    [
        (Level.flash, "alert", "time-sensitive", "10"),
        (Level.bulletin, "alert", "time-sensitive", "10"),
        (Level.urgent, "alert", "active", "10"),
        (Level.ticker, "alert", "passive", "5"),
        (Level.flash, "replace", "passive", "5"),
        (Level.flash, "withdraw", "passive", "10"),
    ],
)
def test_how_far_it_interrupts(level: Level, kind: str, interruption: str, priority: str) -> None:
    push = apns.push(note(level=level, kind=kind), NOW, topic=TOPIC)
    aps = orjson.loads(push.payload)["aps"]
    assert aps["interruption-level"] == interruption
    assert ("sound" in aps) == (interruption != "passive")
    assert push.headers["apns-priority"] == priority


@pytest.mark.parametrize("limit", [apns.PAYLOAD_MAX, apns.PAYLOAD_MAX // 2])
@pytest.mark.parametrize("url", ["https://harbour.example/1", "https://h.example/" + "é" * 2_000])
def test_a_headline_of_280_arabic_characters_with_a_speaker(limit: int, url: str) -> None:
    body = f"{ARABIC}: {ARABIC}"
    push = apns.push(note(body=body, url=url, dir="rtl"), NOW, topic=TOPIC, limit=limit)
    assert len(push.payload) <= limit
    said = orjson.loads(push.payload)["aps"]["alert"]["body"]
    assert said == body or (body.startswith(said[:-1]) and said.endswith("…"))


def test_a_payload_that_cannot_fit_is_sent_anyway() -> None:
    push = apns.push(note(body=ARABIC, thread="t" * 900), NOW, topic=TOPIC, limit=800)
    payload = orjson.loads(push.payload)
    assert payload["aps"]["thread-id"] == "t" * 900
    assert len(payload["aps"]["alert"]["body"].encode()) <= 120


def test_a_picture_is_for_the_apps_service_extension() -> None:
    push = apns.push(note(image="https://img.example/a.jpg"), NOW, topic=TOPIC)
    payload = orjson.loads(push.payload)
    assert payload["media"] == "https://img.example/a.jpg"
    assert payload["aps"]["mutable-content"] == 1
    assert "media" not in orjson.loads(apns.push(note(), NOW, topic=TOPIC).payload)
