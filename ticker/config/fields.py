"""Records of settings: typed fields with bounds and defaults, read from text or TOML.

A record is checked like a model of pydantic, and has the parts of its interface that settings use.
It does without pydantic because a person waits for each command: to import pydantic and to build a
model of a hundred fields takes a tenth of a second. Here a field costs nothing until it is set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, Self, dataclass_transform, get_type_hints

from ticker.config.values import Problem, Wrong, reader_of, unknown

REQUIRED = object()
"""Stands for the default of a field that has none."""


class Field(NamedTuple):
    """A field of a record: its type with its checks, and its default or ``REQUIRED``."""

    annotation: Any
    default: Any


class InvalidFields(ValueError):
    """Values do not fit a record; ``problems`` has all of them, in the order of the fields."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{'.'.join(one.path)} {one.message}" for one in problems))


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Record:
    """Values of the fields that the annotations of a subclass name. They do not change.

    A subclass of several records has the fields of all, in their order. A default is given as the
    value of the class attribute, and is not checked.
    """

    model_fields: ClassVar[dict[str, Field]] = {}
    model_fields_set: frozenset[str]

    def __init_subclass__(cls) -> None:
        fields: dict[str, Field] = {}
        for base in cls.__bases__:
            fields |= getattr(base, "model_fields", {})
        if own := cls.__annotations__:
            hints = get_type_hints(cls, include_extras=True)
            fields |= {name: Field(hints[name], cls.__dict__.get(name, REQUIRED)) for name in own}
        cls.model_fields = fields

    def __init__(self, **values: Any) -> None:
        """Read and check ``values``. Raises InvalidFields."""
        self.__dict__.update(_read(type(self), values), model_fields_set=frozenset(values))
        try:
            self.check()
        except ValueError as error:
            raise InvalidFields([Problem((), str(error))]) from None

    def check(self) -> None:
        """Check what concerns several fields. Raises ValueError."""

    @classmethod
    def model_validate(cls, values: Mapping[str, Any]) -> Self:
        """Return the record of ``values``. Raises InvalidFields."""
        return cls(**values)

    def model_copy(self, *, update: Mapping[str, Any]) -> Self:
        """Return a copy with other values in the fields of ``update``, which are not checked."""
        made = object.__new__(type(self))
        names = self.model_fields_set | frozenset(update)
        made.__dict__.update(self.__dict__ | dict(update), model_fields_set=names)
        return made

    def model_dump(self) -> dict[str, Any]:
        """Return all fields as JSON has them."""
        return {name: _as_json(getattr(self, name)) for name in self.model_fields}

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name} cannot be set: settings do not change")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.model_fields)

    __hash__ = None  # type: ignore[assignment]  # fields are dictionaries too

    def __repr__(self) -> str:
        # Without values: an address may have a password.
        return f"<{type(self).__name__}: {', '.join(sorted(self.model_fields_set)) or 'defaults'}>"


def _read(record: type[Record], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of ``record`` that ``values`` set, checked. Raises InvalidFields."""
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, field in record.model_fields.items():
        if name not in values:
            if field.default is REQUIRED:
                problems.append(Problem((name,), "is required"))
            continue
        try:
            found[name] = reader_of(field.annotation)(values[name])
        except Wrong as wrong:
            problems += [Problem((name, *one.path), one.message) for one in wrong.problems]
    problems += [
        Problem((name,), unknown(name, record.model_fields))
        for name in values
        if name not in record.model_fields
    ]
    if problems:
        raise InvalidFields(problems)
    return found


def _as_json(value: Any) -> Any:
    if isinstance(value, Record):
        return value.model_dump()
    if isinstance(value, dict):
        return {name: _as_json(one) for name, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [_as_json(one) for one in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)
