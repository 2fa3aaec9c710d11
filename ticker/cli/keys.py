"""The ``ticker keys`` commands. They connect to Redis, so they need the server's settings."""

from __future__ import annotations

from typing import Annotated

import typer

from ticker.cli import options
from ticker.cli.options import REFUSED
from ticker.cli.output import Output
from ticker.cli.runner import run
from ticker.cli.store import with_redis

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

        secret, made = await with_redis(
            out, lambda redis, keys: editor_keys.create(redis, keys, name)
        )
        out.finished(
            f"Created key {made.id}, which nobody has seen (`ticker keys revoke {made.id}`)",
            REFUSED,
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

        found = await with_redis(out, editor_keys.listing)
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

        key = await with_redis(out, lambda redis, keys: editor_keys.revoke(redis, keys, key_id))
        out.finished(f"Revoked key {key.id}")
        if as_json:
            out.json({"id": key.id, "name": key.name, "revoked": True})
        else:
            out.say(f"✓ Revoked key {key.id} of {key.name}.")

    run(out, work())
