"""Which providers this newsroom has set up, and their senders."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ticker.config import Settings
from ticker.push.model.subscription import ProviderName
from workers.push import apns, fcm, webpush
from workers.push.context import AnySender

MAKERS: Mapping[ProviderName, Callable[[Settings], AnySender]] = {
    "webpush": webpush.make,
    "fcm": fcm.make,
    "apns": apns.make,
}


REHEARSED: Mapping[ProviderName, Callable[[Settings], AnySender]] = {
    "webpush": webpush.rehearse,
    "fcm": fcm.rehearse,
    "apns": apns.rehearse,
}
"""The same, with the network left out: for dry runs."""


def configured(settings: Settings) -> list[ProviderName]:
    """Return the providers that have credentials."""
    files = {
        "webpush": settings.vapid_key_file,
        "fcm": settings.fcm_credentials_file,
        "apns": settings.apns_key_file,
    }
    names: tuple[ProviderName, ...] = ("webpush", "fcm", "apns")
    return [name for name in names if files[name] is not None]


def make_senders(settings: Settings) -> dict[ProviderName, AnySender]:
    """Return a sender for each of them. Raises nothing: credentials that cannot be read stop the
    lane when the first message is to be sent, and say why.
    """
    return {name: MAKERS[name](settings) for name in configured(settings)}


def make_rehearsed(settings: Settings) -> dict[ProviderName, AnySender]:
    """Return a sender for each of them that reaches nobody, of the same credentials."""
    return {name: REHEARSED[name](settings) for name in configured(settings)}
