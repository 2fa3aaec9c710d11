"""The ``ticker people`` commands: accounts of those who work in the console."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

from ticker.cli import options
from ticker.cli.columns import print_rows
from ticker.cli.output import Output
from ticker.cli.removal import remove as remove_with
from ticker.cli.runner import run, settings, usage

if TYPE_CHECKING:
    from ticker.client.people import PeopleEditor, Person

Role: TypeAlias = Literal["reporter", "editor", "chief"]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The person's name.")]
RoleOption = typer.Option(help="reporter (drafts), editor (publishes) or chief (everything).")

app = typer.Typer(no_args_is_help=True, help="Manage the accounts of people. For chiefs.")


@app.command("list")
def list_people(as_json: options.Json = False) -> None:
    """List the accounts, by name."""
    out = Output(as_json)

    async def work() -> None:
        async with _editor() as editor:
            found = await editor.people()
        if as_json:
            out.json({"people": [dict(one.json) for one in found]})
            return
        rows = [(one.name, one.role, _editions(one), *_notes(one)) for one in found]
        styles = ["dim" if one.disabled else "" for one in found]
        print_rows(out, ("name", "role", "editions", "codes", "state"), rows, styles)
        if not found:
            out.note("There are no accounts. Make one with `ticker people add NAME`.")

    run(out, work())


@app.command()
def add(
    name: Name,
    role: Annotated[Role, RoleOption] = "editor",
    edition: options.Editions = [],  # noqa: B006  # typer copies it
    as_json: options.Json = False,
) -> None:
    """Make an account. Its password is printed only once."""
    out = Output(as_json)
    editions = options.split(edition)
    _do(out, lambda editor: editor.add_person(name, role, editions), f"Made the account {name}")


@app.command()
def change(
    name: Name,
    role: Annotated[Role | None, RoleOption] = None,
    edition: options.Editions = [],  # noqa: B006
    all_editions: Annotated[
        bool, typer.Option("--all-editions", help="Take away the limit to editions.")
    ] = False,
    disable: Annotated[
        bool | None, typer.Option("--disable/--enable", help="Let nobody sign in to it.")
    ] = None,
    no_codes: Annotated[
        bool, typer.Option("--no-codes", help="Switch one-time codes off: the device is lost.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Change an account's rights. It holds in the person's sessions within five seconds."""
    out = Output(as_json)
    editions = options.split(edition)
    if editions and all_editions:
        usage(out, "give --edition or --all-editions, not both")
    fields: dict[str, Any] = {}
    if role is not None:
        fields["role"] = role
    if editions or all_editions:
        fields["editions"] = editions
    if disable is not None:
        fields["disabled"] = disable
    if no_codes:
        fields["two_factor"] = False
    if not fields:
        usage(out, "nothing to change; see ticker people change --help")
    _do(out, lambda editor: editor.change_person(name, **fields), f"Changed the account {name}")


@app.command()
def password(name: Name, as_json: options.Json = False) -> None:
    """Give an account a new password, printed only once. The person's sessions end."""
    out = Output(as_json)
    done = f"Changed the password of {name}"
    _do(out, lambda editor: editor.change_person(name, new_password=True), done)


@app.command()
def remove(name: Name, as_json: options.Json = False) -> None:
    """Remove an account. The person's sessions end within five seconds."""
    remove_with(
        Output(as_json),
        _editor,
        lambda editor: editor.remove_person(name),
        {"name": name},
        f"Removed the account {name}",
    )


def _editor() -> PeopleEditor:
    from ticker.client.people import PeopleEditor

    found = settings()
    return PeopleEditor(found.url, found.key)


def _do(out: Output, act: Callable[[PeopleEditor], Awaitable[Person]], what: str) -> None:
    async def work() -> None:
        async with _editor() as editor:
            done = await act(editor)
        if done.password is not None:  # it is not shown again
            again = f"`ticker people password {done.name}`"
            out.finished(f"{what}, whose password nobody has seen ({again})", options.REFUSED)
        else:
            out.finished(what)
        if out.as_json:
            out.json(dict(done.json))
            return
        if done.password is not None:
            out.say(done.password)
            out.note(f"Password of {done.name} ({', '.join(_rights(done))}); not shown again.")
        else:
            out.say(f"✓ {what} ({', '.join(_rights(done))}).")

    run(out, work())


def _rights(one: Person) -> tuple[str, ...]:
    return (one.role, _editions(one), *filter(None, _notes(one)))


def _editions(one: Person) -> str:
    return ", ".join(one.editions) or "all editions"


def _notes(one: Person) -> tuple[str, str]:
    return "one-time codes" if one.two_factor else "", "disabled" if one.disabled else ""
