"""The ``ticker account`` commands: sign in with a password, and manage one's own account."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ticker.cli import options, times
from ticker.cli.clear_text import AllowHttp, check_way
from ticker.cli.columns import print_rows
from ticker.cli.output import Output
from ticker.cli.runner import reading_response, run, settings, usage
from ticker.cli.typed_secret import typed_secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ticker.client.account import AccountEditor, OpenSession, Passkey

SIGN_IN = "sign in first: ticker account sign-in NAME"

app = typer.Typer(no_args_is_help=True, help="Sign in with a password, and manage your account.")


@app.command("sign-in")
def sign_in(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of your account.")],
    allow_http: AllowHttp = False,
    as_json: options.Json = False,
) -> None:
    """Sign in with your password, and with a one-time code if your account has one.

    All commands then act as you, for a shift of 12 hours or until `ticker account sign-out`. A key
    in TICKER_KEY or TICKER_KEY_FILE wins. The password is asked for; without a terminal it is the
    first line of standard input, and the code the second.
    """
    out = Output(as_json)
    url = settings().url
    check_way(out, url, allow_http)

    async def work() -> None:
        from ticker.client import session_file
        from ticker.client.account import AccountEditor
        from ticker.client.errors import Unauthorised

        password = typed_secret(out, "Password: ")
        # The newsroom ends the session that this one replaces.
        async with AccountEditor(url, session_file.read(url)) as editor:
            try:
                begun = await editor.sign_in(name, password)
            except Unauthorised as error:
                if error.slug != "code-required":
                    _not_signed_in(error)
                code = typed_secret(out, "One-time code: ")
                try:
                    begun = await editor.sign_in(name, password, code)
                except Unauthorised as wrong:
                    _not_signed_in(wrong)
            await _keep(out, url, begun.token)
        where = ", ".join(begun.editions) or "all editions"
        out.finished(f"Signed in as {begun.name}")
        if as_json:
            out.json(dict(begun.json))
            return
        out.say(f"✓ Signed in as {begun.name} ({begun.role}, {where}).")
        if settings().key != begun.token:
            out.note("The key in TICKER_KEY or TICKER_KEY_FILE wins: unset it.", style="yellow")

    run(out, work())


@app.command("sign-out")
def sign_out(as_json: options.Json = False) -> None:
    """Sign out: end your session, and forget it on this computer."""
    out = Output(as_json)
    url = settings().url

    async def work() -> None:
        from ticker.client import session_file
        from ticker.client.account import AccountEditor
        from ticker.client.errors import Unauthorised

        token = session_file.read(url)
        done = "You were not signed in"
        if token is not None:
            # Here first: whoever leaves this computer is signed out, whatever the newsroom answers.
            try:
                session_file.forget(url)
            except OSError as error:
                usage(out, f"the session cannot be forgotten: {error}")
            done = "Signed out"
            async with AccountEditor(url, token) as editor:
                try:
                    await editor.sign_out()
                except Unauthorised:
                    done = "Signed out; the session had ended"
        out.finished(done)
        if as_json:
            out.json({"signed_out": token is not None})
        else:
            out.say(f"✓ {done}.")

    run(out, work())


@app.command()
def show(as_json: options.Json = False) -> None:
    """Show who you are for the newsroom: your name, role and editions."""
    out = Output(as_json)

    async def work() -> None:
        async with _editor(out) as editor:
            holder = await editor.holder()
        if as_json:
            out.json(holder)
            return
        with reading_response():
            editions = ", ".join(map(str, holder["editions"])) or "all editions"
            means = "a session" if editor.has_session else "an editor key"
            out.say(f"{holder['name']} ({holder['role']}, {editions}), with {means}")

    run(out, work())


@app.command()
def password(allow_http: AllowHttp = False, as_json: options.Json = False) -> None:
    """Change your password. All your other sessions end.

    Without a terminal, standard input has the old password in its first line and the new one in the
    second.
    """
    out = Output(as_json)

    async def work() -> None:
        async with _editor(out) as editor:
            if not editor.has_session:
                usage(out, f"an editor key has no password; {SIGN_IN}")
            check_way(out, editor.url, allow_http)
            old = typed_secret(out, "Old password: ")
            new = typed_secret(out, "New password: ")
            if sys.stdin.isatty() and typed_secret(out, "New password again: ") != new:
                usage(out, "the two new passwords differ; nothing was changed")
            token = await editor.change_password(old, new)
        out.finished("Changed your password")
        await _keep(out, editor.url, token)
        if as_json:
            out.json({"changed": True})
        else:
            out.say("✓ Changed your password. Your other sessions have ended.")

    run(out, work())


@app.command()
def passkeys(as_json: options.Json = False) -> None:
    """List your passkeys. You add one in a browser, on the console's page of your account."""
    out = Output(as_json)

    async def work() -> None:
        async with _editor(out) as editor:
            if not editor.has_session:
                usage(out, f"an editor key has no passkeys; {SIGN_IN}")
            found = await editor.passkeys()
        if as_json:
            out.json({"passkeys": [dict(one.json) for one in found]})
            return
        print_rows(out, PASSKEY_HEADS, [_passkey(out, one) for one in found])
        if not found:
            where = editor.url.rstrip("/") + "/console/account"
            out.note(f"You have no passkey. Add one in a browser: {where}")

    run(out, work())


