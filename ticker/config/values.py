"""Readers of values: from text, as in the environment, or from what TOML has. Pure.

The type of a field chooses its reader. A reader returns the value, or raises ``Wrong`` with a
message that follows the field's name, as in "port must be a whole number".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from math import isfinite
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias, Union, get_args, get_origin

from ticker.domain.did_you_mean import guess

Reader: TypeAlias = Callable[[Any], Any]

_WHOLE = re.compile(r"[+-]?[0-9]+(_[0-9]+)*(\.0*)?")
DIGITS_MAX = 300
"""Characters of a number; Python refuses to read more than some thousands."""
TRUE = frozenset({"1", "true", "t", "yes", "y", "on"})
FALSE = frozenset({"0", "false", "f", "no", "n", "off"})


class Problem(NamedTuple):
    """A message about the value at ``path``: names of fields, keys and places in lists."""

    path: tuple[str, ...]
    message: str


class Wrong(ValueError):
    """A value does not fit its field."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("; ".join(one.message for one in problems))


@dataclass(frozen=True)
class Bounds:
    """Annotates a number."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None

    def check(self, value: float) -> float:
        """Return ``value``. Raises ValueError."""
        if self.ge is not None and value < self.ge:
            raise ValueError(f"must be at least {self.ge:,}")
        if self.gt is not None and value <= self.gt:
            raise ValueError(f"must be more than {self.gt:,}")
        if self.le is not None and value > self.le:
            raise ValueError(f"must be at most {self.le:,}")
        if self.lt is not None and value >= self.lt:
            raise ValueError(f"must be less than {self.lt:,}")
        return value


@dataclass(frozen=True)
class Length:
    """Annotates a text: its number of characters."""

    most: int
    least: int = 0

    def check(self, value: str) -> str:
        """Return ``value``. Raises ValueError."""
        if len(value) < self.least:
            raise ValueError("must not be empty")
        if len(value) > self.most:
            raise ValueError(f"must have at most {self.most} characters")
        return value


@dataclass(frozen=True)
class Check:
    """Annotates a field: ``check`` returns its value, or raises ValueError with a message."""

    check: Reader


def reader_of(annotation: Any) -> Reader:
    """Return the reader of a type. Raises TypeError for one that no field has."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _checked(reader_of(arguments[0]), annotation.__metadata__)
    if origin is Literal:
        return _one_of(arguments)
    if origin is tuple:
        return _list(reader_of(arguments[0]))
    if origin is dict:
        return _table(*map(reader_of, arguments))
    if origin in (Union, UnionType):
        if set(arguments) == {IPv4Network, IPv6Network}:
            return _network
        kinds = [one for one in arguments if one is not NoneType]
        if len(kinds) == 1:
            return _optional(reader_of(kinds[0]))
    elif hasattr(annotation, "model_fields"):
        return _record(annotation)
    elif annotation in _SIMPLE:
        return _SIMPLE[annotation]
    raise TypeError(f"{annotation!r} has no reader")


def unknown(name: str, known: Iterable[str]) -> str:
    """Return the message for a field that there is not, with the nearest name."""
    return f"is an unknown field{guess([name], list(known))}"


def _wrong(message: str) -> Wrong:
    return Wrong(Problem((), message))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong("must be text")
    return value


def _whole(value: Any) -> int:
    if isinstance(value, str):
        text = value.strip()
        if _WHOLE.fullmatch(text) is None:
            raise _wrong("must be a whole number")
        if len(text) > DIGITS_MAX:
            raise _wrong("must be a whole number with fewer digits")
        return int(text.partition(".")[0])
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong("must be a whole number")
    if not isfinite(value) or value != int(value):
        raise _wrong("must be a whole number")
    return int(value)


def _number(value: Any) -> float:
    try:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise ValueError
        number = float(value)
    except (ValueError, OverflowError):
        raise _wrong("must be a number") from None
    if not isfinite(number):
        raise _wrong("must be a finite number")
    return number


def _flag(value: Any) -> bool:
    text = value.strip().lower() if isinstance(value, str) else None
    if value is True or value == 1 or text in TRUE:
        return True
    if value is False or value == 0 or text in FALSE:
        return False
    raise _wrong("must be true or false")


def _path(value: Any) -> Path:
    if not isinstance(value, (str, Path)) or "\0" in str(value):
        raise _wrong("must be a path")
    return Path(value)


def _network(value: Any) -> IPv4Network | IPv6Network:
    try:
        return ip_network(value)
    except (ValueError, TypeError):
        raise _wrong("must be a network, for example 10.1.0.0/16") from None


_SIMPLE: dict[Any, Reader] = {str: _text, int: _whole, float: _number, bool: _flag, Path: _path}


def _optional(reader: Reader) -> Reader:
    return lambda value: None if value is None else reader(value)


def _checked(reader: Reader, checks: Iterable[Any]) -> Reader:
    def read(value: Any) -> Any:
        found = reader(value)
        if found is None:  # checks are about values
            return None
        for one in checks:
            try:
                found = one.check(found)
            except ValueError as error:
                raise _wrong(str(error)) from None
        return found

    return read


def _one_of(values: tuple[str, ...]) -> Reader:
    *names, last = (f"'{value}'" for value in values)

    def read(value: Any) -> Any:
        if value not in values:
            likely = guess([value], values) if isinstance(value, str) else ""
            raise _wrong(f"must be {', '.join(names)} or {last}{likely}")
        return value

    return read


def _list(reader: Reader) -> Reader:
    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, (list, tuple)):
            raise _wrong("must be a list")
        return tuple(_each(reader, ((str(place), one) for place, one in enumerate(value))))

    return read


def _table(key: Reader, reader: Reader) -> Reader:
    def read(value: Any) -> dict[Any, Any]:
        if not isinstance(value, dict):
            raise _wrong("must be an object")
        names = _each(key, ((str(name), name) for name in value))
        return dict(zip(names, _each(reader, value.items()), strict=True))

    return read


def _record(kind: Any) -> Reader:
    def read(value: Any) -> Any:
        if isinstance(value, kind):
            return value
        if not isinstance(value, dict):
            raise _wrong("must be an object")
        try:
            return kind.model_validate(value)
        except ValueError as error:
            raise Wrong(*getattr(error, "problems", [Problem((), str(error))])) from None

    return read


def _each(reader: Reader, values: Iterable[tuple[str, Any]]) -> list[Any]:
    """Return all values as ``reader`` reads them. Raises Wrong with the problems of all."""
    found: list[Any] = []
    problems: list[Problem] = []
    for name, value in values:
        try:
            found.append(reader(value))
        except Wrong as wrong:
            problems += [Problem((name, *one.path), one.message) for one in wrong.problems]
    if problems:
        raise Wrong(*problems)
    return found
