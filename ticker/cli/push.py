"""``ticker push``: what an operator has to do with the bridges to phones and closed browsers."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ticker.cli import options, times
from ticker.cli.output import Output
from ticker.cli.runner import run, server_settings, settings, usage
from ticker.cli.status import PROVIDERS, duration

if TYPE_CHECKING:
    from ticker.client.push import ProviderStatus, PushEditor

app = typer.Typer(no_args_is_help=True, help="Push: the newsroom's key, and how the bridges are.")

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
            help="Where the key is kept; by default as TICKER_VAPID_KEY_FILE says, or in the data "
            "directory.",
        ),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Make another: every browser then has to subscribe anew."),
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Make the key pair for Web Push, once; then show its public half."""
    out = Output(as_json)
    set_file = server_settings(out).vapid_key_file

    from ticker.push import vapid_keys

    found = (settings().data_dir / "vapid.pem").expanduser().absolute()
    path = (file or set_file or found).expanduser().absolute()
    existed = path.exists()
    made = replace or not existed
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        usage(out, f"{path.parent} cannot be made: {error.strerror}")
    try:
        key = vapid_keys.create(path, replace=replace) if made else vapid_keys.read(path)
    except vapid_keys.VapidKeyError as error:
        usage(out, str(error))
    except FileExistsError:
        usage(out, f"{path} was made by somebody else just now; run the command again.")
    if as_json:
        out.json(
            {
                "public_key": key.public,
                "file": str(path),
                "made": made,
                "replaced": made and existed,
            }
        )
        return
    out.say(key.public)
    if made and existed:
        out.note(
            f"{path} holds another key now. Subscriptions made with the old one cannot be reached "
            "any more: restart server and worker, and browsers subscribe anew as they come by."
        )
    elif made:
        out.note(f"Made {path}. Keep a copy: without it every browser has to subscribe anew.")
    else:
        out.note(f"From {path}. --replace makes another; every browser then subscribes anew.")
    if set_file is None or set_file.expanduser().absolute() != path:
        own = "`ticker up` finds it by itself; " if path == found else ""
        out.note(f"{own}`ticker serve` and `ticker work` need TICKER_VAPID_KEY_FILE={path}")


@app.command()
def status(as_json: options.Json = False) -> None:
    """Say how the bridges to phones are: set up, stopped and why, how many, when last tested."""
    out = Output(as_json)

    async def work() -> None:
        async with _editor() as desk:
            found = await desk.push_status()
        if as_json:
            out.json(found.json)
            return
        for lane in found.lanes:
            _tell(out, lane)
        oldest = found.json["oldest_job"]
        waits = "" if oldest is None else f", the oldest event is of {duration(oldest)} ago"
        out.say(f"  {'jobs':<10}{found.jobs:,}{waits}")

    run(out, work())


@app.command()
def resume(provider: Provider, as_json: options.Json = False) -> None:
    """Let a provider's lane run again that was stopped. What waits is sent within half a minute."""
    out = Output(as_json)

    async def work() -> None:
        async with _editor() as desk:
            lane = await desk.resume_lane(provider)
        if as_json:
            out.json(lane.json)
        else:
            out.say(f"✓ {PROVIDERS[provider]} runs.")

    run(out, work())


@app.command()
def clear_quarantine(provider: Provider, as_json: options.Json = False) -> None:
    """Forget the subscriptions of a provider that were set aside because they do not fit."""
    out = Output(as_json)

    async def work() -> None:
        async with _editor() as desk:
            many = await desk.clear_quarantine(provider)
        if as_json:
            out.json({"provider": provider, "forgotten": many})
        else:
            out.say(f"✓ {many:,} subscriptions are forgotten.")

    run(out, work())


def _editor() -> PushEditor:
    from ticker.client.push import PushEditor

    found = settings()
    return PushEditor(found.url, found.key)


def _tell(out: Output, lane: ProviderStatus) -> None:
    from rich.text import Text

    what = lane.json
    known = ""
    if lane.set_up or what["subscriptions"]:
        known = f"{what['subscriptions']:,} subscriptions"
    if what["quarantined"]:
        known += f", {what['quarantined']:,} in quarantine"
    state, style = "runs", "green"
    if lane.stopped is not None:
        state, style = "stopped", "bold red"
    elif not lane.set_up:
        state, style = "not set up", "dim"
    elif what["silent"]:
        state, style = "no worker", "bold red"
    head = f"  {PROVIDERS.get(lane.provider, lane.provider):<10}"
    out.console.print(Text.assemble(head, (f"{state:<12}", style), known), soft_wrap=True)
    now = datetime.now().astimezone()
    details = []
    if (stop := what["stopped"]) is not None:
        details.append(f"since {times.shown(stop['since'], now)}: {stop['reason']}")
    if (dry := what["dry_run"]) is not None:
        when = "none yet" if dry["at"] is None else times.shown(dry["at"], now)
        why = f"; the last one failed: {dry['error']}" if dry["error"] else ""
        details.append(f"dry run: {when}{' (late)' if dry['late'] else ''}{why}")
    if (last := what["last_acceptance"]) is not None:
        details.append(f"newest alert: last accepted after {duration(last)}")
    for line in details:
        out.say(" " * len(head) + line, style="dim")
