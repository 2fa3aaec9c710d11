"""``ticker webhooks``: add, list, change and replay webhook endpoints."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ticker.cli import options, times
from ticker.cli.columns import print_rows
from ticker.cli.output import Output
from ticker.cli.removal import remove as remove_with
from ticker.cli.runner import run, settings, usage
from ticker.cli.time_zone import local_now

if TYPE_CHECKING:
    from ticker.client.webhooks import Webhook, WebhookEditor

STYLES = {"failing": "yellow", "disabled": "dim"}
"""Style of an endpoint in the list, by its status."""

app = typer.Typer(no_args_is_help=True, help="Manage webhooks: signed events for other servers.")

EndpointId = Annotated[str, typer.Argument(metavar="ID", help="Id from `ticker webhooks list`.")]
PORT = 8787


@app.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Address that gets the events; https.")],
    edition: options.Editions = [],  # noqa: B006  # typer copies it
    section: options.Sections = [],  # noqa: B006
    region: options.Regions = [],  # noqa: B006
    tag: options.Tags = [],  # noqa: B006
    story: options.Stories = [],  # noqa: B006
    level: options.MinimumLevel = None,
    description: Annotated[str, typer.Option(metavar="TEXT", help="A note for editors.")] = "",
    asymmetric: Annotated[
        bool,
        typer.Option("--asymmetric", help="Also sign with Ed25519 (v1a) and print the public key."),
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Add an endpoint, which gets the events from now on. Its secret is shown only once."""
    out = Output(as_json)
    chosen = _filter(edition, section, region, tag, story, level)

    async def act(editor: WebhookEditor) -> Webhook:
        return await editor.add_webhook(
            url, chosen, description=description, signature="v1a" if asymmetric else "v1"
        )

    _do(out, act, lambda made: _secret(out, made))


@app.command("list")
def list_webhooks(as_json: options.Json = False) -> None:
    """List the endpoints and their status, oldest first."""
    out = Output(as_json)

    async def work() -> None:
        async with _editor() as editor:
            found = await editor.webhooks()
        if as_json:
            out.json({"webhooks": [one.json for one in found]})
            return
        rows = []
        for one in found:
            counts = f"{one.json.get('delivered', 0)} delivered"
            why = one.json.get("disabled_reason") or one.json.get("last_error") or ""
            rows.append((one.id, one.status, counts, one.url, str(why)))
        styles = [STYLES.get(one.status, "") for one in found]
        print_rows(out, ("id", "status", "events", "address", "error"), rows, styles)
        if not found:
            out.note("No endpoints. Add one with `ticker webhooks add URL`.")

    run(out, work())


@app.command()
def show(endpoint_id: EndpointId, as_json: options.Json = False) -> None:
    """Show an endpoint, its status and its failed events."""
    out = Output(as_json)
    _do(out, lambda editor: editor.webhook(endpoint_id), lambda one: _shown(out, one), False)


@app.command()
def change(
    endpoint_id: EndpointId,
    url: Annotated[str | None, typer.Option(metavar="URL", help="New address; https.")] = None,
    edition: options.Editions = [],  # noqa: B006
    section: options.Sections = [],  # noqa: B006
    region: options.Regions = [],  # noqa: B006
    tag: options.Tags = [],  # noqa: B006
    story: options.Stories = [],  # noqa: B006
    level: options.MinimumLevel = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="Send all events: remove the filter.")
    ] = False,
    description: Annotated[
        str | None, typer.Option(metavar="TEXT", help='A note for editors; "" removes it.')
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Change an endpoint's address, note, or filter as a whole; its secret stays."""
    out = Output(as_json)
    chosen = _filter(edition, section, region, tag, story, level)
    if chosen and everything:
        usage(out, "give a filter or --everything, not both")
    changes: dict[str, Any] = {"url": url, "description": description}
    changes = {name: value for name, value in changes.items() if value is not None}
    if chosen or everything:
        changes["filter"] = chosen
    if not changes:
        usage(out, "nothing to change; see ticker webhooks change --help")
    _do(
        out,
        lambda editor: editor.change_webhook(endpoint_id, changes),
        lambda one: out.say(f"✓ Changed {one.id}."),
    )


@app.command()
def remove(endpoint_id: EndpointId, as_json: options.Json = False) -> None:
    """Delete an endpoint."""
    named = {"id": endpoint_id}
    remove_with(
        Output(as_json),
        _editor,
        lambda editor: editor.remove_webhook(endpoint_id),
        named,
        f"Deleted {endpoint_id}",
    )


@app.command()
def enable(
    endpoint_id: EndpointId,
    from_now: Annotated[
        bool, typer.Option("--from-now", help="Skip the events it missed. Default: send them.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Enable a disabled endpoint, or retry a failing one at once."""
    out = Output(as_json)
    _do(
        out,
        lambda editor: editor.enable_webhook(endpoint_id, from_now=from_now),
        lambda one: out.say(f"✓ Enabled {one.id}."),
    )


@app.command()
def disable(endpoint_id: EndpointId, as_json: options.Json = False) -> None:
    """Disable an endpoint until it is enabled again."""
    out = Output(as_json)
    _do(
        out,
        lambda editor: editor.disable_webhook(endpoint_id),
        lambda one: out.say(f"✓ Disabled {one.id}."),
    )


@app.command()
def rotate(
    endpoint_id: EndpointId,
    overlap: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help="Also sign with the old secret for so long: 24h, up to 7d. 0: not at all.",
        ),
    ] = "24h",
    as_json: options.Json = False,
) -> None:
    """Make a new secret, shown only once. The old one stays valid for a day."""
    out = Output(as_json)
    try:
        seconds = 0 if overlap == "0" else times.seconds(overlap)
    except ValueError as error:
        usage(out, f"--overlap: {error}")
    _do(
        out,
        lambda editor: editor.rotate_webhook(endpoint_id, overlap=seconds),
        lambda made: _secret(out, made),
    )


@app.command()
def replay(
    endpoint_id: EndpointId,
    since: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="2h (ago), 1d, 18:30 (the last one), or 2026-11-23T18:30Z."
        ),
    ],
    as_json: options.Json = False,
) -> None:
    """Send everything since a time again, in order and with the same ids."""
    out = Output(as_json)
    try:
        now = local_now()
        moment = times.past(since, now)
    except ValueError as error:
        usage(out, f"--since: {error}")
    _do(
        out,
        lambda editor: editor.replay_webhook(endpoint_id, moment),
        lambda one: out.say(
            f"✓ Replaying to {one.id} since {times.full(moment.isoformat(), now)}."
        ),
    )


