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
AFTER_DASHES = """A headline that begins with - goes last, after --, such as -- "-5 degrees"."""
_QUOTED = re.compile(r"'([^']*)'")


def message(error: TyperException, arguments: Sequence[str] = ()) -> str:
    """Return the sentence for ``error``, and in a second line where the help is.

    If one of ``arguments`` may be a headline that was taken for an option, a line says so.
    """
    context = getattr(error, "ctx", None)
    text = _text(error, context)
    if context is None:
        return text
    if _headline_as_option(error, context, arguments):
        text += f"\n  {AFTER_DASHES}"
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
    if (name := _unknown_option(error)) is not None:
        if likely := guess([name], _options(command)):
            return f"No such option: {name}{likely}"
        return error.format_message().partition(" (Possible options")[0]
    if (no_command := _NO_COMMAND.match(error.message)) is not None:
        return f"No such command: {no_command[1]}{guess([no_command[1]], command.commands)}"
    if (too_many := _TOO_MANY.match(error.message)) is not None:
        return f"There is no place for these words: {too_many[1]}"
    text = error.format_message().rstrip(".")
    if (found := _NOT_ONE_OF.match(error.message)) is not None:
        text += guess([found[1]], _QUOTED.findall(found[2]))
    return text


def _headline_as_option(error: Any, context: Any, arguments: Sequence[str]) -> bool:
    """Return whether a headline such as ``-5 degrees`` or ``-today`` may be the cause."""
    names = [parameter.name for parameter in getattr(context.command, "params", ())]
    if "headline" not in names:
        return False
    if (name := _unknown_option(error)) is not None:
        return not guess([name], _options(context.command))
    missing = getattr(getattr(error, "param", None), "name", None) == "headline"
    return missing and any(one.startswith("-") and len(one.split()) > 1 for one in arguments)


def _unknown_option(error: Any) -> str | None:
    """Return the name of an option that the command lacks; None for every other error."""
    return error.option_name if hasattr(error, "possibilities") else None


def _options(command: Any) -> Iterator[str]:
    for parameter in command.params:
        if not getattr(parameter, "hidden", False):
            yield from (name for name in parameter.opts if name.startswith("--"))
    yield "--help"
