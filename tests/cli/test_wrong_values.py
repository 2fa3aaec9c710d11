"""One wrong value for every option and argument of every command: exit code 2 and one sentence.

The options are those of the command line. A new one that takes text needs a wrong value here, or
must be named among those that take any text or are checked by the newsroom.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from typer.core import TyperArgument
from typer.main import get_command

from tests.cli.test_main_failures import command, environment, one_sentence
from tests.support.command_line import command_names, run_command
from ticker.cli.main import app

USAGE = 2
WRONG = {
    "--at": "yesterdayish",
    "--before": "yesterdayish",
    "--case": "nonsense",
    "--expires": "soonish",
    "--forward": "nowhere",
    "--on-air": "everywhere",
    "--overlap": "longish",
    "--push-ttl": "longish",
    "--since": "yesterdayish",
    "--state": "lve",
    "--wait": "longish",
    "--zone": "Europe/Berln",
}
"""A value that no command takes, by option."""
FREE = {
    *(
        "--action",
        "--alt",
        "--authorization",
        "--desk",
        "--break-glass",
        "--by",
        "--cancellation",
        "--key-point",
        "--title",
        "--correction",
        "--credit",
        "--description",
        "--note",
        "--push-body",
        "--reason",
    ),
    *("--push-title", "--search", "--source", "--speaker", "--summary"),
}
"""They take any text."""
OF_THE_NEWSROOM = {
    *(
        "--after",
        "--edition",
        "--item",
        "--key",
        "--language",
        "--link",
        "--region",
        "--section",
        "--story",
        "--wire",
    ),
    *("--tag", "--url", "--host", "--image", "--media", "--redis-url", "--web"),
}
"""The newsroom, or the system, says what is wrong."""


COMMANDS: Any = get_command(app)


def parameters(name: str) -> Iterator[Any]:
    """Yield the options and arguments of a command."""
    found = COMMANDS
    for part in name.split():
        found = found.commands[part]
    yield from (one for one in found.params if hasattr(one, "type_descriptor"))


def wrong_value(parameter: Any) -> str | None:
    """Return a value that the parameter does not take, or None if there is none."""
    kind = parameter.type_descriptor.annotation
    if get_origin(kind) is Literal:
        return "-".join(get_args(kind))
    if kind in (int, float):
        return "many"
    return WRONG.get(parameter.opts[0]) if kind is not Path else None


ROWS = [
    (name, one.opts[0], value)
    for name in command_names()
    for one in parameters(name)
    if not isinstance(one, TyperArgument) and (value := wrong_value(one)) is not None
]


@pytest.mark.parametrize(("name", "option", "value"), ROWS)
def test_a_wrong_value_is_one_sentence(name: str, option: str, value: str) -> None:
    done = run_command((*command(name), option, value), environment())
    one_sentence(done, USAGE)


def test_every_option_that_takes_text_is_known() -> None:
    known = WRONG.keys() | FREE | OF_THE_NEWSROOM
    texts = {
        one.opts[0]
        for name in command_names()
        for one in parameters(name)
        if not isinstance(one, TyperArgument) and one.type_descriptor.annotation in (str, list[str])
    }
    assert texts == known


@pytest.mark.parametrize(
    "words",
    [
        ("acl", "gatway"),
        ("backup", os.devnull + "/x"),
        ("config", "check", "none.toml"),
        ("config", "show", "none.toml"),
        ("import", "none.xml"),
        ("push", "resume", "fmc"),
        ("reschedule", "0" * 26, "soonish"),
        ("restore", "none.backup"),
        ("watch", "agency.example"),
        ("webhooks", "add", "nowhere"),
    ],
    ids=" ".join,
)
def test_a_wrong_argument_is_one_sentence(words: tuple[str, ...]) -> None:
    done = run_command(words, environment())
    assert done.code in (1, USAGE, 3), done
    one_sentence(done, done.code)