@app.command()
def listen(
    port: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, max=65_535, help="Port on this machine; 0: any free port."
        ),
    ] = PORT,
    forward: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Forward each event to this address and answer as it does."
        ),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Address at which the newsroom reaches this, a tunnel for example."
        ),
    ] = None,
    edition: options.Editions = [],  # noqa: B006
    section: options.Sections = [],  # noqa: B006
    region: options.Regions = [],  # noqa: B006
    tag: options.Tags = [],  # noqa: B006
    story: options.Stories = [],  # noqa: B006
    level: options.MinimumLevel = None,
    as_json: options.Json = False,
) -> None:
    """Receive, verify and show events on this machine, for development. Stop with Ctrl-C.

    Adds a temporary endpoint and deletes it at the end.
    """
    from ticker.cli.listen import listen as receive

    out = Output(as_json)
    chosen = _filter(edition, section, region, tag, story, level)
    if forward is not None and not forward.startswith(("http://", "https://")):
        usage(out, "--forward must be an http or https address")
    run(out, receive(out, port, forward, url, chosen))


def _filter(
    edition: list[str],
    section: list[str],
    region: list[str],
    tag: list[str],
    story: list[str],
    level: options.Level | None,
) -> dict[str, Any]:
    facets: dict[str, Any] = {
        "edition": options.split(edition),
        "section": options.split(section),
        "region": options.split(region),
        "tag": options.split(tag),
        "story": options.split(story),
        "level": level,
    }
    return {name: value for name, value in facets.items() if value}


def _editor() -> WebhookEditor:
    from ticker.client.webhooks import WebhookEditor

    found = settings()
    return WebhookEditor(found.url, found.key)


def _do(
    out: Output,
    act: Callable[[WebhookEditor], Awaitable[Webhook]],
    show: Callable[[Webhook], None],
    changes: bool = True,
) -> None:
    async def work() -> None:
        async with _editor() as editor:
            done = await act(editor)
        if done.secret is not None:  # it is not shown again
            rotate = f"`ticker webhooks rotate {done.id} --overlap 0`"
            out.finished(f"{done.id} has a secret that nobody has seen ({rotate})", options.REFUSED)
        elif changes:
            out.finished(f"Changed {done.id}")
        if out.as_json:
            out.json(done.json)
        else:
            show(done)

    run(out, work())


def _secret(out: Output, made: Webhook) -> None:
    if made.secret is None:
        out.note(
            f"Added {made.id}, but the answer with its secret was lost. Make a new secret: "
            f"ticker webhooks rotate {made.id} --overlap 0"
        )
        return
    out.say(made.secret)
    if key := made.json.get("public_key"):
        out.say(str(key))
    out.note(f"Secret of {made.id}; it is not shown again. Verify the signatures with it.")


def _shown(out: Output, one: Webhook) -> None:
    out.say(one.url, style="bold")
    for name, value in one.json.items():
        if name in ("url", "failed") or value in (None, "", 0):
            continue
        if isinstance(value, dict):
            chosen = [
                f"{facet}: {', '.join(v) if isinstance(v, list) else v}"
                for facet, v in value.items()
                if v
            ]
            value = "; ".join(chosen) or "everything"
        out.say(f"  {name:<18} {value}")
    for failed in one.json.get("failed", ()):
        what = f"{failed['at']}  {failed['action']}  {failed['item']}  {failed['why']}"
        out.say(f"  failed  {what}", style="yellow")
