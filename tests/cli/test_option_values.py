"""The values of options and arguments, of every type that a command has."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from typer import BadParameter
from typer.core import TyperGroup, TyperOption
from typer.main import get_command

from ticker.cli.main import app
from ticker.cli.option_values import DURATION, converted_here

TYPES = {str, bool, int, float, Path}


def options(command: Any) -> list[TyperOption]:
    below = command.commands.values() if isinstance(command, TyperGroup) else ()
    return [*command.params, *(one for each in below for one in options(each))]


def option(name: str) -> Any:
    """Return an option of commands that have all types."""
    commands = get_command(app).commands  # type: ignore[attr-defined]
    found = [one for name in ("bench", "list", "config", "watch") for one in commands[name].params]
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


def test_every_number_of_seconds_may_have_units() -> None:
    everything = options(get_command(app))
    numbers = [one for one in everything if one.type_descriptor.annotation in (int, float)]
    durations = {name for one in numbers if one.metavar == DURATION for name in one.opts}
    assert durations == {"--undo-window", "--every", "--seconds"}
    for one in numbers:
        text = (getattr(one, "help", "") or "").lower().replace("per second", "")
        assert one.metavar == DURATION or "second" not in text, one.name


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("--clients", "12", 12),
        ("--rate", "0.5", 0.5),
        ("--seconds", "8s", 8),
        ("--seconds", "1m30s", 90),
        ("--seconds", "0s", 0),
        ("--seconds", "2.5", 2.5),
        ("--every", "30s", 30),
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
        ("--seconds", "3601", "must be at most 3,600$"),
        ("--seconds", "2h", "must be at most 1h$"),
        ("--seconds", "8x", "'8x' is not a duration"),
        ("--every", "4", "must be at least 5$"),
        ("--every", "4s", "must be at least 5s$"),
        ("--every", "2d", "must be at most 1d$"),
        ("--transport", "SSE", "'SSE' is not one of 'ws', 'sse'"),
    ],
)
def test_a_wrong_value(name: str, given: str, message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        converted(name, given)
