"""Settings of servers and workers: ``TICKER_*`` variables over ``ticker.toml`` over defaults."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ticker.domain.taxonomy import (
    DEFAULT_EDITIONS,
    DEFAULT_REGIONS,
    DEFAULT_SECTIONS,
    Direction,
    Edition,
    Taxonomy,
)

Durability = Literal["local", "fsync", "replicated"]


def _ascii_host(url: str) -> str:
    """Return ``url`` with its host in ASCII (RFC 5890), because it is sent in headers."""
    if url.isascii():
        return url
    scheme, _, host = url.partition("://")
    name, colon, port = host.partition(":")
    return f"{scheme}://{name.encode('idna').decode()}{colon}{port}"


Name = Annotated[str, Field(pattern=r"^\w[\w.-]{0,63}$")]
"""The name of an edition, section or region: letters and digits of any script, ``.``, ``_`` and
``-``. Names are part of addresses, and filters separate them by commas."""
Origin = Annotated[str, Field(pattern=r"^https?://[^\s/?#]+$", max_length=255)]
"""Scheme and host of an http or https address, without a path."""


class EditionSettings(BaseModel):
    """One ``[editions.NAME]`` table of ``ticker.toml``."""

    model_config = ConfigDict(extra="forbid")

    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]
    """BCP 47 language tag; sent in headers."""
    dir: Direction = "ltr"
    label: str = ""


class Settings(BaseSettings):
    """Every server and worker setting. Durations are in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(
        env_prefix="TICKER_",
        toml_file="ticker.toml",
        extra="ignore",
        frozen=True,
        use_attribute_docstrings=True,
    )

    redis_url: str = "redis://127.0.0.1:6379/0"
    """Address of Redis or Valkey: `redis://`, `rediss://`, `unix://`, or
    `redis+sentinel://host:port,host:port/service/db`."""
    jobs_redis_url: str | None = None
    """Address of the server for arq's job queue, by default `redis_url`. Redis Cluster is not
    supported here."""
    namespace: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] = "ticker"
    """Prefix of every Redis key; a hash tag in Redis Cluster."""
    durability: Durability = "fsync"
    """What a 201 response guarantees: `local` (written), `fsync` (synced to disk, WAITAOF), or
    `replicated` (on `replicas` replicas, WAIT)."""
    replicas: Annotated[int, Field(ge=1, le=10)] = 1
    """Replicas that must confirm a write with `durability = "replicated"`."""
    durability_timeout: Annotated[float, Field(gt=0, le=30)] = 2.0
    """Seconds to wait for the guarantee before the request fails with 503."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    """Port to listen on; 0 takes a free one."""
    trusted_proxies: str = "127.0.0.1"
    """Addresses of proxies whose `X-Forwarded-For` is trusted, comma-separated; `*` trusts all."""
    allowed_origins: tuple[str, ...] = ("*",)
    """Origins whose pages may open a WebSocket or an event stream; `*` allows every site."""

    site_name: Annotated[str, Field(min_length=1, max_length=60)] = "Ticker"
    """Name of the newsroom on the site and in feeds."""
    public_url: Annotated[
        str, Field(pattern=r"^(https?://[^\s/?#]+)?$"), AfterValidator(_ascii_host)
    ] = ""
    """Public address of the newsroom, used for absolute links in feeds and pages. Empty: the host
    of each request."""
    websub_hubs: tuple[str, ...] = ()
    """WebSub hubs that feeds link to and that are notified of changes."""

    vapid_key_file: Path | None = None
    """Private key for Web Push, created by `ticker push keys`; unset turns Web Push off."""
    push_contact: Annotated[str, Field(pattern=r"^((mailto:|https://)[^\s]+)?$")] = ""
    """Contact address for operators of push services (RFC 8292 §2.1), by default `public_url` if
    that is https."""
    fcm_credentials_file: Path | None = None
    """Google service account or workload identity with permission to send; unset turns FCM off."""
    fcm_mode: Literal["tokens", "topics"] = "tokens"
    """Send FCM messages to registered devices (`tokens`), or to topics that apps subscribe to
    (`topics`)."""
    fcm_url: Origin = "https://fcm.googleapis.com"
    """Origin of the FCM API."""
    apns_key_file: Path | None = None
    """Apple's signing key (.p8); unset turns APNs off."""
    apns_key_id: str = ""
    """Id of the signing key."""
    apns_team_id: str = ""
    """Apple developer team id."""
    apns_topic: str = ""
    """Bundle id of the app."""
    apns_url: Origin = "https://api.push.apple.com"
    """Origin of the APNs API."""
    push_concurrency: Annotated[int, Field(ge=1, le=2_000)] = 200
    """Concurrent requests of one worker process to one provider."""
    push_timeout: Annotated[float, Field(gt=0, le=30)] = 5.0
    """Seconds to wait for a provider's response."""
    push_subscriptions_max: Annotated[int, Field(ge=1)] = 5_000_000
    """Subscriptions of one provider; further registrations are refused with 503."""
    push_services: tuple[Origin, ...] = ()
    """Origins of self-hosted push services, trusted like the browsers' own."""
    outbound_private_networks: tuple[IPvAnyNetwork, ...] = ()
    """Private networks that webhooks and Web Push may connect to, for example `10.1.0.0/16`."""

    client_heartbeat: Annotated[int, Field(ge=1, le=300)] = 25
    """Seconds between heartbeats to a client. Proxies usually close connections idle for 60."""
    lane_heartbeat: Annotated[float, Field(ge=0.1, le=60)] = 3.0
    """Seconds between heartbeats through the wire and the lane. A server that has not seen one for
    three intervals is not ready."""
    replay_window: Annotated[int, Field(ge=10, le=1_000_000)] = 10_000
    """Events that a server keeps in memory for replay; a client with an older cursor gets a
    snapshot."""
    lane_events_max: Annotated[int, Field(ge=10, le=10_000_000)] = 20_000
    """Events that Redis keeps in the lane. Live items are kept beyond that."""
    wire_events_max: Annotated[int, Field(ge=10, le=100_000_000)] = 200_000
    """Events that Redis keeps on the wire, which is the audit trail."""
    current_items_max: Annotated[int, Field(ge=1, le=100_000)] = 20_000
    """Items live at the same time; the oldest above this are expired."""
    item_ttl: Annotated[int, Field(ge=60)] = 3 * 86_400
    """Seconds until an item without an expiry of its own expires; pinned items stay."""
    archive_ttl: Annotated[int, Field(ge=60)] = 90 * 86_400
    """Seconds for which editors can read a retracted or expired item."""
    idempotency_ttl: Annotated[int, Field(ge=60)] = 7 * 86_400
    """Seconds for which an idempotency key is remembered; an import repeated within them publishes
    nothing twice."""
    duplicate_window: Annotated[int, Field(ge=0)] = 600
    """Seconds within which an identical item is refused as a duplicate; 0 turns the check off."""

    max_connections: Annotated[int, Field(ge=1)] = 50_000
    """Live connections of one process; further ones are refused with close code 4003 or 503."""
    max_message: Annotated[int, Field(ge=256, le=1_048_576)] = 8_192
    """Bytes of the largest message a client may send."""
    max_messages: Annotated[int, Field(ge=1, le=1_000)] = 20
    """Messages that a client may send in ten seconds."""
    max_body: Annotated[int, Field(ge=1_024)] = 65_536
    """Bytes of the largest request body."""
    max_import_body: Annotated[int, Field(ge=1_024)] = 8 * 1_048_576
    """Bytes of the largest import."""
    send_buffer: Annotated[int, Field(ge=4_096)] = 262_144
    """Bytes of a client's socket send buffer. A client whose buffer is full is paused and resumes
    later."""
    lag_limit: Annotated[float, Field(gt=0)] = 30.0
    """Seconds that a client may stay paused before it is closed with 4001."""
    handshake_timeout: Annotated[float, Field(gt=0)] = 10.0
    """Seconds that a connection may take to send a complete request."""
    ahead_wait: Annotated[float, Field(ge=0, le=30)] = 2.0
    """Seconds that a client with a cursor ahead of this process waits before it is reset."""
    drain_time: Annotated[float, Field(ge=0, le=300)] = 5.0
    """Seconds over which a stopping server closes its connections."""

    editions: dict[Name, EditionSettings] = Field(
        default_factory=lambda: {
            name: EditionSettings(language=e.language, dir=e.dir, label=e.label)
            for name, e in DEFAULT_EDITIONS.items()
        }
    )
    """Editions of the newsroom, each with language, text direction and label."""
    sections: tuple[Name, ...] = DEFAULT_SECTIONS
    """Sections that items may have."""
    regions: tuple[Name, ...] = DEFAULT_REGIONS
    """Regions that items may have."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Lowest level of log messages."""

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        if not self.editions:
            raise ValueError("editions must not be empty")
        if self.lane_events_max < self.replay_window:
            raise ValueError(
                "lane_events_max must be at least replay_window, or a restart shortens the replay"
            )
        return self

    @property
    def taxonomy(self) -> Taxonomy:
        """Return the newsroom's taxonomy."""
        return Taxonomy(
            {n: Edition(e.language, e.dir, e.label or n) for n, e in self.editions.items()},
            self.sections,
            self.regions,
        )

    @property
    def jobs_url(self) -> str:
        """Return the address of the server for arq's job queue."""
        return self.jobs_redis_url or self.redis_url

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: arguments, environment, ``ticker.toml``."""
        toml = os.environ.get("TICKER_CONFIG", "ticker.toml")
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, Path(toml))


def load() -> Settings:
    """Return this process's settings. Raises pydantic.ValidationError that names the field."""
    return Settings()
