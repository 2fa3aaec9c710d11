"""``ticker acl``: print the users that Ticker's processes need in Redis."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ticker.cli import options
from ticker.cli.output import Output
from ticker.cli.runner import server_settings, usage
from ticker.domain.did_you_mean import guess

if TYPE_CHECKING:
    from ticker.storage.acl import RoleName


def acl(
    roles: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[gateway|web|stream|delivery|archive|cli]...", help="The roles. Default: all."
        ),
    ] = None,
    passwords: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Set passwords too: DIR has a file for each role, with its name. Their SHA-256 "
            "digests are printed. Default: passwords stay as they are.",
        ),
    ] = None,
    form: Annotated[
        Literal["commands", "file"],
        typer.Option(
            "--format", help="commands for redis-cli, or lines for the file that aclfile names."
        ),
    ] = "commands",
    write: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Instead of printing, write DIR/ROLE/password for each role that has none and "
            "DIR/acl/users.acl, the file for aclfile: docker-compose.yml does.",
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Print the users of Redis or Valkey: which keys and commands each role of Ticker needs.

    `ticker acl --passwords DIR | redis-cli` makes them, and changes them after an upgrade. Then set
    the user in each process' TICKER_REDIS_URL, as in redis://ticker-web@host:6379/0.
    """
    from ticker.cli import acl_files
    from ticker.storage import acl as users
    from ticker.storage.keys import Keys

    out = Output(as_json)
    if unknown := [role for role in roles or () if role not in users.ROLES]:
        likely = guess(unknown, users.ROLES)
        usage(out, f"unknown role {unknown[0]}{likely}; the roles are {', '.join(users.ROLES)}")
    chosen = [role for role in users.ROLES if not roles or role in roles]
    keys = Keys(server_settings(out).namespace)
    if write is not None:
        found: dict[str, tuple[str, str]] = {
            one: (users.user_name(keys, one), users.rules(keys, one)) for one in chosen
        }
        try:
            acl_files.write(write, found)
        except OSError as error:
            usage(out, f"{error.filename}: {error.strerror}")
        out.say(f"Users: {write / 'acl' / 'users.acl'}")
        return
    rules = {
        users.user_name(keys, one): f"{_password(out, passwords, one)}{users.rules(keys, one)}"
        for one in chosen
    }
    if as_json:
        out.json(rules)
        return
    verb = "ACL SETUSER" if form == "commands" else "user"
    for name, text in rules.items():
        print(verb, name, text)


def _password(out: Output, folder: Path | None, role: RoleName) -> str:
    """Return the rule that sets the role's password, ending with a blank; nothing without one."""
    from ticker.storage.acl import password_hash
    from ticker.storage.address import read_password

    if folder is None:
        return ""
    try:
        return f"resetpass {password_hash(read_password(folder / role))} "
    except ValueError as error:
        usage(out, str(error))
