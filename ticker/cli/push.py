"""``ticker push``: what an operator has to do with the bridges to phones and closed browsers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ticker.cli import options
from ticker.cli.output import Output
from ticker.cli.run import server_settings, settings, usage

app = typer.Typer(no_args_is_help=True, help="Push: the newsroom's own key for Web Push.")


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

    from ticker import vapid

    found = (settings().data_dir / "vapid.pem").expanduser().absolute()
    path = (file or set_file or found).expanduser().absolute()
    existed = path.exists()
    made = replace or not existed
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        usage(out, f"{path.parent} cannot be made: {error.strerror}")
    try:
        key = vapid.create(path, replace=replace) if made else vapid.read(path)
    except vapid.VapidKeyError as error:
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
