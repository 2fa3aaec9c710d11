"""The settings of servers and workers: their types, bounds and defaults."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from ticker.config.fields import Record
from ticker.config.values import Bounds, Check, Length
from ticker.domain.client_address import AddressSet, Network
from ticker.domain.item_limits import LevelName
from ticker.domain.shape import Shape
from ticker.domain.taxonomy import (
    DEFAULT_EDITIONS,
    DEFAULT_REGIONS,
    DEFAULT_SECTIONS,
    LANGUAGE_TAG,
    NO_LANGUAGE_TAG,
    Direction,
    Edition,
    Taxonomy,
)

if TYPE_CHECKING:
    from ticker.domain.budgets import BudgetRates, Budgets
    from ticker.domain.usage_table import UsageTable
    from ticker.telemetry.endpoint import Address

PUSH_SERVICES = (
    *("fcm.googleapis.com", "jmt17.google.com", "updates.push.services.mozilla.com"),
    *("*.push.apple.com", "*.notify.windows.com"),
)
"""The services of Chrome (two), Firefox, Safari and Edge; the last two have several hosts."""

Durability = Literal["local", "fsync", "replicated"]


def _ascii_host(url: str) -> str:
    """Return ``url`` with its host in ASCII (RFC 5890), because it is sent in headers."""
    if not url:
        return url
    _address(url)
    if url.isascii():
        return url
    scheme, _, host = url.partition("://")
    name, colon, port = host.partition(":")
    return f"{scheme}://{name.encode('idna').decode()}{colon}{port}"


Name = Annotated[
    str,
    Shape(r"\w[\w.-]{0,63}", "must be 1 to 64 letters, digits, '.', '_' or '-'"),
]
"""The name of an edition, section or region: letters and digits of any script, ``.``, ``_`` and
``-``. Names are part of addresses, and filters separate them by commas."""


def _visible(text: str) -> str:
    from ticker.domain.text import visible

    if not visible(text):
        raise ValueError("must have at least one visible character")
    return text


def _address(url: str) -> str:
    from ticker.domain import web_address

    web_address.parse(url)
    return url


Origin = Annotated[
    str,
    Length(255),
    Shape(r"https?://[^\s/?#]+", "must be an http or https address without a path"),
    Check(_address),
]
"""Scheme and host of an http or https address, without a path."""
PushService = Annotated[
    str,
    Length(255),
    Shape(r"(https?://|\*\.)?[^\s/?#*]+", "must be a host, '*.' and a host, or an origin"),
]
"""A host, ``*.`` and the end of a host, or an origin."""


class EditionSettings(Record):
    """One ``[editions.NAME]`` table of ``ticker.toml``."""

    language: Annotated[str, Shape(LANGUAGE_TAG, NO_LANGUAGE_TAG)]
    """BCP 47 language tag; sent in headers."""
    dir: Direction = "ltr"
    label: str = ""


class Settings(Record):
    """Every server and worker setting. Durations are in seconds, sizes in bytes.

    docs/reference/settings.md is made from the docstrings and from the comments that name their
    groups (``./scripts/docs --write``).
    """

    # Store:

    redis_url: str = "redis://127.0.0.1:6379/0"
    """Address of Redis or Valkey: `redis://`, `rediss://` (TLS), `unix://`,
    `redis+sentinel://host:port,host:port/service/db` or `redis+cluster://host:port,host:port`
    (`rediss+sentinel://` and `rediss+cluster://`: TLS also to the sentinels and to all nodes). A
    user goes before the host: `redis://USER@host:6379/0`."""
    redis_password_file: Path | None = None
    """File with the password for `redis_url`. It is read for every new connection, so a changed
    password needs no restart."""
    redis_ca_file: Path | None = None
    """PEM file with the certificate authorities that the TLS connections to Redis and to its
    sentinels trust. Default: those of the system."""
    redis_cert_file: Path | None = None
    """PEM file with the client certificate for these connections. Requires `redis_key_file`."""
    redis_key_file: Path | None = None
    """PEM file with the key of the client certificate."""
    redis_check_hostname: bool = True
    """Whether the certificate of a TLS connection must name the host that was asked for. With
    sentinels, this is the address that they announce."""
    sentinel_user: str = ""
    """User with which to log in to the sentinels, if they have users."""
    sentinel_password_file: Path | None = None
    """File with the password for the sentinels. Without it, Ticker does not log in to them."""
    jobs_redis_url: str | None = None
    """Address of the store for arq's queue. Default: `redis_url`. It cannot be a Redis Cluster."""
    jobs_redis_password_file: Path | None = None
    """File with the password for `jobs_redis_url`."""
    gateway_redis_url: str | None = None
    """Address of the store for gateways, for example with a user that may read the lane alone.
    Default: `redis_url`."""
    gateway_redis_password_file: Path | None = None
    """File with the password for `gateway_redis_url`."""
    read_redis_url: str | None = None
    """Address of a replica on which gateways follow the lane, or of sentinels that name replicas.
    While it is away or lags, they follow the lane on the primary. Default: the primary."""
    read_redis_password_file: Path | None = None
    """File with the password for `read_redis_url`."""
    namespace: Annotated[
        str,
        Shape(r"[A-Za-z0-9_.-]{1,64}", "must be 1 to 64 letters (A to Z), digits, '.', '_' or '-'"),
    ] = "ticker"
    """Prefix of every key, as a cluster hash tag: `{ticker}:wire`."""
    durability: Durability = "fsync"
    """The guarantee behind a 201: `local` (written), `fsync` (synced to disk with WAITAOF), or
    `replicated` (on `replicas` replicas, with WAIT)."""
    replicas: Annotated[int, Bounds(ge=1, le=10)] = 1
    """Number of replicas for `replicated`."""
    durability_timeout: Annotated[float, Bounds(gt=0, le=30)] = 2.0
    """Seconds to wait for the guarantee. After that the editor gets 503 and can repeat the request
    with the same idempotency key."""

    # Retention:

    item_ttl: Annotated[int, Bounds(ge=60)] = 3 * 86_400
    """Seconds until an item without an expiry of its own expires. Pinned items do not expire."""
    current_items_max: Annotated[int, Bounds(ge=1, le=100_000)] = 20_000
    """Maximum number of current items. Above it, the oldest expire."""
    replay_window: Annotated[int, Bounds(ge=10, le=1_000_000)] = 10_000
    """Events that a server keeps for replay. A reader with an older cursor gets a snapshot."""
    lane_events_max: Annotated[int, Bounds(ge=10, le=10_000_000)] = 20_000
    """Events that Redis keeps in the lane, at least `replay_window`. Current items are kept beside
    it."""
    wire_events_max: Annotated[int, Bounds(ge=10, le=100_000_000)] = 200_000
    """Events that Redis keeps on the wire: with them, the history of items."""
    archive_ttl: Annotated[int, Bounds(ge=60)] = 90 * 86_400
    """Seconds for which editors can read a retracted or expired item, and for which an entry is
    recognised that was imported and then not seen any more."""
    archive_url: Annotated[
        str,
        Shape(
            r"(sqlite:[^\x00-\x1f\x7f]+|postgres(ql)?://[^\s]+)?",
            "must be sqlite:PATH or postgresql://USER@HOST/DATABASE",
        ),
    ] = ""
    """Where the archive is, which has every item that was ever live: `sqlite:PATH` for one machine,
    `postgresql://USER@HOST/DATABASE` for several. Without it there is no search and no archive;
    `ticker up` keeps one in its data directory."""
    archive_password_file: Path | None = None
    """File with the password for `archive_url`. It is read for every new connection."""
    media_url: Annotated[
        str,
        Shape(
            r"(file:[^\x00-\x1f\x7f]+|s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]*)?)?",
            "must be file:PATH or s3://BUCKET/PREFIX",
        ),
    ] = ""
    """Where pictures are stored that editors upload: `file:PATH`, a directory that all web
    processes share, or `s3://BUCKET/PREFIX` (`pip install 'ticker[s3]'`). Without it, items can
    only name pictures by their addresses; `ticker up` keeps a directory in its data directory."""
    media_endpoint: Origin | None = None
    """Address of an S3-compatible server, for example `https://minio.example`. Default:
    Amazon's."""
    media_region: Annotated[
        str, Shape(r"[a-z0-9-]{1,32}", "must be a region, such as eu-west-1")
    ] = "us-east-1"
    """Region of the bucket."""
    media_credentials_file: Path | None = None
    """File with the key of the bucket, in the form of AWS' credentials file (`aws_access_key_id`
    and `aws_secret_access_key`). Default: the usual variables `AWS_…`, or the machine's role."""
    media_public_url: Annotated[
        str,
        Shape(r"(https?://[^\s?#]+[^\s?#/])?", "must be an http or https address"),
    ] = ""
    """Public address of the stored pictures, of a CDN or a public bucket for example. Default:
    `/media` at `public_url`."""
    media_bytes_max: Annotated[int, Bounds(ge=1_048_576)] = 20_000_000_000
    """Bytes that all stored pictures may have. Further ones are refused with 507."""
    media_unused_ttl: Annotated[int, Bounds(ge=60)] = 86_400
    """Seconds after which a picture is deleted that no item has named."""
    idempotency_ttl: Annotated[int, Bounds(ge=60)] = 7 * 86_400
    """Seconds for which an `Idempotency-Key` is known."""
    duplicate_window: Annotated[int, Bounds(ge=0)] = 600
    """Seconds for which an identical item is refused as a duplicate; 0 switches the check off."""
    undo_window: Annotated[float, Bounds(ge=0, le=10)] = 0.0
    """Seconds for which a published item waits before it goes out, so that its editor can take it
    back; 0 sends it at once. `--undo-window` has another one for one item."""

    audit_days: Annotated[int, Bounds(ge=1, le=3_650)] = 90
    """Days for which the audit is kept: who did what, and when."""
    audit_entries_max: Annotated[int, Bounds(ge=1_000)] = 100_000
    """Entries of the audit that Redis keeps, however old they are: about 500 bytes each, and the
    texts of items beside them."""
    audit_retracted: Literal["text", "hash"] = "hash"
    """What the audit keeps of the texts of an item after its retraction: the texts, or only their
    SHA-256."""

    two_person_levels: tuple[LevelName, ...] = ()
    """Levels that a second editor has to approve before they go out, as a JSON list, for example
    `["bulletin", "flash"]`. Until then such an item is a draft. Empty at first, because a newsroom
    with one key could then send no flash."""
    second_person_after: Annotated[int, Bounds(ge=0, le=30 * 86_400)] = 86_400
    """Seconds for which somebody cannot be the second person after another editor has made their
    account or key, given them a new password or further rights, or switched their one-time codes
    off. 0 switches this off."""

    # Server:

    host: str = "127.0.0.1"
    """Address on which `ticker serve` listens."""
    port: Annotated[int, Bounds(ge=0, le=65_535)] = 8000
    """Port on which `ticker serve` listens."""
    trusted_proxies: str = "127.0.0.1"
    """Proxies whose `X-Forwarded-For` is accepted: addresses separated by commas, or `*`."""
    allowed_origins: tuple[str, ...] = ("*",)
    """Origins whose pages may open a WebSocket or an event stream; `*` allows every site."""
    site_name: Annotated[str, Length(60, 1), Check(_visible)] = "Ticker"
    """Name of the newsroom on the site and in feeds."""
    public_url: Annotated[
        str,
        Shape(r"(https?://[^\s/?#]+)?", "must be an http or https address without a path"),
        Check(_ascii_host),
    ] = ""
    """Public address of the newsroom for absolute links in feeds and pages, for example
    `https://news.example`. Default: the address of each request."""
    websub_hubs: tuple[Annotated[str, Check(_address)], ...] = ()
    """WebSub hubs that the feeds name and the workers notify, at most 8. Requires `public_url`."""
    websocket_compression: bool = True
    """Whether a WebSocket client that offers permessage-deflate gets long messages compressed, each
    once for all of them. Turn it off if clients or a proxy in front fail at it."""
    client_heartbeat: Annotated[int, Bounds(ge=1, le=300)] = 25
    """Seconds between heartbeats to a reader. Proxies close connections that are silent for 60."""
    lane_heartbeat: Annotated[float, Bounds(ge=0.1, le=60)] = 3.0
    """Seconds between the newsroom's own heartbeats through the lane. After three missed heartbeats
    a server is not ready."""
    drain_time: Annotated[float, Bounds(ge=0, le=300)] = 5.0
    """The longest time, in seconds, over which a stopping server closes its readers' connections.
    Few readers take less: 2,000 come back in a second."""

    # Monitoring:

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The lowest level that is logged."""
    log_format: Literal["console", "json"] | None = None
    """`console` (a line for people) or `json` (an object a line). Default: console on a terminal,
    otherwise JSON; `ticker up` prints for people unless this says `json`."""

    otlp_url: (
        Annotated[str, Shape(r"https?://[^\s]+", "must be an http or https address")] | None
    ) = None
    """Address of an OTLP receiver (HTTP) for traces, for example `http://127.0.0.1:4318`; needs
    `pip install 'ticker[otel]'`. Default: no traces."""
    metrics_port: Annotated[int | None, Bounds(ge=0, le=65_535)] = None
    """Port for `GET /metrics` (Prometheus), apart from the readers' port; 0 takes a free one. With
    several server processes, the one address answers for all. Default: no metrics; `ticker up`
    takes a free port and prints it."""
    metrics_host: str = "127.0.0.1"
    """Address on which metrics are served. Keep it private: metrics are not for readers."""
    metrics_socket: Path | None = None
    """Unix socket for metrics instead of a port. A supervisor sets it for each process."""

    # Push and webhooks:

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

    # Limits:

    max_connections: Annotated[int, Bounds(ge=1)] = 50_000
    """Live readers of one process. Further ones are told to reconnect later (4003 or 503)."""
    audience_public: bool = False
    """Whether readers may ask how many readers there are (`GET /v1/audience`): rounded down to two
    digits, without counts below ten. Editors always may, and get exact counts."""
    favicon_badge: bool = True
    """Whether a tab of the site has a dot on its icon while an alert has arrived unread in it."""
    max_subscribes: Annotated[float, Bounds(gt=0, le=100)] = 1.0
    """Times in a second that a WebSocket client may change its subscription, after a burst of five.
    A change beyond that waits; of several that wait, the last one counts."""
    send_buffer: Annotated[int, Bounds(ge=4_096)] = 262_144
    """Bytes of a reader's socket buffer in the kernel. A reader that does not accept more is paused
    and resumes from the window."""
    lag_limit: Annotated[float, Bounds(gt=0)] = 30.0
    """Seconds for which a reader may stay paused. Then it is closed with 4001 and reconnects."""
    ahead_wait: Annotated[float, Bounds(ge=0, le=30)] = 2.0
    """Seconds for which a cursor that is ahead of this server waits for the tail before a reset."""
    handshake_timeout: Annotated[float, Bounds(gt=0)] = 10.0
    """Seconds within which a whole request must arrive; then 408."""
    max_message: Annotated[int, Bounds(ge=256, le=1_048_576)] = 8_192
    """Bytes of the largest message that a WebSocket client may send (4413)."""
    max_messages: Annotated[int, Bounds(ge=1, le=1_000)] = 20
    """Messages that a WebSocket client may send in ten seconds (4429)."""
    max_body: Annotated[int, Bounds(ge=1_024)] = 65_536
    """Bytes of the largest request body (413)."""
    max_import_body: Annotated[int, Bounds(ge=1_024)] = 8 * 1_048_576
    """Bytes of the largest import (413)."""
    max_media_body: Annotated[int, Bounds(ge=1_024, le=200_000_000)] = 24 * 1_048_576
    """Bytes of the largest picture that may be uploaded (413)."""

    # Limits by address, for all processes that one `ticker serve` or `ticker up` runs:

    unlimited_networks: tuple[Network, ...] = (
        IPv4Network("127.0.0.0/8"),
        IPv6Network("::1/128"),
    )
    """Networks whose clients have no limits by address, as a JSON list. Add your newsroom's, your
    monitoring's, and a CDN's that does not report its clients. `["0.0.0.0/0", "::/0"]` lifts the
    limits, for example for a benchmark."""
    address_connections: Annotated[int, Bounds(ge=1)] = 1_000
    """Open connections of one address (IPv4, or IPv6 /64); 4 times as many of one IPv6 /48. Readers
    of one office or one mobile network share an address. Behind a trusted proxy its readers count,
    and its requests under way."""
    address_connects: Annotated[float, Bounds(gt=0)] = 100.0
    """New connections of one address in a second (429), after a burst of twice
    `address_connections`, at least 100."""
    address_requests: Annotated[float, Bounds(gt=0)] = 100.0
    """Requests of one address in a second, after a burst of ten times as many (429)."""
    address_misses: Annotated[float, Bounds(gt=0)] = 10.0
    """Requests of one address in a second that no cache can answer, after a burst of twenty times
    as many (429)."""
    address_wrong_keys: Annotated[float, Bounds(gt=0)] = 10.0
    """Wrong editor keys of one address in a minute, after a burst of three times as many (429)."""

    # Sign-in with OpenID Connect:

    openid_issuer: Annotated[
        str, Length(500), Shape(r"(https?://[^\s?#]+)?", "must be an http or https address")
    ] = ""
    """Issuer of the OpenID Connect provider with which people sign in to the console, for example
    `https://login.example/realms/news`. Requires `public_url`. A provider in a private network, and
    one with http, requires that `outbound_private_networks` names the network."""
    openid_client_id: Annotated[str, Length(255)] = ""
    """Name of this newsroom at the provider."""
    openid_client_secret_file: Path | None = None
    """File with the secret of this newsroom at the provider. It is read for every sign-in. Without
    it, the newsroom is a public client."""
    openid_scope: Annotated[str, Length(500, 1)] = "openid profile email"
    """What is asked of the provider."""
    openid_name_claim: Annotated[str, Length(100, 1)] = "name"
    """Claim of the ID token with the name that an account gets when its person first signs in."""
    openid_role_claim: Annotated[str, Length(100, 1)] = "groups"
    """Claim of the ID token whose values decide on role and editions."""
    openid_roles: dict[str, Literal["reporter", "editor", "chief"]] = {}  # noqa: RUF012
    """Role of each value of the role claim, for example `{"news-desk" = "editor"}`. The highest
    role counts. Whoever has none may not sign in."""
    openid_editions: dict[str, tuple[str, ...]] = {}  # noqa: RUF012
    """Editions of each value of the role claim, for example `{"desk-arabic" = ["ar"]}`; `*` stands
    for all. Empty: everybody is for all editions. Otherwise whoever has none may not sign in."""
    openid_label: Annotated[str, Length(40)] = ""
    """Name of the provider on the button of the sign-in page. Default: its host."""

    # Reader tokens:

    reader_token_editions: tuple[str, ...] = ()
    """Editions for readers with a token alone (a JSON web token, JWT); `*` stands for all. Without
    any, everybody may read everything. docs/guide/reader-tokens.md explains the tokens."""
    reader_token_keys_url: Annotated[
        str, Shape(r"(https?://[^\s]+)?", "must be an http or https address")
    ] = ""
    """Address of the JWK set whose keys sign the tokens, for example
    `https://login.example/.well-known/jwks.json`. An address in a private network, and http,
    requires that `outbound_private_networks` names the network."""
    reader_token_keys_file: Path | None = None
    """File with a JWK set, or with one public key in PEM. It is read again like an address."""
    reader_token_secret_file: Path | None = None
    """File with a secret of at least 32 bytes that signs the tokens with HS256."""
    reader_token_algorithms: tuple[Literal["RS256", "ES256", "EdDSA"], ...] = (
        "RS256",
        "ES256",
        "EdDSA",
    )
    """Algorithms of public keys that are allowed. HS256 is allowed with `reader_token_secret_file`
    alone, and then no other is."""
    reader_token_audience: Annotated[str, Length(255, least=1)] = "ticker"
    """Audience (`aud`) that a token must name."""
    reader_token_issuer: Annotated[str, Length(255)] = ""
    """Issuer (`iss`) that a token must name. Default: any."""
    reader_token_leeway: Annotated[int, Bounds(ge=0, le=300)] = 30
    """Seconds by which the issuer's clock may differ from this server's."""
    reader_token_lifetime_max: Annotated[int, Bounds(ge=60)] = 86_400
    """Seconds for which a token may be valid. A longer one is refused."""
    reader_token_refresh: Annotated[int, Bounds(ge=10, le=86_400)] = 300
    """Seconds after which the keys are read again. A token with an unknown key has them read at
    once, but at most once a minute. While they cannot be read, the last ones stay in force."""
    reader_token_cookie: Annotated[
        str, Shape(r"[A-Za-z0-9_-]{0,64}", "must be at most 64 letters, digits, '_' or '-'")
    ] = "ticker_token"
    """Name of the cookie in which browsers send a token; Ticker never sets it. Empty: no cookie is
    read."""

    # Taxonomy:

    editions: dict[Name, EditionSettings] = {  # noqa: RUF012  # records do not change
        name: EditionSettings(language=e.language, dir=e.dir, label=e.label)
        for name, e in DEFAULT_EDITIONS.items()
    }
    """Language editions. In `ticker.toml`, each is a table `[editions.NAME]` with `language`
    (BCP 47), `dir` (`ltr`, `rtl` or `auto`) and `label`."""
    sections: tuple[Name, ...] = DEFAULT_SECTIONS
    """Names of sections. Names of editions, sections and regions have up to 64 letters and digits
    of any script, `.`, `_` and `-`."""
    regions: tuple[Name, ...] = DEFAULT_REGIONS
    """Names of regions."""

    def check(self) -> None:
        """Check what concerns several settings. Raises ValueError."""
        if not self.editions:
            raise ValueError("editions must not be empty")
        self._check_store()
        self._check_reader_tokens()
        self._check_openid()
        if self.lane_events_max < self.replay_window:
            raise ValueError(
                "lane_events_max must be at least replay_window, or a restart shortens the replay"
            )

    def _check_store(self) -> None:
        if (self.redis_cert_file is None) != (self.redis_key_file is None):
            raise ValueError("redis_cert_file and redis_key_file need each other")
        encrypted = any(
            url is not None and url.startswith("rediss")
            for url in (
                *(self.redis_url, self.jobs_redis_url),
                *(self.gateway_redis_url, self.read_redis_url),
            )
        )
        if (self.redis_ca_file or self.redis_cert_file) and not encrypted:
            raise ValueError("TLS files are set, but no store's URL begins with rediss")
        if "+cluster:" in (self.jobs_redis_url or self.redis_url):
            raise ValueError("jobs_redis_url must name a store that is not a Redis Cluster")
        if self.jobs_redis_password_file and not self.jobs_redis_url:
            raise ValueError("jobs_redis_password_file requires jobs_redis_url")
        if self.read_redis_password_file and not self.read_redis_url:
            raise ValueError("read_redis_password_file requires read_redis_url")
        if "+cluster:" in (self.read_redis_url or ""):
            raise ValueError("read_redis_url names one replica, or sentinels")
        if self.gateway_redis_password_file and not self.gateway_redis_url:
            raise ValueError("gateway_redis_password_file requires gateway_redis_url")

    def _check_openid(self) -> None:
        if not self.openid_issuer:
            return
        _address(self.openid_issuer)
        if not (self.openid_client_id and self.openid_roles and self.public_url):
            raise ValueError("openid_issuer requires openid_client_id, openid_roles and public_url")
        named = {edition for editions in self.openid_editions.values() for edition in editions}
        unknown = sorted(named - {*self.editions, "*"})
        if unknown:
            raise ValueError(f"openid_editions names an unknown edition: {unknown[0]}")
        if "openid" not in self.openid_scope.split():
            raise ValueError("openid_scope must have the word openid")

    def _check_reader_tokens(self) -> None:
        unknown = [one for one in self.reader_token_editions if one not in (*self.editions, "*")]
        if unknown:
            raise ValueError(f"reader_token_editions names an unknown edition: {unknown[0]}")
        sources = (
            self.reader_token_keys_url,
            self.reader_token_keys_file,
            self.reader_token_secret_file,
        )
        if self.reader_token_editions and sum(map(bool, sources)) != 1:
            raise ValueError(
                "reader_token_editions requires one of reader_token_keys_url, "
                "reader_token_keys_file and reader_token_secret_file"
            )
        if self.reader_token_editions and self.fcm_mode == "topics":
            raise ValueError(
                "reader_token_editions requires fcm_mode = 'tokens': every app that knows the name "
                "of a topic can subscribe to it"
            )

    @property
    def protected_editions(self) -> frozenset[str]:
        """Return the editions that need a reader token."""
        chosen = self.reader_token_editions
        return frozenset(self.editions if "*" in chosen else chosen)

    @property
    def taxonomy(self) -> Taxonomy:
        """Return the newsroom's taxonomy."""
        return Taxonomy(
            {n: Edition(e.language, e.dir, e.label or n) for n, e in self.editions.items()},
            self.sections,
            self.regions,
        )

    @property
    def metrics_address(self) -> Address:
        """Return where this process serves its metrics."""
        from ticker.telemetry.endpoint import Address

        return Address(self.metrics_host, self.metrics_port, self.metrics_socket)

    @property
    def budget_rates(self) -> BudgetRates:
        """Return what one client may do."""
        from ticker.domain.budgets import BudgetRates
        from ticker.domain.token_buckets import Rate

        return BudgetRates(
            connections=self.address_connections,
            connects=Rate(max(100, 2 * self.address_connections), self.address_connects),
            requests=Rate(10 * self.address_requests, self.address_requests),
            misses=Rate(20 * self.address_misses, self.address_misses),
            wrong_keys=Rate(3 * self.address_wrong_keys, self.address_wrong_keys / 60),
        )

    def budgets(self, clock: Callable[[], float], usage: UsageTable | None = None) -> Budgets:
        """Return the budgets of this process; ``clock`` is monotonic seconds.

        ``usage`` is the table that it shares with the other processes of the machine.
        """
        from ticker.domain.budgets import Budgets

        return Budgets(
            self.budget_rates,
            clock,
            trusted=AddressSet.parse(self.trusted_proxies),
            unlimited=AddressSet(self.unlimited_networks),
            usage=usage,
        )
