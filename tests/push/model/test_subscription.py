"""A subscription as it is stored, and as it succeeds an earlier one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ticker.domain.item import Level
from ticker.push.model.subscription import (
    Interests,
    Subscription,
    from_base64url,
    subscription_id,
    to_base64url,
)

PHONE = Subscription("s1", "fcm", "token:1", "en", ("sports",), Level.flash, 5)


@pytest.mark.parametrize(
    "made",
    [
        PHONE,
        replace(PHONE, since_ms=1, changed_ms=3, before=Interests("ar", (), Level.urgent)),
        replace(
            PHONE, provider="webpush", p256dh=bytes(65), auth=bytes(16), unknown_host="push.example"
        ),
    ],
)
def test_a_subscription_is_read_as_it_was_stored(made: Subscription) -> None:
    assert Subscription.read(made.provider, made.id, made.record()) == made


def test_a_successor_keeps_since_when_it_gets_alerts() -> None:
    first = PHONE.succeeding(None, 100)
    assert first.interests_at(99) is None
    assert first.interests_at(100) == PHONE.interests
    again = replace(PHONE, registered_ms=200).succeeding(first, 200)
    assert (again.since_ms, again.changed_ms) == (100, 100)
    other = replace(PHONE, edition="es").succeeding(again, 300)
    assert other.interests_at(299) == PHONE.interests
    assert other.interests_at(300) == Interests("es", ("sports",), Level.flash)


def test_an_id_needs_no_escaping_and_depends_on_the_provider() -> None:
    ids = {subscription_id(provider, "token:1") for provider in ("fcm", "apns")}
    assert len(ids) == 2
    assert all(len(id) == 22 and to_base64url(from_base64url(id)) == id for id in ids)
