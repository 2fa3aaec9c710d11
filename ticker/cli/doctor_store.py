"""The checks of ``ticker doctor`` on Redis or Valkey itself, if its address is known here."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ticker.cli.check import SKEW_MAX, SYNCHRONISE, Check, failover, skewed
from ticker.cli.store import known_url, store_address

if TYPE_CHECKING:
    from ticker.config import Settings


async def check_store(found: Settings) -> list[Check]:
    """Check Redis itself, if its address is known here."""
    if known_url(found) is None:
        return []  # before the imports: a machine with the client alone has no Redis library
    from ticker.domain.errors import TickerError
    from ticker.domain.store_errors import StoreError
    from ticker.publishing.durability import DurabilityPolicy
    from ticker.storage.connection import connect, translate
    from ticker.storage.default_user import denied_write
    from ticker.storage.keys import Keys

    address = store_address(found)
    try:
        redis = connect(address, wait=found.durability_timeout)
    except ValueError as error:
        return [Check("store", False, str(error), "Set TICKER_REDIS_URL to a valid address.")]
    try:
        with translate("Redis"):
            info = await redis.info()
            moment = time.time()
            denied = await denied_write(redis, Keys(found.namespace))
        promise = DurabilityPolicy(
            redis,
            Keys(found.namespace),
            found.durability,
            found.replicas,
            found.durability_timeout,
        )
        durability = await promise.check_writes()
    except StoreError as error:
        if error.refuses_writes:
            return [Check("store", False, error.title, error.explanation)]
        fix = "Start it, or set TICKER_REDIS_URL."
        return [Check("store", False, f"{address.shown}: {error.detail}", fix)]
    except TickerError as error:
        fix = "Start it, or set TICKER_REDIS_URL."
        return [Check("store", False, f"{address.shown}: {error.detail}", fix)]
    finally:
        await redis.aclose()
    name, version = "Valkey", info.get("valkey_version")
    if version is None:
        name, version = "Redis", info.get("redis_version", "0")
    oldest = (8, 0) if name == "Valkey" else (7, 0)
    recent = tuple(int(part) for part in str(version).split(".")[:2]) >= oldest
    kept = bool(int(info.get("aof_enabled", 0)))
    replicas = [] if not durability.risk else [failover(durability.risk)]
    if durability.refused:
        replicas.append(Check("replicas", False, durability.refused, "Bring a replica back."))
    return [
        Check(
            "store",
            recent,
            f"{name} {version}",
            f"Upgrade to {name} {oldest[0]}.{oldest[1]} or newer.",
        ),
        Check(
            "append-only",
            kept,
            "on" if kept else "off: a crash loses acknowledged items",
            "Set appendonly yes in the configuration (or CONFIG SET appendonly yes).",
        ),
        Check(
            "fsync",
            not durability.degraded,
            f"{durability.effective}: {durability.why}",
            "Set appendfsync always, or upgrade to Redis 7.2 or Valkey 8.",
        ),
        *store_clock(info, moment),
        *(default_user(denied) if kept else ()),
        *replicas,
    ]


def default_user(denied: str | None) -> list[Check]:
    """Return a warning if the default user is denied a command, which the append-only file has."""
    if denied is None:
        return []
    risk = f"the default user may not run {denied}: a restart can lose what scripts have written"
    fix = (
        "Redis reads its append-only file as this user. Run ACL SETUSER default off resetpass ~* "
        "&* +@all, which lets nobody log in as it, and put it into the file of aclfile."
    )
    return [Check("acl", True, risk, fix, warning=True)]


def store_clock(info: Mapping[str, Any], moment: float) -> list[Check]:
    """Compare the clocks: that of Redis ends embargoes. ``info`` is INFO's, ``moment`` a time."""
    micros = info.get("server_time_usec")
    if micros is None:
        return []  # a managed Redis may not say it
    skew = moment - int(micros) / 1e6
    if abs(skew) <= SKEW_MAX:
        return [Check("store clock", True, "in sync with the local one")]
    return [Check("store clock", False, skewed(skew, "that of Redis"), SYNCHRONISE)]
