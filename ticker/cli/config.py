"""``ticker config``: check the settings, and show each with its source."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ticker.cli import options
from ticker.cli.columns import print_rows
from ticker.cli.output import Output
from ticker.cli.runner import settings_message, usage
from ticker.domain.environment_names import InvalidSettings

if TYPE_CHECKING:
    from ticker.config.load import Loaded
    from ticker.config.sources import Source

app = typer.Typer(no_args_is_help=True, help="Check and show the settings of servers and workers.")

File = Annotated[
    Path | None,
    typer.Argument(
        metavar="[FILE]", help="Settings file. Default: TICKER_CONFIG, or ticker.toml here."
    ),
]
HIDDEN = "***"
_PASSWORD = re.compile(r"(?<=://)([^:/?#@\s]*):.*@", re.DOTALL)
_PASSWORD_IN_QUERY = re.compile(r"(?i)(?<=[?&])(password|token|key|secret)=[^&#]*")


@app.command()
def check(file: File = None, as_json: options.Json = False) -> None:
    """Check the settings without starting anything. The exit code is 2 if they are invalid.

    Unknown names in the file and in the environment are errors, with the nearest known name.
    """
    out = Output(as_json)
    found = _load(out, file)
    if problems := _unusable_addresses(found):
        usage(out, settings_message(InvalidSettings(problems)))
    count = len(found.sources.values)
    if as_json:
        out.json({"valid": True, "file": found.sources.file or None, "set": count})
        return
    of_file = f" in {found.sources.file} and the environment" if found.sources.file else ""
    out.say(f"✓ The settings are valid: {count} set{of_file}, the others have their defaults.")


@app.command()
def show(
    file: File = None,
    only_set: Annotated[
        bool, typer.Option("--set", help="Only the settings that differ from the defaults.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Show each setting, its value and its source: a variable, a line of the file, or the default.

    Passwords in addresses are hidden.
    """
    out = Output(as_json)
    found = _load(out, file)
    rows = [row for row in _rows(found) if not only_set or row[2].is_set]
    if as_json:
        out.json(
            [
                {
                    "name": name,
                    "value": value,
                    "source": str(source),
                    "variable": source.variable or None,
                    "file": source.file or None,
                    "line": source.line or None,
                }
                for name, value, source in rows
            ]
        )
        return
    texts = [(name, _text(value), str(source)) for name, value, source in rows]
    print_rows(out, ("setting", "value", "source"), texts)


def _load(out: Output, file: Path | None) -> Loaded:
    from ticker.config.load import load_from

    try:
        return load_from(os.environ, file)
    except InvalidSettings as error:
        usage(out, settings_message(error))


def _unusable_addresses(found: Loaded) -> list[str]:
    """Return a sentence for each store whose address, or a file beside it, cannot be used."""
    from ticker.storage.address import gateway_store, job_store, main_store, read_store

    settings = found.settings
    problems = []
    for name, address in (
        ("redis_url", main_store(settings)),
        ("jobs_redis_url", job_store(settings)),
        ("gateway_redis_url", gateway_store(settings)),
        ("read_redis_url", read_store(settings)),
    ):
        if address is None or (name != "redis_url" and getattr(settings, name) is None):
            continue
        try:
            address.check()
        except ValueError as error:
            source = found.sources.source((name,))
            problems.append(f"{source}: {'' if source.variable else f'{name}: '}{error}")
    return problems


def _rows(found: Loaded) -> Iterator[tuple[str, Any, Source]]:
    """Yield name, value (ready for JSON) and source of each setting, in the order of the docs."""
    values = found.settings.model_dump()
    for name, value in values.items():
        yield name, _hidden(value), found.sources.source((name,))


def _hidden(value: Any) -> Any:
    """Return ``value`` without passwords."""
    if isinstance(value, list):
        return [_hidden(one) for one in value]
    if not isinstance(value, str):
        return value
    value = _PASSWORD.sub(rf"\1:{HIDDEN}@", value)
    return _PASSWORD_IN_QUERY.sub(rf"\1={HIDDEN}", value)


def _text(value: Any) -> str:
    import orjson

    if value is None:
        return "-"
    return value if isinstance(value, str) else orjson.dumps(value).decode()
