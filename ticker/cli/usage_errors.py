"""Messages for a command line that cannot be understood: one sentence, with the nearest name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import Any

from typer.exceptions import TyperException

from ticker.domain.did_you_mean import guess

_NOT_ONE_OF = re.compile(r"'(.*)' is not one of (.*)", re.DOTALL)
_NO_COMMAND = re.compile(r"No such command '(.*?)'\.", re.DOTALL)
_TOO_MANY = re.compile(r"Got unexpected extra argument\(s\) \((.*)\)", re.DOTALL)
_QUOTED = re.compile(r"'([^']*)'")


def message(error: TyperException) -> str:
    """Return the sentence for ``error``, and in a second line where the help is."""
    context = getattr(error, "ctx", None)
    text = _text(error, context)
    if context is None:
        return text
    return f"{text}\n  See `{context.command_path} --help`."


def undecodable(arguments: Sequence[str]) -> str | None:
    """Return a sentence about an argument that is not UTF-8, or None.

    Python keeps such bytes as surrogates, which nothing can send. The name of a file that exists
    may have them.
    """
    for number, argument in enumerate(arguments, 1):
        try:
            argument.encode()
        except UnicodeEncodeError:
            if not os.path.lexists(argument):
                return f"argument {number} is not valid UTF-8"
    return None


def _text(error: TyperException, context: Any) -> str:
    command: Any = getattr(context, "command", None)
    if (name := getattr(error, "option_name", None)) is not None:
        if likely := guess([name], _options(command)):
            return f"No such option: {name}{likely}"
        return error.format_message().partition(" (Possible options")[0]
    if (no_command := _NO_COMMAND.match(error.message)) is not None:
        return f"No such command: {no_command[1]}{guess([no_command[1]], command.commands)}"
    if (too_many := _TOO_MANY.match(error.message)) is not None:
        return _too_many(too_many[1], command)
    if isinstance(error.__cause__, ValueError) and hasattr(error.__cause__, "errors"):
        from ticker.domain.validation_messages import sentence

        error.message = sentence(error.__cause__.errors(include_url=False)[0])
    text = error.format_message().rstrip(".")
    if (found := _NOT_ONE_OF.match(error.message)) is not None:
        text += guess([found[1]], _QUOTED.findall(found[2]))
    return text


def _too_many(words: str, command: Any) -> str:
    """Return a sentence about words after the last argument, most often of a bare headline."""
    if any(parameter.name == "headline" for parameter in command.params):
        return f"Put the whole headline in quotes; these words are outside: {words}"
    return f"There is no place for these words: {words}"


def _options(command: Any) -> Iterator[str]:
    for parameter in command.params:
        if not getattr(parameter, "hidden", False):
            yield from (name for name in parameter.opts if name.startswith("--"))
    yield "--help"
