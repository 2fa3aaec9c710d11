"""``ticker push``: the Web Push key, provider states, resume, clear quarantine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ticker.cli import options, times
from ticker.cli.durations import duration
from ticker.cli.output import Output
from ticker.cli.runner import reading_response, run, server_settings, settings, usage
from ticker.cli.status import PROVIDERS

if TYPE_CHECKING:
    from ticker.client.push import ProviderStatus, PushEditor
    from ticker.push.vapid_keys import VapidKey

app = typer.Typer(no_args_is_help=True, help="Manage the Web Push key and the push providers.")

Provider = Annotated[
    Literal["webpush", "fcm", "apns"], typer.Argument(metavar="PROVIDER", help="webpush, fcm, apns")
]


@app.callback()
def _push() -> None:
    pass


@app.command()
def keys(
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            metavar="PATH",
            help="Key file. Default: TICKER_VAPID_KEY_FILE, or vapid.pem in the data directory.",
        ),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Replace the key: every browser must subscribe again."),
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Create the Web Push key, unless there is one, and print its public half."""
    out = Output(as_json)
    set_file = server_settings(out).vapid_key_file

    from ticker.push import vapid_keys

    path = (file or set_file or _usual_key_file()).expanduser().absolute()
    existed = path.exists()
    made = replace or not existed
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        usage(out, f"{path.parent} cannot be created: {error.strerror}")
    try:
        key = vapid_keys.create(path, replace=replace) if made else vapid_keys.read(path)
    except vapid_keys.VapidKeyError as error:
        usage(out, str(error))
    except FileExistsError:
        usage(out, f"{path} was just created by another process; run the command again.")
    if made:
        out.finished(f"Created {path}")

    async def show() -> None:
        _key(out, key, path, made=made, existed=existed, set_file=set_file)

    run(out, show())


@app.command()
def status(as_json: options.Json = False) -> None:
    """Show each provider: whether it runs, its subscriptions and its last dry run."""
    out = Output(as_json)

    async def work() -> None:
        async with _client() as client:
            found = await client.push_status()
        if as_json:
            out.json(found.json)
            return
        with reading_response():
            for one in found.providers:
                _print(out, one)
            oldest = found.json["oldest_job"]
            waits = "" if oldest is None else f", oldest event {duration(oldest)} ago"
            out.say(f"  {'jobs':<10}{found.jobs:,}{waits}")

    run(out, work())


@app.command()
def resume(provider: Provider, as_json: options.Json = False) -> None:
    """Resume a stopped provider. Waiting alerts are sent within half a minute."""
    out = Output(as_json)

    async def work() -> None:
        async with _client() as client:
            resumed = await client.resume_provider(provider)
        out.finished(f"{PROVIDERS[provider]} is resumed")
        if as_json:
            out.json(resumed.json)
        elif resumed.configured:
            out.say(f"✓ {PROVIDERS[provider]} is resumed.")
        else:
            out.say(f"! {PROVIDERS[provider]} is not set up: no worker has its credentials.")

    run(out, work())


@app.command()
def confirm_gone(provider: Provider, as_json: options.Json = False) -> None:
    """Believe a provider that refuses suspiciously many devices: let them go, for a day.

    With the next alerts, devices that it calls gone are deleted, and those whose token does not fit
    (after a change of the Web Push key) are quarantined.
    """
    out = Output(as_json)

    async def work() -> None:
        async with _client() as client:
            servers = await client.confirm_gone(provider)
        out.finished("Confirmed for a day")
        if as_json:
            out.json({"provider": provider, "servers": servers})
        elif servers:
            out.say(f"✓ Confirmed for a day; {servers} of its servers had suspicious answers.")
        else:
            out.say("✓ Confirmed for a day; no server's answers were suspicious.")

    run(out, work())


@app.command()
def clear_quarantine(provider: Provider, as_json: options.Json = False) -> None:
    """Delete a provider's quarantined subscriptions: those whose tokens do not fit."""
    out = Output(as_json)

    async def work() -> None:
        async with _client() as client:
            count = await client.clear_quarantine(provider)
        out.finished(f"Deleted {count:,} subscriptions")
        if as_json:
            out.json({"provider": provider, "deleted": count})
        else:
            out.say(f"✓ Deleted {count:,} subscriptions.")

    run(out, work())


def _key(
    out: Output, key: VapidKey, path: Path, *, made: bool, existed: bool, set_file: Path | None
) -> None:
    """Print the key's public half, and what its owner must know."""
    if out.as_json:
        out.json(
            {
                "public_key": key.public,
                "file": str(path),
                "created": made,
                "replaced": made and existed,
            }
        )
        return
    out.say(key.public)
    if made and existed:
        out.note(
            f"Replaced the key in {path}. Subscriptions made with the old key no longer work. "
            "Restart server and worker; browsers subscribe again on their next visit."
        )
    elif made:
        out.note(f"Created {path}. Keep a copy: without it every browser must subscribe again.")
    else:
        out.note(
            f"From {path}. To replace the key: --replace; every browser must then subscribe again."
        )
    if set_file is None or set_file.expanduser().absolute() != path:
        own = "`ticker up` finds it by itself. " if path == _usual_key_file() else ""
        out.note(f"{own}`ticker serve` and `ticker work` need TICKER_VAPID_KEY_FILE={path}")


def _usual_key_file() -> Path:
    return (settings().data_dir / "vapid.pem").expanduser().absolute()


def _client() -> PushEditor:
    from ticker.client.push import PushEditor

    found = settings()
    return PushEditor(found.url, found.key)


def _print(out: Output, one: ProviderStatus) -> None:
    from rich.text import Text

    what = one.json
    known = ""
    if one.configured or what["subscriptions"]:
        known = f"{what['subscriptions']:,} subscriptions"
    if what["quarantined"]:
        known += f", {what['quarantined']:,} in quarantine"
    state, style = "runs", "green"
    if one.stopped is not None:
        state, style = "stopped", "bold red"
    elif not one.configured:
        state, style = "not set up", "dim"
    elif what["silent"]:
        state, style = "no worker", "bold red"
    head = f"  {PROVIDERS.get(one.provider, one.provider):<10}"
    out.console.print(Text.assemble(head, (f"{state:<12}", style), known), soft_wrap=True)
    now = out.now
    details = []
    if (stop := what["stopped"]) is not None:
        details.append(f"since {times.shown(stop['since'], now)}: {stop['reason']}")
    for server in what["suspicious"]:
        details.append(
            f"suspicious since {times.shown(server['since'], now)}: {server['server']} calls "
            f"{server['gone']} of {server['answers']} devices gone; none is deleted "
            f"(ticker push confirm-gone {one.provider})"
        )
    if (dry := what["dry_run"]) is not None:
        when = "none yet" if dry["at"] is None else times.shown(dry["at"], now)
        why = f"; last one failed: {dry['error']}" if dry["error"] else ""
        details.append(f"dry run: {when}{' (late)' if dry['late'] else ''}{why}")
    if (last := what["last_acceptance"]) is not None:
        details.append(f"newest alert: last acceptance after {duration(last)}")
    for line in details:
        out.say(" " * len(head) + line, style="dim")
