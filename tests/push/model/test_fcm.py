import orjson
import pytest

from tests.support.notes import ARABIC, note
from ticker.domain.item import Level
from ticker.push.model import fcm
from ticker.push.model.note import Note

NOW = 1_764_000_100


def sent(one: Note, **options: object) -> dict[str, object]:
    made = fcm.message(one, NOW, **options)  # type: ignore[arg-type]
    return orjson.loads(made.to("token-1"))["message"]  # type: ignore[no-any-return]


def test_the_token_is_put_between_two_pieces_that_are_made_once() -> None:
    made = fcm.message(note(), NOW)
    assert made.to("aaa").replace(b"aaa", b"bbb") == made.to("bbb")
    assert orjson.loads(made.to("aaa"))["message"]["token"] == "aaa"


def test_a_loud_alert() -> None:
    message = sent(note(level=Level.flash))
    assert message["notification"] == {
        "title": "The Harbour Post",
        "body": "Ferries between Lindholm and Saltreef resume",
    }
    assert message["android"] == {
        "priority": "HIGH",
        "ttl": "1800s",
        "collapse_key": "c" * 32,
        "notification": {
            "tag": "c" * 32,
            "channel_id": "flash",
            "notification_priority": "PRIORITY_MAX",
            "visibility": "PUBLIC",
            "default_sound": True,
            "default_vibrate_timings": True,
        },
    }
    assert message["apns"] == {
        "headers": {
            "apns-priority": "10",
            "apns-expiration": str(NOW + 1_800),
            "apns-collapse-id": "c" * 32,
        },
        "payload": {
            "aps": {
                "thread-id": "ferries",
                "mutable-content": 1,
                "interruption-level": "time-sensitive",
                "relevance-score": 1.0,
                "sound": "default",
            }
        },
    }
    assert message["webpush"] == {
        "headers": {"TTL": "1800", "Urgency": "high", "Topic": "c" * 32},
        "notification": {
            "tag": "c" * 32,
            "lang": "en",
            "dir": "ltr",
            "renotify": True,
            "silent": False,
        },
        "fcm_options": {"link": "https://harbour.example/item/01kb3q5v6w8x9y0z1a2b3c4d5e"},
    }


def test_data_are_strings_alone() -> None:
    data = sent(note(kind="replace", version=3))["data"]
    assert isinstance(data, dict)
    assert all(isinstance(value, str) for value in data.values())
    assert {key: data[key] for key in ("version", "kind", "level", "lang", "dir")} == {
        "version": "3",
        "kind": "replace",
        "level": "urgent",
        "lang": "en",
        "dir": "ltr",
    }


@pytest.mark.parametrize(("kind", "priority"), [("replace", "NORMAL"), ("withdraw", "HIGH")])
def test_a_replacement_is_silent_and_has_its_own_channel(kind: str, priority: str) -> None:
    message = sent(note(kind=kind, level=Level.flash))
    android, apns, webpush = message["android"], message["apns"], message["webpush"]
    assert isinstance(android, dict)
    assert isinstance(apns, dict)
    assert isinstance(webpush, dict)
    assert android["priority"] == priority
    assert android["notification"]["tag"] == "c" * 32
    assert android["notification"]["channel_id"] == fcm.QUIET
    assert android["notification"]["default_sound"] is False
    assert "sound" not in apns["payload"]["aps"]
    assert apns["payload"]["aps"]["interruption-level"] == "passive"
    assert webpush["notification"]["silent"] is True


def test_no_link_that_fcm_would_refuse() -> None:
    assert "fcm_options" not in orjson.dumps(sent(note(url="http://harbour.example/1"))).decode()


@pytest.mark.parametrize("limit", [fcm.MESSAGE_MAX, fcm.TOPIC_MAX])
def test_a_headline_of_280_arabic_characters_with_a_speaker(limit: int) -> None:
    body = f"{ARABIC[:200]}: {ARABIC}"
    made = fcm.message(note(body=body, language="ar", dir="rtl"), NOW, limit=limit)
    assert len(made.before + made.after) <= limit
    said = orjson.loads(made.to("t"))["message"]["notification"]["body"]
    assert said == body or (body.startswith(said[:-1]) and said.endswith("…"))


def test_an_address_that_leaves_no_room_goes_before_the_words() -> None:
    address = "https://harbour.example/" + "ä" * 2_000
    made = fcm.message(note(url=address), NOW)
    message = orjson.loads(made.to("t"))["message"]
    assert len(made.before + made.after) <= fcm.MESSAGE_MAX
    assert message["data"]["url"] == ""
    assert message["notification"]["body"] == note().body


def test_the_longest_fields_fit_into_a_topic_message() -> None:
    longest = note(
        title="ش" * 65,
        body=ARABIC * 2,
        thread="t" * 128,
        edition="e" * 64,
        language="en-Latn-001-x-harbours",
        url="https://harbour.example/" + "u" * 2_000,
    )
    made = fcm.message(longest, NOW, target="condition", limit=fcm.TOPIC_MAX)
    assert len(made.before + made.after) <= fcm.TOPIC_MAX


def test_validate_only_stands_beside_the_message() -> None:
    made = fcm.message(note(), NOW, validate_only=True)
    assert orjson.loads(made.to("t"))["validate_only"] is True


def test_topic_names_are_of_fcms_characters() -> None:
    assert fcm.topic("en", "arts-culture", Level.urgent) == "en.arts-culture.urgent"
    assert fcm.topic("en", None, Level.flash) == "en.all.flash"
    assert fcm.topic("en", "all", Level.flash) == "en.%61ll.flash"
    assert fcm.topic("ar", "رياضة", Level.ticker) == "ar.%D8%B1%D9%8A%D8%A7%D8%B6%D8%A9.ticker"
    assert fcm.topic("en", "a.b", Level.ticker) == "en.a%2Eb.ticker"


def test_a_condition_has_five_topics_at_most() -> None:
    assert fcm.conditions("en", ["a", "b", "a"], Level.urgent) == [
        "'en.all.urgent' in topics || 'en.a.urgent' in topics || 'en.b.urgent' in topics"
    ]
    many = fcm.conditions("en", [f"s{n}" for n in range(16)], Level.urgent)
    assert [condition.count(" in topics") for condition in many] == [5, 5, 5, 2]


def test_a_condition_needs_no_escape_in_json() -> None:
    condition = fcm.conditions("ar", ["رياضة"], Level.flash)[0]
    made = fcm.message(note(), NOW, target="condition")
    assert orjson.loads(made.to(condition))["message"]["condition"] == condition


def test_a_picture_is_in_the_notification_and_in_that_of_browsers() -> None:
    picture = "https://img.example/a.jpg"
    sent = orjson.loads(fcm.message(note(image=picture), NOW).to("t"))["message"]
    assert sent["notification"]["image"] == sent["webpush"]["notification"]["image"] == picture
    bare = orjson.loads(fcm.message(note(), NOW).to("t"))["message"]
    assert "image" not in bare["notification"]
    assert "image" not in bare["webpush"]["notification"]
