"""Values of options and arguments: text into what a command takes, without pydantic.

Typer does it with pydantic, whose import would take a third of the time of a short command.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from typer import BadParameter


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
            return _number(kind, value, self._info.min, self._info.max)
        if kind in (str, Path, bool):
            return kind(value)
        raise TypeError(f"no conversion into {kind}")


def _choice(choices: tuple[str, ...], value: object) -> str:
    for one in choices:
        if value == one:
            return one
    raise ValueError(f"{value!r} is not one of {', '.join(map(repr, choices))}")


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
        raise ValueError(f"must be at least {least:,}")
    if most is not None and number > most:
        raise ValueError(f"must be at most {most:,}")
    return number
