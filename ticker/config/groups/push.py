"""Settings: push and webhooks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from ticker.config.fields import Record
from ticker.config.types import Origin, PushService
from ticker.config.values import Bounds
from ticker.domain.client_address import Network
from ticker.domain.shape import Shape

if TYPE_CHECKING:
    pass


PUSH_SERVICES = (
    *("fcm.googleapis.com", "jmt17.google.com", "updates.push.services.mozilla.com"),
    *("*.push.apple.com", "*.notify.windows.com"),
)
"""The services of Chrome (two), Firefox, Safari and Edge; the last two have several hosts."""


class PushSettings(Record):
    """Push and webhooks."""

    vapid_key_file: Path | None = None
    """The newsroom's Web Push key, made by `ticker push keys` or `ticker up`. Without it, Web Push
    is off."""
    push_contact: Annotated[
        str, Shape(r"((mailto:|https://)[^\s]+)?", "must begin with mailto: or https://")
    ] = ""
    """Address for push services, `mailto:` or `https:`; part of every Web Push request (RFC 8292
    §2.1). Default: `public_url` if it uses https; with `ticker up` otherwise
    `mailto:newsroom@localhost`."""
    push_services: tuple[PushService, ...] = PUSH_SERVICES
    """Web Push services that are trusted: hosts, `*.` and the end of a host, or origins such as
    `https://push.example:8443`. All others are unknown services: few browsers may register there,
    and what these services answer stops nothing."""
    push_unknown_max: Annotated[int, Bounds(ge=0)] = 5_000
    """Maximum number of browsers at unknown push services together. Further ones get 503."""
    push_unknown_host_max: Annotated[int, Bounds(ge=0)] = 100
    """Maximum number of browsers at one host that is an unknown push service. Further ones get
    503."""
    fcm_credentials_file: Path | None = None
    """A Google service account, or workload identity, that may send. Without it, FCM is off."""
    fcm_mode: Literal["tokens", "topics"] = "tokens"
    """Recipients of FCM messages: `tokens` (every registered device) or `topics` (FCM topics that
    apps subscribe to)."""
    fcm_url: Origin = "https://fcm.googleapis.com"
    """Address of FCM; change it for tests."""
    apns_key_file: Path | None = None
    """Apple's signing key (`.p8`). Without it, APNs is off."""
    apns_key_id: str = ""
    """Id of that key."""
    apns_team_id: str = ""
    """Id of the team that owns the key."""
    apns_topic: str = ""
    """The app's bundle id."""
    apns_url: Origin = "https://api.push.apple.com"
    """Address of APNs; `https://api.sandbox.push.apple.com` for development builds."""
    push_concurrency: Annotated[int, Bounds(ge=1, le=2_000)] = 200
    """Concurrent requests to one provider from one process."""
    push_timeout: Annotated[float, Bounds(gt=0, le=30)] = 5.0
    """Seconds to wait for one answer of a provider."""
    push_subscriptions_max: Annotated[int, Bounds(ge=1)] = 5_000_000
    """Maximum number of subscriptions of one provider. Further ones are refused with 503."""
    push_bytes_max: Annotated[int, Bounds(ge=1_000_000)] = 4_000_000_000
    """Bytes in Redis that the subscriptions of one provider may take, as Ticker estimates them.
    Further ones are refused with 503."""
    push_rate_webpush: Annotated[int, Bounds(ge=0, le=1_000_000)] = 10_000
    """Web Push messages a second, over all workers; 0 is no limit."""
    push_rate_fcm: Annotated[int, Bounds(ge=0, le=1_000_000)] = 9_000
    """FCM messages a second, over all workers; 0 is no limit. Google permits 600,000 a minute in a
    project that has not asked for more."""
    push_rate_apns: Annotated[int, Bounds(ge=0, le=1_000_000)] = 10_000
    """APNs messages a second, over all workers; 0 is no limit."""
    push_gone_share: Annotated[float, Bounds(gt=0, le=1)] = 0.2
    """Share of a provider's recent answers that may say that a device is gone. Above it, the
    answers are suspicious and no device is deleted."""
    push_gone_min: Annotated[int, Bounds(ge=1)] = 10
    """Number of such answers from which on the share counts."""
    outbound_private_networks: tuple[Network, ...] = ()
    """Private networks that push and webhooks may connect to, for example `10.1.0.0/16`."""