@app.command("remove-passkey")
def remove_passkey(
    passkey_id: Annotated[
        str, typer.Argument(metavar="ID", help="The passkey's id (`ticker account passkeys`).")
    ],
    allow_http: AllowHttp = False,
    as_json: options.Json = False,
) -> None:
    """Remove one of your passkeys, such as that of a lost device. All your other sessions end.

    Your password is asked for; without a terminal it is the first line of standard input.
    """
    out = Output(as_json)

    async def work() -> None:
        async with _editor(out) as editor:
            if not editor.has_session:
                usage(out, f"an editor key has no passkeys; {SIGN_IN}")
            check_way(out, editor.url, allow_http)
            token = await editor.remove_passkey(passkey_id, typed_secret(out, "Password: "))
        out.finished("Removed the passkey")
        await _keep(out, editor.url, token)
        if as_json:
            out.json({"removed": passkey_id})
        else:
            out.say("✓ Removed the passkey. Your other sessions have ended.")

    run(out, work())


@app.command()
def sessions(as_json: options.Json = False) -> None:
    """List your sessions, the newest first: where you are signed in."""
    out = Output(as_json)

    async def work() -> None:
        async with _editor(out) as editor:
            found = await editor.sessions()
        if as_json:
            out.json({"sessions": [dict(one.json) for one in found]})
            return
        print_rows(out, HEADS, [_row(out, one) for one in found])
        if not found:
            out.note("There are no sessions.")

    run(out, work())


@app.command()
def end(
    session_id: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="The session's id (`ticker account sessions`)."),
    ] = None,
    others: Annotated[
        bool, typer.Option("--others", help="End all your sessions but this one.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """End one of your sessions, or all others, such as one that you do not know."""
    out = Output(as_json)
    if (session_id is None) != others:
        usage(out, "give the id of a session, or --others")

    async def work() -> None:
        ended: Sequence[OpenSession]
        async with _editor(out) as editor:
            if session_id is None:
                ended = await editor.end_other_sessions()
            else:
                ended = [await editor.end_session(session_id)]
        count = f"{len(ended)} session{'' if len(ended) == 1 else 's'}"
        out.finished(f"Ended {count}")
        if as_json:
            out.json({"sessions": [dict(one.json) for one in ended]})
        else:
            out.say(f"✓ Ended {count}.")

    run(out, work())


PASSKEY_HEADS = ("id", "name", "added", "last used")
HEADS = ("id", "began", "last used", "address", "with", "")


def _row(out: Output, one: OpenSession) -> tuple[str, ...]:
    began, used = (times.shown(at, out.now) or at for at in (one.began_at, one.used_at))
    return (one.id, began, used, one.address, one.browser, "this one" if one.current else "")


def _passkey(out: Output, one: Passkey) -> tuple[str, ...]:
    used = "never" if one.used_at is None else times.shown(one.used_at, out.now) or one.used_at
    return (one.id, one.name, times.shown(one.created_at, out.now) or one.created_at, used)


def _editor(out: Output) -> AccountEditor:
    """Return the client of who is signed in, or of the key that is set."""
    from ticker.client.account import AccountEditor

    found = settings()
    if found.key is None:
        usage(out, SIGN_IN)
    return AccountEditor(found.url, found.key)


async def _keep(out: Output, url: str, token: str) -> None:
    """Keep the token. Where that fails, nobody could use or end the session: end it, and exit."""
    from ticker.client import session_file
    from ticker.client.account import AccountEditor
    from ticker.client.errors import ClientError

    try:
        session_file.write(url, token)
    except (OSError, RuntimeError) as error:  # RuntimeError: the user has no home
        async with AccountEditor(url, token) as editor:
            with suppress(ClientError):
                await editor.sign_out()
        usage(out, f"the session cannot be kept: {error}")


def _not_signed_in(error: Exception) -> NoReturn:
    """Raise what the newsroom says of a password or code; a hint about keys would not help."""
    from ticker.client.errors import Refused, refusal

    assert isinstance(error, Refused)
    raise refusal(400, {"title": "Not signed in", "detail": error.detail}) from error
