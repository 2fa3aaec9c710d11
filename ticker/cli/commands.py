"""All commands by name. The module of a command is imported when the command is used."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from ticker.cli.option_values import convert_here, converted_here

COMMANDS = {
    "up": ("processes:up", "Run a newsroom on this machine."),
    "publish": ("publish:publish", "Publish or schedule an item."),
    "draft": ("drafts:draft", "Write a draft, which only editors see."),
    "approve": ("drafts:approve", "Publish a draft."),
    "compose": ("compose:compose", "Write an item in a form, with a preview."),
    "correct": ("change:correct", "Correct or update an item."),
    "retract": ("retract:retract", "Retract an item, and publish its cancellation."),
    "undo": (
        "undo:undo",
        "Take back an item that is not out yet, or publish a retracted one again.",
    ),
    "reschedule": ("schedule:reschedule", "Change the time of a scheduled item."),
    "release": ("schedule:release", "Publish a scheduled item now."),
    "end": ("schedule:end", "Expire a live item now."),
    "pin": ("change:pin", "Pin an item above the others."),
    "unpin": ("change:unpin", "Unpin an item."),
    "list": ("show:list_items", "List the live items."),
    "show": ("show:show", "Show an item and its history."),
    "history": ("history:history", "Show the changes of an item."),
    "status": (
        "status:status",
        "Show on how many screens an item is, and its push and webhook deliveries.",
    ),
    "media": ("media:app", "Upload, list and take down pictures."),
    "templates": ("templates:app", "Publish from templates, and manage them."),
    "story": ("story:app", "Set the title, summary and key points of a story's page."),
    "audit": ("audit:audit", "List who did what."),
    "audience": ("audience:audience", "Show how many readers there are now."),
    "tail": ("tail:tail", "Follow the live feed."),
    "import": ("imports.command:import_items", "Import feeds, NDJSON, ninjs, NewsML-G2 or NITF."),
    "watch": ("imports.watch:watch", "Publish what is new in a feed, again and again."),
    "conformance": ("conformance:conformance", "Check that a server follows the protocol."),
    "doctor": ("doctor:doctor", "Check the newsroom and suggest fixes."),
    "bench": ("bench:bench", "Measure delivery times with many readers."),
    "serve": ("processes:serve", "Run the server: HTTP API and live feeds."),
    "work": ("processes:work", "Run a worker: scheduling, push, webhooks."),
    "acl": ("acl:acl", "Print the users of Redis, with their rights."),
    "backup": ("backup:backup", "Write the newsroom to a file."),
    "restore": ("backup:restore", "Restore a backup."),
    "config": ("config:app", "Check and show the settings of servers and workers."),
    "keys": ("keys:app", "Create, list and revoke editor keys."),
    "account": ("account:app", "Sign in with a password, and manage your account."),
    "people": ("people:app", "Manage the accounts of people."),
    "push": ("push:app", "Manage the Web Push key and the push providers."),
    "wires": ("wires:app", "Manage the wire desk: feeds of agencies that become drafts."),
    "webhooks": ("webhooks:app", "Manage webhooks: signed events for other servers."),
}
"""The place of each command, ``module:name`` in ``ticker.cli``, and its line in ``--help``, in the
order of ``--help``. The place of a group of commands is its ``typer.Typer``."""


class CommandGroup(TyperGroup):
    """The commands of ``COMMANDS``, each made when it is asked for.

    Made in advance, they and their modules would take a third of the time of a short command.
    """

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes | {"commands": None})
        self.commands = _Commands()

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options before the name of the command."""
        return converted_here(super().get_params(ctx))

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands for ``--help``, without the commands themselves."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


class _Commands(MutableMapping[str, Any]):
    def __init__(self) -> None:
        self._made: dict[str, Any] = dict.fromkeys(COMMANDS)

    def __getitem__(self, name: str) -> Any:
        if self._made[name] is None:
            self._made[name] = _command(name)
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


@cache  # half the time of a command that does little
def _command(name: str) -> Any:
    """Return the command or group ``name``; imports its module."""
    place, short_help = COMMANDS[name]
    module, _, attribute = place.partition(":")
    found = getattr(import_module(f"ticker.cli.{module}"), attribute)
    # Typer makes commands only for an application, so each command gets one of its own.
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name, short_help=short_help)
        group: Any = get_command(alone)
        made = group.commands[name]
    else:
        alone.command(name, short_help=short_help)(found)
        made = get_command(alone)
    for one in (made, *getattr(made, "commands", {}).values()):
        convert_here(one)
    return made
