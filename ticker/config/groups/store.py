"""Settings: store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from ticker.config.fields import Record
from ticker.config.values import Bounds
from ticker.domain.shape import Shape

if TYPE_CHECKING:
    pass


Durability = Literal["local", "fsync", "replicated"]


class StoreSettings(Record):
    """Store."""

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

    def check(self) -> None:
        """Check what concerns several of them. Raises ValueError."""
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
