"""The senders of the providers that this newsroom has configured."""

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
DRY_RUN_MAKERS: Mapping[ProviderName, Callable[[Settings], AnySender]] = {
    "webpush": webpush.make_dry_run,
    "fcm": fcm.make_dry_run,
    "apns": apns.make_dry_run,
}
"""The same, with a transport that connects to nothing."""


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
    """Return a sender for each configured provider.

    Raises nothing: unreadable credentials stop the provider when the first message is sent, with
    the reason.
    """
    return {name: MAKERS[name](settings) for name in configured(settings)}


def make_dry_run_senders(settings: Settings) -> dict[ProviderName, AnySender]:
    """Return a sender for each of them with the same credentials that reaches no device."""
    return {name: DRY_RUN_MAKERS[name](settings) for name in configured(settings)}
