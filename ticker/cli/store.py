"""Commands that work on Redis itself: where it is, and its errors as those of the client."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from ticker.cli.output import Output
from ticker.cli.runner import server_settings, settings, usage
from ticker.client import errors

if TYPE_CHECKING:
    from ticker.config import Settings
    from ticker.storage.address import StoreAddress
    from ticker.storage.connection import Redis
    from ticker.storage.keys import Keys

T = TypeVar("T")


async def with_redis(
    out: Output, operation: Callable[[Redis, Keys], Awaitable[T]], *, wait: float = 0.0
) -> T:
    """Return the result of ``operation``; translate its errors to those of the client.

    ``wait`` is the seconds that a reply may take beyond the usual limit.
    """
    from ticker.domain.errors import TickerError
    from ticker.domain.store_errors import StoreAccess
    from ticker.storage.connection import connect
    from ticker.storage.keys import Keys

    found = server_settings(out)
    address = store_address(found)
    try:
        redis = connect(address, wait=wait)
    except ValueError as error:
        usage(out, f"TICKER_REDIS_URL: {error}")
    try:
        return await operation(redis, Keys(found.namespace))
    except ValueError as error:  # a name that is empty or too long
        usage(out, str(error))
    except TickerError as error:
        if error.slug == StoreAccess.slug:  # a wrong password, or a right that is missing
            document = {
                "type": error.slug,
                "title": "The database refuses this user",
                "detail": f"{address.shown}: {error.detail}",
            }
            raise errors.refusal(403, document) from error
        if error.temporary:
            raise errors.Unreachable(address.shown, error.detail) from error
        document = {"type": error.slug, "title": error.title, "detail": error.detail}
        raise errors.refusal(error.status, document) from error
    finally:
        await redis.aclose()


def store_address(found: Settings) -> StoreAddress:
    """Return where Redis is: as set, else that of a running `ticker up`, else the default."""
    from ticker.storage.address import main_store

    url, address = known_url(found), main_store(found)
    return address if url is None else replace(address, url=url)


def known_url(found: Settings) -> str | None:
    """Return the URL of Redis as set, else that of a running `ticker up`; None without either."""
    from ticker.runtime.data_directory import read_run

    if "redis_url" in found.model_fields_set:
        return found.redis_url
    url = (read_run(settings().data_dir) or {}).get("redis_url")
    return url if isinstance(url, str) and url else None
