"""The commands ``ticker backup`` and ``ticker restore``. They connect to Redis."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ticker.cli import options
from ticker.cli.output import Output
from ticker.cli.runner import run, server_settings
from ticker.cli.store import with_redis

if TYPE_CHECKING:
    from ticker.backup.access import Access
    from ticker.backup.archive import Summary

WAIT = 120.0
"""Seconds that one reply may take: the last step of both commands reads or moves many keys."""


def backup(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", help="File to write. Default: ticker-NAMESPACE-TIME.backup."
        ),
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Only check that FILE is a whole backup.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Write the whole newsroom to one file, while it runs, and check the file."""
    out = Output(as_json)
    found = server_settings(out)
    chosen = file or Path(f"ticker-{found.namespace}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.backup")

    async def work() -> int:
        from ticker.backup import archive
        from ticker.backup.archive import BackupError
        from ticker.backup.backup import backup
        from ticker.storage.schema import SchemaTooNew

        try:
            if verify:
                made = archive.check(chosen)
            else:
                made = await with_redis(
                    out, lambda redis, keys: backup(redis, keys, chosen), wait=WAIT
                )
        except (BackupError, SchemaTooNew, OSError) as error:
            return _failed(out, chosen, error)
        if not verify:
            out.finished(f"Wrote {chosen}")
        if as_json:
            out.json(_document(chosen, made))
            return options.OK
        out.say(f"✓ {chosen} is a whole backup" if verify else f"✓ Wrote {chosen} and checked it")
        out.note(_described(made))
        return options.OK

    run(out, work())


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of `ticker backup`.")],
    force: Annotated[
        bool, typer.Option("--force", help="Replace the data of a newsroom that is not empty.")
    ] = False,
    old_access: Annotated[
        bool,
        typer.Option(
            "--old-access",
            help="Restore also keys and accounts that were revoked, removed or changed since.",
        ),
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Restore a backup. What happened in the newsroom after the backup is lost.

    Readers that have seen lost events get a reset. Items that were retracted after the backup stay
    retracted, and keys that were revoked stay so, if the newsroom still has its data. Everybody
    signs in again.
    """
    out = Output(as_json)
    found = server_settings(out)

    async def work() -> int:
        from ticker.backup.archive import BackupError
        from ticker.backup.restore import restore
        from ticker.storage.schema import SchemaTooNew

        try:
            done = await with_redis(
                out,
                lambda redis, keys: restore(redis, found, file, force=force, old_access=old_access),
                wait=WAIT,
            )
        except (BackupError, SchemaTooNew, OSError) as error:
            return _failed(out, file, error)
        out.finished(f"Restored {file}")
        if as_json:
            counts = {"keys_restored": done.keys, "retracted": done.retracted, "lost": done.lost}
            access = {
                "keys_revoked": done.access.keys,
                "accounts_removed": done.access.accounts,
                "accounts_changed": done.access.changed,
                "access_of_backup": not done.access.known,
            }
            out.json(_document(file, done.summary) | counts | access)
            return options.OK
        out.say(f"✓ Restored {file}")
        out.note(_described(done.summary))
        if done.lost:
            out.note(f"Lost: {done.lost} events that were in the lane and not in the backup.")
        if done.retracted:
            out.note(f"Retracted again: {done.retracted} items, retracted after the backup.")
        out.note(_said(done.access))
        return options.OK

    run(out, work())


def _said(access: Access) -> str:
    if not access.known:
        return (
            "Keys, accounts and passwords are those of the backup. Revoke again what was revoked "
            "since: ticker keys list, ticker people list."
        )
    if not (access.keys or access.accounts or access.changed):
        return "Keys and accounts are as they were before the restore."
    return (
        f"Not restored: {access.keys} keys and {access.accounts} accounts, revoked or removed "
        f"after the backup. {access.changed} accounts keep their present password and rights."
    )


def _failed(out: Output, file: Path, error: Exception) -> int:
    message = f"{file}: {error.strerror}" if isinstance(error, OSError) else str(error)
    if out.as_json:
        out.json({"type": "about:blank", "title": "Not done", "detail": message})
    else:
        out.stderr.print(f"✗ {message}", style="bold red")
    return options.REFUSED


def _document(file: Path, made: Summary) -> dict[str, Any]:
    return {
        "file": str(file),
        "namespace": made.namespace,
        "schema": made.schema,
        "version": made.version,
        "made_at": made.made_at,
        "keys": made.keys,
        "entries": made.entries,
        "top": made.top,
    }


def _described(made: Summary) -> str:
    return (
        f"{made.namespace}, {made.made_at}: {made.keys} keys, {made.entries} entries, lane up to "
        f"{made.top} (Ticker {made.version}, schema {made.schema})"
    )
