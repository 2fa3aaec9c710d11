"""The ``ticker keys`` commands. They connect to Redis, so they need the server's settings."""

from __future__ import annotations

import getpass
import os
import platform
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

from ticker.cli import options, times
from ticker.cli.columns import print_rows
from ticker.cli.options import REFUSED
from ticker.cli.output import Output
from ticker.cli.runner import run, server_settings, usage
from ticker.cli.store import with_redis
from ticker.cli.time_zone import local_now

if TYPE_CHECKING:
    from ticker.storage.connection import Redis
    from ticker.storage.editor_keys import EditorKey
    from ticker.storage.keys import Keys

Role: TypeAlias = Literal["reporter", "editor", "chief"]

app = typer.Typer(no_args_is_help=True, help="Create, list and revoke editor keys.")


@app.command()
def create(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the editor, shown in item histories.")
    ],
    role: Annotated[
        Role,
        typer.Option(
            help="reporter (reads and drafts), editor (publishes ticker and urgent items, corrects "
            "and retracts all) or chief (bulletins, flashes, webhooks, push services, keys)."
        ),
    ] = "chief",
    edition: options.Editions = [],  # noqa: B006  # typer copies it
    expires: Annotated[
        str | None,
        typer.Option(metavar="TIME", help=f"When the key ends: {times.MOMENT_HELP}."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Create an editor key. It is printed only once; the newsroom stores a hash of it."""
    out = Output(as_json)
    try:
        until = None if expires is None else times.moment(expires, local_now(None))
    except ValueError as error:
        usage(out, str(error))
    expires_ms = None if until is None else int(until.timestamp() * 1000)
    wanted = options.split(edition)
    if wanted and (wrong := server_settings(out).taxonomy.unknown("edition", wanted)):
        usage(out, wrong)

    async def work() -> None:
        from ticker.storage import editor_keys

        async def create_key(redis: Redis, keys: Keys) -> tuple[str, EditorKey]:
            secret, made = await editor_keys.create(
                redis, keys, name, role=role, editions=wanted, expires_ms=expires_ms
            )
            await _record(out, redis, keys, "create_key", None, made)
            return secret, made

        secret, made = await with_redis(out, create_key)
        out.finished(
            f"Created key {made.id}, which nobody has seen (`ticker keys revoke {made.id}`)",
            REFUSED,
        )
        if as_json:
            out.json(_json(made) | {"key": secret})
            return
        out.say(secret)
        out.note(
            f"Created key {made.id} for {made.name} ({_limits(made, out)}). Save it now: it is not "
            "shown again."
        )

    run(out, work())


@app.command("list")
def list_keys(as_json: options.Json = False) -> None:
    """List the keys, oldest first, with their roles and when they were last used."""
    out = Output(as_json)

    async def work() -> None:
        from ticker.storage import editor_keys

        found = await with_redis(out, editor_keys.listing)
        if as_json:
            out.json([_json(key) for key in found])
            return
        heads = ("id", "name", "role", "editions", "ends", "last used")
        print_rows(out, heads, [_row(key, out) for key in found])
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

        async def revoke_key(redis: Redis, keys: Keys) -> EditorKey:
            revoked = await editor_keys.revoke(redis, keys, key_id)
            await _record(out, redis, keys, "revoke_key", revoked, None)
            return revoked

        key = await with_redis(out, revoke_key)
        out.finished(f"Revoked key {key.id}")
        if as_json:
            out.json({"id": key.id, "name": key.name, "revoked": True})
        else:
            out.say(f"✓ Revoked key {key.id} of {key.name}.")

    run(out, work())


async def _record(
    out: Output,
    redis: Redis,
    keys: Keys,
    action: str,
    before: EditorKey | None,
    after: EditorKey | None,
) -> None:
    """Add to the audit what the user of this command has done on this machine."""
    from ticker.domain.actor import Actor
    from ticker.domain.errors import Unavailable
    from ticker.publishing.audit_log import AuditLog
    from ticker.storage.editor_keys import changes, target_of

    key = after or before
    try:
        await AuditLog(redis, keys).record(
            action,
            "" if key is None else target_of(key),
            changes(before, after),
            actor=Actor(_user(), address=platform.node()),
        )
    except Unavailable as error:  # it has happened, so it is no failure of the command
        out.note(f"The audit does not have it: {error.detail}")


def _user() -> str:
    """Return the user's name on this machine; the number, where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # OSError since Python 3.13
        return str(os.getuid())


def _when(rfc3339: str, out: Output) -> str:
    """Return a time with its distance from now; as it is for another program."""
    return times.announced(rfc3339, out.now) if out.tty else rfc3339


def _row(key: EditorKey, out: Output) -> tuple[str, ...]:
    ends = "never" if key.expires_at is None else _when(key.expires_at, out)
    used = "never" if key.used_at is None else _when(key.used_at, out)
    return (key.id, key.name, key.role, ", ".join(key.editions) or "all editions", ends, used)


def _limits(key: EditorKey, out: Output) -> str:
    """Return the role of a key, its editions and its end, as one line."""
    where = ", ".join(key.editions) or "all editions"
    if key.expires_at is None:
        return f"{key.role}, {where}"
    ends = "expired" if key.expired(int(out.now.timestamp() * 1000)) else "expires"
    return f"{key.role}, {where}, {ends} {times.announced(key.expires_at, out.now)}"


def _json(key: EditorKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role,
        "editions": list(key.editions),
        "created_at": key.created_at,
        "created_by": key.created_by,
        "expires_at": key.expires_at,
        "used_at": key.used_at,
    }
