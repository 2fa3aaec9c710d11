"""Read settings from the environment and from a file; keep where each value comes from.

Nothing is ignored: an unknown name, a file that is not there and text that is not UTF-8 are errors,
which name the variable, or the file and line.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args, get_origin

import orjson

from ticker.config.settings import Settings
from ticker.config.toml_lines import key_lines
from ticker.domain.did_you_mean import guess
from ticker.domain.environment_names import OTHER_NAMES, PREFIX, not_of_commands

FILE_VARIABLE = "TICKER_CONFIG"
DEFAULT_FILE = "ticker.toml"
"""Read if it exists, when ``TICKER_CONFIG`` names no other file."""
FILE_MAX = 1_048_576
"""Bytes of a settings file."""


@dataclass(frozen=True, slots=True)
class Source:
    """The place of a value: a variable, or a file and a line; neither for a default."""

    variable: str = ""
    file: str = ""
    line: int = 0

    @property
    def is_set(self) -> bool:
        """Whether it is not a default."""
        return bool(self.variable or self.file)

    def __str__(self) -> str:
        if self.variable:
            return self.variable
        if not self.file:
            return "default"
        return f"{self.file} line {self.line}" if self.line else self.file


@dataclass(slots=True)
class Sources:
    """The values that are set, by setting, and where each comes from."""

    values: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    file: str = ""
    """The settings file that was read; empty for none."""
    _variables: dict[str, str] = field(default_factory=dict)
    _lines: dict[tuple[str, ...], int] = field(default_factory=dict)

    def source(self, path: tuple[str, ...]) -> Source:
        """Return where the value at ``path`` comes from, as near as it is known.

        ``path`` begins with the name of a setting.
        """
        if (variable := self._variables.get(path[0])) is not None:
            return Source(variable=variable)
        if path[0] not in self.values:
            return Source()
        while path and path not in self._lines:
            path = path[:-1]
        return Source(file=self.file, line=self._lines.get(path, 0))

    def read_environment(self, environment: Mapping[str, str]) -> None:
        """Take the settings in ``environment``, over what was read before."""
        self.problems += unknown_names(environment)
        for name in Settings.model_fields:
            variable = PREFIX + name.upper()
            text = environment.get(variable)
            if not text:  # an empty variable is not set
                continue
            if not _is_unicode(text):
                self.problems.append(f"{variable} is not valid UTF-8")
            elif not _is_structured(Settings.model_fields[name].annotation):
                self.values[name] = text
                self._variables[name] = variable
            else:
                try:
                    self.values[name] = orjson.loads(text)
                except orjson.JSONDecodeError:
                    example = "an object" if name == "editions" else 'a list, such as ["a", "b"]'
                    self.problems.append(f"{variable} must be JSON: {example}")
                    continue
                self._variables[name] = variable

    def read_file(self, path: Path) -> None:
        """Take the settings in the TOML file ``path``."""
        self.file = str(path)
        text = self._text(path)
        try:
            values = {} if text is None else tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            self.problems.append(f"{path} is not valid TOML: {error}")
            return
        self._lines = key_lines(text or "")
        known = tuple(Settings.model_fields)
        for name, value in values.items():
            if name in known:
                self.values[name] = value
                continue
            at = Source(file=self.file, line=self._lines.get((name,), 0))
            self.problems.append(f"{at}: {name} is an unknown setting{guess([name], known)}")

    def _text(self, path: Path) -> str | None:
        try:
            with path.open("rb") as file:
                data = file.read(FILE_MAX + 1)
        except OSError as error:
            self.problems.append(f"{path} cannot be read: {error.strerror}")
            return None
        if len(data) > FILE_MAX:
            self.problems.append(f"{path} is larger than {FILE_MAX:,} bytes")
            return None
        try:
            return data.decode().replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            self.problems.append(f"{path} line {line}: not valid UTF-8")
            return None


def read(environment: Mapping[str, str], file: Path | None = None) -> Sources:
    """Return what the environment and the settings file set.

    ``file`` is read instead of the one that the environment names.
    """
    found = Sources()
    named = environment.get(FILE_VARIABLE) or None
    if file is not None:
        found.read_file(file)
    elif named is not None:
        if not _is_unicode(named):
            found.problems.append(f"{FILE_VARIABLE} must be the path of a file")
        elif not Path(named).exists():
            found.problems.append(f"{FILE_VARIABLE}: there is no file {named}{_neighbour(named)}")
        else:
            found.read_file(Path(named))
    elif Path(DEFAULT_FILE).exists():
        found.read_file(Path(DEFAULT_FILE))
    found.read_environment(environment)
    return found


def unknown_names(environment: Mapping[str, str]) -> list[str]:
    """Return a sentence for each ``TICKER_*`` name that is neither a setting nor a known one."""
    known = tuple(PREFIX + name.upper() for name in Settings.model_fields)
    return [
        _unknown_variable(variable, known)
        for variable in not_of_commands(environment)
        if variable not in known
    ]


def _neighbour(path: str) -> str:
    """Return a guess at the file that ``path`` means, among the TOML files of its directory."""
    try:
        names = sorted(one.name for one in Path(path).parent.glob("*.toml"))
    except OSError:
        return ""
    return guess([Path(path).name], names)


def _unknown_variable(variable: str, known: tuple[str, ...]) -> str:
    if variable.upper() in known or variable.upper() in OTHER_NAMES:
        return f"{variable} must be written {variable.upper()}"
    # Without the prefix: it would make all names alike.
    names = [name.removeprefix(PREFIX) for name in (*known, *OTHER_NAMES)]
    wrong = variable[len(PREFIX) :]
    likely = guess([wrong], names).replace("did you mean ", f"did you mean {PREFIX}")
    return f"{variable} is an unknown name{likely.replace(' or ', f' or {PREFIX}')}"


def _is_structured(annotation: Any) -> bool:
    """Return whether a value is JSON in the environment."""
    if get_origin(annotation) in (tuple, dict):
        return True
    return any(map(_is_structured, get_args(annotation)))


def _is_unicode(text: str) -> bool:
    """Return whether the environment's bytes were UTF-8: Python keeps others as surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
