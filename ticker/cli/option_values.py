"""Values of options and arguments: text into what a command takes, without pydantic.

Typer does it with pydantic, whose import would take a third of the time of a short command.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from typer import BadParameter

DURATION = "DURATION"
"""The ``metavar`` of a number that counts seconds: the user may give it as ``8s`` or ``1h30m``."""


def convert_here(command: Any) -> None:
    """Let this module convert the values of a command's options and arguments."""
    parameters: Callable[[Any], list[Any]] = command.get_params
    command.get_params = lambda context: converted_here(parameters(context))


def converted_here(parameters: list[Any]) -> list[Any]:
    """Return ``parameters`` of a command, with their values converted by this module."""
    for one in parameters:
        value = _Value(one.type_descriptor)
        one.get_runtime_param = lambda value=value: value
    return parameters


class _Value:
    """The values of one parameter."""

    def __init__(self, descriptor: Any) -> None:
        self._type = descriptor.annotation
        self._info = descriptor.parameter_info

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return ``value`` as the command takes it. Raises BadParameter."""
        several = param.multiple or param.nargs == -1
        if value is None:
            return () if several else None
        try:
            if get_origin(self._type) is list:
                (one,) = get_args(self._type)
                return [self._converted(one, each) for each in value]
            return self._converted(self._type, value)
        except ValueError as error:
            raise BadParameter(str(error), ctx=ctx, param=param) from None

    def _converted(self, kind: Any, value: Any) -> Any:
        if get_origin(kind) is Literal:
            return _choice(get_args(kind), value)
        if kind in (int, float):
            number = _duration if self._info.metavar == DURATION else _number
            return number(kind, value, self._info.min, self._info.max)
        if kind in (str, Path, bool):
            return kind(value)
        raise TypeError(f"no conversion into {kind}")


def _choice(choices: tuple[str, ...], value: object) -> str:
    for one in choices:
        if value == one:
            return one
    raise ValueError(f"{value!r} is not one of {', '.join(map(repr, choices))}")


def _duration(kind: type[int | float], value: Any, least: Any, most: Any) -> int | float:
    """Return a duration in seconds; a message has its bounds in units if the user gave units."""
    from ticker.cli import times

    try:
        float(value)
    except ValueError:
        counted = times.seconds(value, zero=True)
    else:
        return _number(kind, value, least, most)
    try:
        return _number(kind, counted, least, most)
    except ValueError as error:
        raise ValueError(times.durations(str(error))) from None


def _number(kind: type[int | float], value: Any, least: Any, most: Any) -> int | float:
    try:
        number = kind(value)
    except ValueError:
        raise ValueError(f"must be a {'whole ' if kind is int else ''}number") from None
    try:
        finite = math.isfinite(number)
    except OverflowError:
        raise ValueError("is too large") from None
    if not finite:
        raise ValueError("must be a finite number")
    if least is not None and number < least:
        raise ValueError(f"must be at least {_plain(least)}")
    if most is not None and number > most:
        raise ValueError(f"must be at most {_plain(most)}")
    return number


def _plain(bound: float) -> str:
    """Return a bound without the decimals of a whole number: 86,400 or 0.1."""
    return f"{int(bound) if bound == int(bound) else bound:,}"
