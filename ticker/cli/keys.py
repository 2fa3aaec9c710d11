"""The ``ticker keys`` commands. They connect to Redis, so they need the server's settings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from ticker.cli import options
from ticker.cli.output import Output
from ticker.cli.runner import run, server_settings, settings, usage
from ticker.client import errors

if TYPE_CHECKING:
    from ticker.config import Settings
    from ticker.storage.address import StoreAddress
    from ticker.storage.connection import Redis
    from ticker.storage.keys import Keys

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="Create, list and revoke editor keys.")


@app.command()
def create(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the editor, shown in item histories.")
    ],
    as_json: options.Json = False,
) -> None:
    """Create an editor key. It is printed only once; the newsroom stores a hash of it."""
    out = Output(as_json)

    async def work() -> None:
        from ticker.storage import editor_keys

        secret, made = await _with_redis(
            out, lambda redis, keys: editor_keys.create(redis, keys, name)
        )
        if as_json:
            out.json({"id": made.id, "name": made.name, "key": secret})
            return
        out.say(secret)
        out.note(f"Created key {made.id} for {made.name}. Save it now: it is not shown again.")

    run(out, work())


@app.command("list")
def list_keys(as_json: options.Json = False) -> None:
    """List the keys, oldest first."""
    out = Output(as_json)

    async def work() -> None:
        from ticker.storage import editor_keys

        found = await _with_redis(out, editor_keys.listing)
        if as_json:
            out.json(
                [{"id": key.id, "name": key.name, "created_at": key.created_at} for key in found]
            )
            return
        for key in found:
            out.say(f"{key.id}  {key.created_at}  {key.name}")
        if not found:
            out.note("There are no keys. Create one with `ticker keys create NAME`.")

    run(out, work())


@app.command()
def revoke(
    key_id: Annotated[
        str, typer.Argument(metavar="ID", help="The key's id (see `ticker keys list`).")
    ],
    as_json: options.Json = False,
) -> None:
    """Revoke an editor key. All servers refuse it within five seconds."""
    out = Output(as_json)

    async def work() -> None:
        from ticker.storage import editor_keys

        key = await _with_redis(out, lambda redis, keys: editor_keys.revoke(redis, keys, key_id))
        if as_json:
            out.json({"id": key.id, "name": key.name, "revoked": True})
        else:
            out.say(f"✓ Revoked key {key.id} of {key.name}.")

    run(out, work())


async def _with_redis(out: Output, operation: Callable[[Redis, Keys], Awaitable[T]]) -> T:
    """Return the result of ``operation``; translate its errors to those of the client."""
    from ticker.domain.errors import TickerError
    from ticker.storage.connection import connect
    from ticker.storage.keys import Keys

    found = server_settings(out)
    address = store_address(found)
    try:
        redis = connect(address)
    except ValueError as error:
        usage(out, f"TICKER_REDIS_URL: {error}")
    try:
        return await operation(redis, Keys(found.namespace))
    except ValueError as error:  # a name that is empty or too long
        usage(out, str(error))
    except TickerError as error:
        if error.temporary:
            raise errors.Unreachable(address.shown, error.detail) from error
        document = {"type": error.slug, "title": error.title, "detail": error.detail}
        raise errors.refusal(error.status, document) from error
    finally:
        await redis.aclose()


def store_address(found: Settings) -> StoreAddress:
    """Return where Redis is: as set, else that of a running `ticker up`, else the default."""
    from ticker.runtime.data_directory import read_run
    from ticker.storage.address import main_store

    if "redis_url" not in found.model_fields_set:
        running = read_run(settings().data_dir) or {}
        if isinstance(url := running.get("redis_url"), str) and url:
            return replace(main_store(found), url=url)
    return main_store(found)
