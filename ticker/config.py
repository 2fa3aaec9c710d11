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
    """Return ``url`` with its host as the DNS has it: it goes into headers (RFC 5890)."""
    if url.isascii():
        return url
    scheme, _, host = url.partition("://")
    name, colon, port = host.partition(":")
    return f"{scheme}://{name.encode('idna').decode()}{colon}{port}"


Name = Annotated[str, Field(pattern=r"^\w[\w.-]{0,63}$")]
"""Of an edition, section or region: letters and digits of any script, ``.``, ``_`` and ``-``. It is
part of addresses, and filters separate them by commas."""


class EditionSettings(BaseModel):
    """One ``[editions.NAME]`` table of ``ticker.toml``."""

    model_config = ConfigDict(extra="forbid")

    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]
    """BCP 47; it is sent in headers."""
    dir: Direction = "ltr"
    label: str = ""


class Settings(BaseSettings):
    """Everything an operator may set. Durations are in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(
        env_prefix="TICKER_", toml_file="ticker.toml", extra="ignore", frozen=True
    )

    redis_url: str = "redis://127.0.0.1:6379/0"
    """redis://, rediss://, unix://, or redis+sentinel://host:port,host:port/service/db."""
    jobs_redis_url: str | None = None
    """Where arq keeps its queue; the same server by default. Never a Redis Cluster."""
    namespace: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] = "ticker"
    """Prefix of every key, as a Redis Cluster hash tag."""
    durability: Durability = "fsync"
    """What a 201 promises: written, fsynced (WAITAOF), or on ``replicas`` replicas (WAIT)."""
    replicas: Annotated[int, Field(ge=1, le=10)] = 1
    durability_timeout: Annotated[float, Field(gt=0, le=30)] = 2.0

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    trusted_proxies: str = "127.0.0.1"
    """Whose X-Forwarded-For is believed; comma-separated addresses, or ``*``."""
    allowed_origins: tuple[str, ...] = ("*",)
    """Origins whose pages may open a WebSocket or an event stream; ``*`` is every site."""

    site_name: Annotated[str, Field(min_length=1, max_length=60)] = "Ticker"
    """What the site, its feeds and its pages call the newsroom."""
    public_url: Annotated[
        str, Field(pattern=r"^(https?://[^\s/?#]+)?$"), AfterValidator(_ascii_host)
    ] = ""
    """Where readers find this newsroom, for absolute addresses in feeds and pages; empty: as each
    request names it."""
    websub_hubs: tuple[str, ...] = ()
    """WebSub hubs that feeds name and that are told of news."""

    vapid_key_file: Path | None = None
    """The newsroom's Web Push key, as `ticker push keys` makes it; without one, no Web Push."""
    push_contact: Annotated[str, Field(pattern=r"^((mailto:|https://)[^\s]+)?$")] = ""
    """Whom push services write to when something is wrong (RFC 8292 §2.1); by default `public_url`
    where that is https."""
    fcm_credentials_file: Path | None = None
    """A Google service account, or workload identity, allowed to send; without one, no FCM."""
    fcm_mode: Literal["tokens", "topics"] = "tokens"
    """Whom FCM messages name: each registered device, or topics that apps subscribe to."""
    fcm_url: Annotated[str, Field(pattern=r"^https?://[^\s/?#]+$")] = "https://fcm.googleapis.com"
    apns_key_file: Path | None = None
    """Apple's signing key (.p8); without one, no APNs."""
    apns_key_id: str = ""
    apns_team_id: str = ""
    apns_topic: str = ""
    """The app's bundle id."""
    apns_url: Annotated[str, Field(pattern=r"^https?://[^\s/?#]+$")] = "https://api.push.apple.com"
    push_concurrency: Annotated[int, Field(ge=1, le=2_000)] = 200
    """Requests under way to one provider, a process."""
    push_timeout: Annotated[float, Field(gt=0, le=30)] = 5.0
    """How long a provider may take for one answer."""
    push_subscriptions_max: Annotated[int, Field(ge=1)] = 5_000_000
    """Subscriptions of one provider; further ones are refused (503)."""
    push_services: tuple[
        Annotated[str, Field(pattern=r"^https?://[^\s/?#]+$", max_length=255)], ...
    ] = ()
    """Origins of push services of your own, to be trusted like the browsers'."""
    outbound_allow: tuple[IPvAnyNetwork, ...] = ()
    """Private networks to which webhooks and push may go all the same, as 10.1.0.0/16."""

    heartbeat: Annotated[int, Field(ge=1, le=300)] = 25
    """Between heartbeats to a client. Proxies cut what is silent for 60."""
    beat: Annotated[float, Field(ge=0.1, le=60)] = 3.0
    """Between the newsroom's own heartbeats through the lane; readiness allows three to miss."""
    window: Annotated[int, Field(ge=10, le=1_000_000)] = 10_000
    """Events a gateway keeps for replay; older cursors get a snapshot."""
    lane_keep: Annotated[int, Field(ge=10, le=10_000_000)] = 20_000
    """Events that Redis keeps in the lane; what is still out is kept on the board besides."""
    wire_keep: Annotated[int, Field(ge=10, le=100_000_000)] = 200_000
    """Events that Redis keeps on the wire, the audit trail."""
    board_max: Annotated[int, Field(ge=1, le=100_000)] = 20_000
    """Items that are out at the same time; the sweep expires the oldest over this."""
    item_ttl: Annotated[int, Field(ge=60)] = 3 * 86_400
    """How long an item is out that names no expiry of its own; pinned ones stay."""
    archive_ttl: Annotated[int, Field(ge=60)] = 90 * 86_400
    """How long a retracted or expired item stays readable for the desk."""
    idempotency_ttl: Annotated[int, Field(ge=60)] = 7 * 86_400
    """How long a request's key is known; an import repeated within it publishes nothing."""
    duplicate_window: Annotated[int, Field(ge=0)] = 600
    """Within this time the same line again is refused as a duplicate; 0 switches it off."""

    max_connections: Annotated[int, Field(ge=1)] = 50_000
    """Live readers per process; one more is told to come back (4003 or 503)."""
    max_message: Annotated[int, Field(ge=256, le=1_048_576)] = 8_192
    """Largest message a client may send."""
    max_messages: Annotated[int, Field(ge=1, le=1_000)] = 20
    """Messages a client may send in ten seconds."""
    max_body: Annotated[int, Field(ge=1_024)] = 65_536
    max_import_body: Annotated[int, Field(ge=1_024)] = 8 * 1_048_576
    send_buffer: Annotated[int, Field(ge=4_096)] = 262_144
    """Of a client's socket. What it does not take pauses the client, which resumes later."""
    lag_limit: Annotated[float, Field(gt=0)] = 30.0
    """How long a client may stay paused before it is closed with 4001."""
    handshake_timeout: Annotated[float, Field(gt=0)] = 10.0
    """How long a connection may take to send a whole request."""
    ahead_wait: Annotated[float, Field(ge=0, le=30)] = 2.0
    """How long a cursor ahead of this process waits for the tail before a reset."""
    drain: Annotated[float, Field(ge=0, le=300)] = 5.0
    """Over how long a stopping server spreads its goodbyes."""

    editions: dict[Name, EditionSettings] = Field(
        default_factory=lambda: {
            name: EditionSettings(language=e.language, dir=e.dir, label=e.label)
            for name, e in DEFAULT_EDITIONS.items()
        }
    )
    sections: tuple[Name, ...] = DEFAULT_SECTIONS
    regions: tuple[Name, ...] = DEFAULT_REGIONS
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        if not self.editions:
            raise ValueError("editions: a newsroom needs at least one")
        if self.lane_keep < self.window:
            raise ValueError("lane_keep must be at least window, or restarts lose replay")
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
        """Return where arq's queue lives."""
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
    """Return the settings of this process. Raises pydantic.ValidationError that names the field."""
    return Settings()
