"""Load the settings of this process, and tell where each value comes from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ticker.config.fields import InvalidFields
from ticker.config.settings import Settings
from ticker.config.sources import Sources, read
from ticker.domain.environment_names import InvalidSettings

ERRORS_MAX = 32
"""Wrong values that are named; a list may have thousands."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, and where their values come from."""

    settings: Settings
    sources: Sources


def load() -> Settings:
    """Return this process' settings. Raises InvalidSettings, which names each wrong one."""
    return load_from(os.environ).settings


def load_from(environment: Mapping[str, str], file: Path | None = None) -> Loaded:
    """Return the settings of ``environment``, and of its settings file or else of ``file``.

    Raises InvalidSettings with all problems: unknown names, wrong values, a missing file.
    """
    sources = read(environment, file)
    try:
        settings = Settings.model_validate(sources.values)
    except InvalidFields as error:
        wrong = [_sentence(sources, one.path, one.message) for one in error.problems[:ERRORS_MAX]]
        raise InvalidSettings(sources.problems + wrong) from None
    if sources.problems:
        raise InvalidSettings(sources.problems)
    return Loaded(settings, sources)


def _sentence(sources: Sources, path: tuple[str, ...], message: str) -> str:
    """Return the problem of one value with its place: a variable, or a file and a line."""
    if not path:  # a rule about several settings
        return message
    source = sources.source(path)
    name, *rest = path
    words = "".join(f" entry {int(one) + 1}" if one.isdigit() else f".{one}" for one in rest)
    if source.variable:
        return f"{source.variable}{words} {message}"
    return f"{source}: {name}{words} {message}"
