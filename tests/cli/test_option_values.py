"""The values of options and arguments, of every type that a command has."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from typer import BadParameter
from typer.core import TyperGroup, TyperOption
from typer.main import get_command

from ticker.cli.main import app
from ticker.cli.option_values import converted_here

TYPES = {str, bool, int, float, Path}


def options(command: Any) -> list[TyperOption]:
    below = command.commands.values() if isinstance(command, TyperGroup) else ()
    return [*command.params, *(one for each in below for one in options(each))]


def option(name: str) -> Any:
    """Return an option of ``ticker bench`` or ``ticker list``, which have all types."""
    commands = get_command(app).commands  # type: ignore[attr-defined]
    found = [*commands["bench"].params, *commands["list"].params, *commands["config"].params]
    (one,) = [one for one in found if name in one.opts][:1]
    return converted_here([one])[0]


def converted(name: str, value: object) -> object:
    one = option(name)
    return one.get_runtime_param().coerce(value, one, None)


def test_every_type_of_the_commands_is_known() -> None:
    for one in options(get_command(app)):
        kind: Any = one.type_descriptor.annotation
        (kind,) = get_args(kind) if get_origin(kind) is list else (kind,)
        assert kind in TYPES or get_origin(kind) is Literal, one.name


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("--clients", "12", 12),
        ("--rate", "0.5", 0.5),
        ("--transport", "sse", "sse"),
        ("--section", ("a", "b,c"), ["a", "b,c"]),
        ("--section", None, ()),
        ("--section", (), []),
        ("--search", "two words", "two words"),
        ("--search", None, None),
        ("--all", True, True),
    ],
)
def test_a_value(name: str, given: object, value: object) -> None:
    assert converted(name, given) == value


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("--clients", "1.5", "must be a whole number"),
        ("--clients", "", "must be a whole number"),
        ("--clients", "0", "must be at least 1"),
        ("--clients", "60001", "must be at most 60,000"),
        ("--clients", "9" * 400, "is too large"),
        ("--rate", "fast", "must be a number"),
        ("--rate", "nan", "must be a finite number"),
        ("--rate", "1e9", "must be at most 1,000"),
        ("--transport", "SSE", "'SSE' is not one of 'ws', 'sse'"),
    ],
)
def test_a_wrong_value(name: str, given: str, message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        converted(name, given)
