"""Registrations of browsers and apps: what is read of them, and which field is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from ticker.domain.errors import Invalid
from ticker.domain.item import Level
from ticker.domain.taxonomy import Taxonomy
from ticker.push.model.push_services import PushServices
from ticker.push.model.registration import read_browser, read_device
from ticker.push.model.subscription import subscription_id

ENDPOINT = "https://push.example.org/send/abc"
POINT = (
    "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKW" + "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"
)
KEYS = {"p256dh": POINT, "auth": "A" * 22}
BROWSER = {"subscription": {"endpoint": ENDPOINT, "expirationTime": None, "keys": KEYS}}
DEVICE = {"provider": "fcm", "token": "token:of_a-phone.1", "edition": "en"}


def test_a_browser_and_the_one_that_it_replaces() -> None:
    body = BROWSER | {"edition": "en", "sections": ["sports", "politics"], "replaces": "https://a"}
    found, replaced = read_browser(body, Taxonomy(), 5, PushServices())
    assert (found.provider, found.token, found.registered_ms) == ("webpush", ENDPOINT, 5)
    assert (found.sections, found.level) == (("politics", "sports"), Level.urgent)
    assert (len(found.p256dh), len(found.auth)) == (65, 16)
    assert found.unknown_host == "push.example.org"
    assert replaced == subscription_id("webpush", "https://a")
    known, _ = read_browser(body, Taxonomy(), 5, PushServices(["push.example.org"]))
    assert known.unknown_host == ""


def test_a_device_and_the_one_that_it_replaces() -> None:
    found, replaced = read_device(DEVICE | {"level": "flash"}, Taxonomy(), 5)
    assert (found.provider, found.token, found.level) == ("fcm", DEVICE["token"], Level.flash)
    assert replaced is None
    _, replaced = read_device(DEVICE | {"replaces": "token:of_a-phone.0"}, Taxonomy(), 5)
    assert replaced == subscription_id("fcm", "token:of_a-phone.0")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subscription": None}, "subscription"),
        ({"subscription": {"endpoint": ENDPOINT}}, "subscription.keys"),
        ({"subscription": {"keys": KEYS}}, "subscription.endpoint"),
        ({"subscription": {"endpoint": "push.example.org", "keys": KEYS}}, "subscription.endpoint"),
        (
            {"subscription": {"endpoint": ENDPOINT, "keys": KEYS | {"auth": "short"}}},
            "subscription.keys.auth",
        ),
        (
            {"subscription": {"endpoint": ENDPOINT, "keys": KEYS | {"p256dh": "A" * 87}}},
            "subscription.keys.p256dh",
        ),
        (
            {"subscription": {"endpoint": ENDPOINT, "keys": KEYS | {"p256dh": "B" + "A" * 86}}},
            "subscription.keys.p256dh",  # no point of the curve: nothing could be sent to it
        ),
        (
            {"subscription": {"endpoint": ENDPOINT, "keys": KEYS | {"more": "A"}}},
            "subscription.keys.more",
        ),
        ({"edition": "xx"}, "edition"),
        ({"sections": ["gardening"]}, "sections"),
        ({"level": "loud"}, "level"),
        ({"replaces": 5}, "replaces"),
        ({"user": "somebody"}, "user"),
    ],
)
def test_a_wrong_field_of_a_browser_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as raised:
        read_browser(BROWSER | {"edition": "en"} | change, Taxonomy(), 5, PushServices())
    assert [error.field for error in raised.value.errors] == [field]
